"""The bundled fixture against its answer key, which follows GHC's own name resolution."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import KEYS, WIRE_MINI, run_command

KEY = yaml.safe_load((KEYS / "wire-mini-haskell.yaml").read_text())
STAND_IN = "libs/amqp-standin/"


@pytest.fixture(scope="module")
def findings(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    root = tmp_path_factory.mktemp("wire-mini") / "wire-mini"
    shutil.copytree(WIRE_MINI, root)
    found = run_command(".", "--format", "json", cwd=root).json["findings"]
    return [f for f in found if not f["path"].startswith(STAND_IN) and f["path"].endswith(".hs")]


def rows(*sections: str) -> Iterator[dict[str, Any]]:
    for section in sections:
        yield from KEY[section]


def test_every_use_in_the_key_is_found_with_operation_and_definition(findings: list[dict[str, Any]]) -> None:
    found = {(f["path"], f["line"], f["symbol"], f["operation"], f["definition"]) for f in findings}
    wanted = {(c["file"], c["line"], c["api"], c["op"], c["definition"]) for c in rows("haskell_calls")}
    assert sorted(wanted - found) == []


def test_no_call_is_reported_that_the_key_does_not_know(findings: list[dict[str, Any]]) -> None:
    known = {(c["file"], c["line"]) for c in rows("haskell_calls", "haskell_fields", "haskell_exceptions")}
    claimed = {(f["path"], f["line"]) for f in findings if f["is_call"] and f["tier"] == "direct"}
    assert sorted(claimed - known) == []


def test_no_look_alike_is_reported(findings: list[dict[str, Any]]) -> None:
    found = {
        (f["path"], f["line"], f["symbol"].rpartition(".")[2])
        for f in findings
        if f["operation"] != "import" and f["tier"] == "direct"
    }
    denied = {
        (row["file"], row["line"], name)
        for row in rows("decoys")
        for name in row["identifier"].replace(",", " ").replace(".", " ").split()
    }
    assert sorted(found & denied) == []


@pytest.mark.ghc
def test_it_compiles(tmp_path: Path) -> None:
    compiler = shutil.which("ghc")
    if compiler is None:
        import os

        assert not os.environ.get("CI"), "ghc is needed where CI is set"
        pytest.skip("no ghc here")
    done = subprocess.run([WIRE_MINI / "compile.sh", tmp_path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
