"""The route by a layer: which bytes of Haskell modules change, and which never do."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from natsscan.catalog.catalog import Catalog
from natsscan.haskell.renaming import rename
from natsscan.model.source import FileKind, SourceFile
from natsscan.patches.engine import splice
from natsscan.patches.moving import packages_of, renaming_of
from tests.conftest import run_command
from tests.patches.compat_modules import KEPT, MOVED
from tests.patches.compat_modules_found import FOUND_KEPT, FOUND_MOVED
from tests.patches.compat_modules_more import MORE_KEPT, MORE_MOVED

MOVING = MOVED | MORE_MOVED | FOUND_MOVED
STAYING = KEPT | MORE_KEPT | FOUND_KEPT
CABAL = "cabal-version: 2.4\nname: {}\nversion: 1\nlibrary\n  build-depends: base, amqp\n"
EXTRA = {
    "s.cabal": CABAL.format("s"),
    "vendor/amqp/amqp.cabal": CABAL.format("amqp"),
    "vendor/amqp/src/Network/AMQP/Types.hs": "module Network.AMQP.Types where\n",
    "cabal.project": "packages: ./ vendor/*/\n",
}


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of all cases, in which the modules have moved."""
    root = tmp_path_factory.mktemp("modules")
    files = {path: before for path, before, _ in MOVING.values()} | dict(STAYING.values()) | EXTRA
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(text.encode())
    for stage in ("prepare", "cut-over"):
        run = run_command("patch", ".", "--route", "compat", "--stage", stage, "--unsafe", "--write", cwd=root)
        assert run.code == 0, run.err
        assert "Haskell: by hand" not in run.out + run.err
    return root


@pytest.mark.parametrize("case", MOVING)
def test_a_module_moves(moved: Path, case: str) -> None:
    path, _, after = MOVING[case]
    assert (moved / path).read_bytes().decode() == after


@pytest.mark.parametrize("case", STAYING)
def test_a_file_stays_as_it_is(moved: Path, case: str) -> None:
    path, before = STAYING[case]
    assert (moved / path).read_bytes().decode() == before


def test_modules_move_once(moved: Path) -> None:
    run = run_command("patch", ".", "--route", "compat", "--stage", "cut-over", "--unsafe", "--check", cwd=moved)
    assert (run.code, run.out.partition(";")[0].strip()) == (0, "cut-over: 0 patches in 0 files")


def test_what_moved_is_on_nats_to_a_scan(moved: Path) -> None:
    found = run_command(".", "--format", "json", cwd=moved).json["findings"]
    direct = [f for f in found if f["tier"] == "direct" and f["path"] in {path for path, _, _ in MOVING.values()}]
    assert not [f for f in direct if f["rule"].startswith("amqp-")]
    nats = {f["symbol"] for f in direct if f["system"] == "nats"}
    assert nats >= {"Network.NATS.Amqp", "Network.NATS.Amqp.newMsg", "Network.NATS.Amqp.Types"}


PIECES = st.sampled_from(
    ["import Network.AMQP", "Network.AMQP.newMsg", '"', "'", "{-", "-}", "--", "[q|", "|]", "\n", " ", "qualified", "as Q",
     "module", "(", "where", "#if X", "#endif", "\\", "→", "\r\n", "é", '"amqp"', "MIN_VERSION_amqp", "{-#", "#-}"]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(pieces=st.lists(PIECES, max_size=14))
def test_any_text_is_read_and_nothing_but_names_is_replaced(catalog: Catalog, pieces: list[str]) -> None:
    (layer,) = catalog.compat
    renaming = renaming_of(layer, packages_of(layer, catalog))
    data = "".join(pieces).encode()
    source = SourceFile("M.hs", FileKind.HASKELL, data)
    result = rename(source, renaming)
    old = {name.encode() for name in layer.modules} | {b'"amqp"'}
    assert all(data[start:end] in old for start, end, _ in result.replaced)
    again = SourceFile("M.hs", FileKind.HASKELL, splice(data, result.replaced))
    assert not rename(again, renaming).replaced
