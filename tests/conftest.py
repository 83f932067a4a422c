from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from natsscan.catalog.catalog import Catalog, load_catalog

REPOSITORY = Path(__file__).parents[1]
WIRE_MINI = REPOSITORY / "fixtures" / "wire-mini"
CASES = REPOSITORY / "fixtures" / "cases"
KEYS = REPOSITORY / "fixtures" / "keys"


@dataclass(frozen=True)
class Run:
    """What a run of the command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Command = Callable[..., Run]


def run_command(*arguments: str | Path, cwd: Path, env: dict[str, str] | None = None) -> Run:
    command = Path(sys.executable).with_name("natsscan")
    names = ("CI", "NO_COLOR", "FORCE_COLOR", "COLUMNS", "TERM")
    clean = {name: value for name, value in os.environ.items() if name not in names and not name.startswith("GIT_")}
    done = subprocess.run(
        [command, *map(str, arguments)], cwd=cwd, env=clean | (env or {}), capture_output=True, text=True, check=False
    )
    return Run(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def natsscan(tmp_path: Path) -> Command:
    """Run the installed command in the test's folder."""
    return lambda *arguments, env=None: run_command(*arguments, cwd=tmp_path, env=env)


@pytest.fixture
def write(tmp_path: Path) -> Callable[[dict[str, str | bytes]], Path]:
    """Write files below the test's folder, which is a project of its own."""

    def write_files(files: dict[str, str | bytes]) -> Path:
        for name, content in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return tmp_path

    return write_files


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return load_catalog()


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The checkout of wire-server that NATSSCAN_CORPUS names, or holds in a folder of that name."""
    value = os.environ.get("NATSSCAN_CORPUS", "")
    for path in (Path(value), Path(value) / "wire-server"):
        if value and (path / "services" / "gundeck").is_dir():
            return path.resolve()
    pytest.skip("NATSSCAN_CORPUS names no checkout of wire-server")
