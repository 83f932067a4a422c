"""The route of Python code: which bytes of modules change, which never do, and what keeps a service from moving."""

from __future__ import annotations

import compileall
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from natsscan.patches.engine import splice
from natsscan.patches.python.imports import imports_of
from natsscan.patches.python.parsed import parse
from tests.conftest import run_command
from tests.patches.python_hindrances import HINDERED
from tests.patches.python_modules import KEPT, MOVED

ROUTE = ("patch", ".", "--route", "compat", "--unsafe")
STAGES = ("prepare", "cut-over", "clean-up")
EXTRA = {
    "app/__init__.py": "",
    "app/deep/deeper/__init__.py": "",
    "app/own/__init__.py": "",
    "requirements.txt": "aio-pika\npika\n",
}


def write(root: Path, files: dict[str, str | bytes]) -> None:
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content if isinstance(content, bytes) else content.encode())


def patches(root: Path, *arguments: str) -> list[dict[str, Any]]:
    run = run_command(*ROUTE, *arguments, "--format", "json", cwd=root)
    assert run.code == 0, run.err
    found: list[dict[str, Any]] = run.json["patches"]
    return found


# Modules that move, and files that stay


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of all cases, in which the modules have moved."""
    root = tmp_path_factory.mktemp("modules")
    write(root, {**{path: before for path, before, _ in MOVED.values()}, **dict(KEPT.values()), **EXTRA})
    subprocess.run(["git", "init", "-q", root], check=True)
    for stage in STAGES:
        run = run_command(*ROUTE, "--stage", stage, "--write", cwd=root)
        assert run.code == 0, run.err
        assert "Python" not in run.out + run.err
    return root


@pytest.mark.parametrize("case", MOVED)
def test_a_module_moves(moved: Path, case: str) -> None:
    path, _, after = MOVED[case]
    assert (moved / path).read_bytes().decode() == after


@pytest.mark.parametrize("case", KEPT)
def test_a_file_stays_as_it_is(moved: Path, case: str) -> None:
    path, before = KEPT[case]
    assert (moved / path).read_bytes().decode() == before


def test_the_package_stands_in_the_package_of_the_service(moved: Path) -> None:
    assert {path.parent.relative_to(moved).as_posix() for path in moved.rglob("the_plan.py")} == {"app/nats_amqp"}
    assert (moved / "app/nats_amqp/pika/__init__.py").exists() and (moved / "app/nats_amqp/aio_pika/abc.py").exists()
    assert compileall.compile_dir(moved / "app/nats_amqp", quiet=2)


def test_packages_are_those_of_nats_afterwards(moved: Path) -> None:
    assert (moved / "requirements.txt").read_text() == "nats-py\n"


def test_a_second_run_changes_nothing(moved: Path) -> None:
    for stage in STAGES:
        run = run_command(*ROUTE, "--stage", stage, "--check", cwd=moved)
        assert (run.code, run.out.partition(";")[0].strip()) == (0, f"{stage}: 0 patches in 0 files")


def test_what_moved_is_on_nats_to_a_scan(moved: Path) -> None:
    findings = run_command(".", "--format", "json", cwd=moved).json["findings"]
    paths = {path for path, _, _ in MOVED.values()}
    assert [f for f in findings if f["path"] in paths and f["system"] == "rabbitmq"] == []
    symbols = {f["symbol"] for f in findings if f["system"] == "nats"}
    assert symbols >= {"nats_amqp.pika", "nats_amqp.aio_pika.abc", "nats_amqp.pika.connection.URLParameters"}
    assert not [f for f in findings if f["path"].startswith("app/nats_amqp/")]


def test_imports_lead_to_the_package(moved: Path) -> None:
    """They run, with nothing installed of what the libraries were."""
    code = "import app.a01, app.a03, app.a09, app.a10, app.a16, app.deep\nassert app.a01.f.__module__.startswith('app.nats_amqp.')"
    done = subprocess.run(
        ["python3", "-c", code], cwd=moved, capture_output=True, text=True, env=environment(), check=False
    )
    assert done.returncode == 0, done.stderr


def environment() -> dict[str, str]:
    import os
    import sys

    site = next(path for path in sys.path if path.endswith("site-packages"))
    return os.environ | {"PYTHONPATH": site, "PYTHONDONTWRITEBYTECODE": "1"}


PIECES = st.sampled_from(
    ["import pika", "from pika import x", "import os, pika.a as b", "from pika.a import (\n", ")", "\n", " ", "    ", ";", ":", "\\\n", "#", '"',
     '"""', "x = 1", "if x:", "try:", "except E:", "def f():", "as", ",", "*", "é", "\r\n", "\f", "\ufeff", "import aio_pika, pika", "from .pika import y"]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(pieces=st.lists(PIECES, max_size=14))
def test_any_text_is_read_and_nothing_but_imports_is_replaced(pieces: list[str]) -> None:
    data = "".join(pieces).encode()
    parsed = parse(data)
    if parsed is None:
        return
    found = imports_of(parsed, frozenset({"pika", "aio_pika"}), "p.nats_amqp")
    assert all(b"pika" in data[start:end] or start == end for start, end, _ in found.replaced)
    after = parse(splice(data, found.replaced))
    assert after is not None
    again = imports_of(after, frozenset({"pika", "aio_pika"}), "p.nats_amqp")
    assert not again.replaced and all(each.is_star for each in again.taken)


# Services that do not move


@pytest.fixture(scope="module")
def hindered(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """A project with a service for each case: the patch that tells what keeps it, by the case."""
    root = tmp_path_factory.mktemp("hindered")
    names = {case: f"h{at:02}" for at, case in enumerate(HINDERED)}
    for case, (files, _) in HINDERED.items():
        inside: dict[str, str | bytes] = {"__init__.py": "", **files}
        folder = f"services/{names[case]}"
        named = {
            path: text.replace("from h", f"from {names[case]}") if isinstance(text, str) else text
            for path, text in inside.items()
        }
        write(root, {f"{folder}/{names[case]}/{path}": text for path, text in named.items()})
        write(root, {f"{folder}/requirements.txt": "pika==1.3.2\n"})
    write(
        root,
        {
            "services/fine/fine/__init__.py": "",
            "services/fine/fine/m.py": "import pika\n",
            "services/fine/requirements.txt": "pika\n",
        },
    )
    subprocess.run(["git", "init", "-q", root], check=True)
    found = patches(root)
    by_title = {each["title"]: each for each in found}
    assert by_title["Python, fine: nats_amqp in the place of pika"]["applicability"] == "unsafe"
    assert [each["title"] for each in found if each["stage"] == "clean-up" and each["applicability"] != "manual"] == [
        "services/fine/requirements.txt: RabbitMQ goes"
    ]
    assert {edit["path"] for each in found for edit in each["edits"] if edit["path"].endswith(".py")} == {
        "services/fine/fine/m.py"
    }
    return {case: by_title.get(f"Python, {names[case]}: by hand", {}) for case in HINDERED}


@pytest.mark.parametrize("case", HINDERED)
def test_all_modules_of_a_service_move_or_none(hindered: dict[str, dict[str, Any]], case: str) -> None:
    _, told = HINDERED[case]
    patch = hindered[case]
    assert patch, "it moves"
    assert (patch["stage"], patch["applicability"]) == ("cut-over", "manual")
    path, _, rest = told.partition(":")
    assert f"/{path}:{rest}" in patch["instructions"]
