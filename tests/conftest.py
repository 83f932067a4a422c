from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from natsscan.catalog.catalog import Catalog, load_catalog
from tests.warm import Warm

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
COMMAND = Path(sys.executable).with_name("natsscan")
_WARM = Warm()
# Most of these wait for servers, or for a compiler.
_LONGEST = (
    "haskell_flow/test_wire_mini.py",
    "haskell_flow/test_api.py",
    "nats/test_verify.py",
    "haskell_client/test_core.py",
    "haskell_client/test_jetstream.py",
    "haskell_client/test_consumer_tool.py",
    "test_docs.py",
    "inventory/test_page.py",
    "checklist/test_command.py",
    "patches/test_wire_mini.py",
    "haskell_flow/test_native.py",
)
# Else each process that a test starts compiles all of natsscan anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
# What tests scan is kept for other tests of this process, and not for who runs them.
_KEPT = TemporaryDirectory(prefix="natsscan-tests-")
os.environ["XDG_CACHE_HOME"] = _KEPT.name


def run_command(*arguments: str | Path, cwd: Path, env: dict[str, str] | None = None) -> Run:
    words = [str(each) for each in arguments]
    return Run(*_WARM.run(COMMAND, words, cwd, clean_environment() | (env or {})))


def clean_environment() -> dict[str, str]:
    """Return the environment without what changes the command's output."""
    names = ("CI", "NO_COLOR", "FORCE_COLOR", "COLUMNS", "TERM")
    return {name: value for name, value in os.environ.items() if name not in names and not name.startswith("GIT_")}


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Return how many processes `-n auto` means: three for two processors, as many tests wait most of their time."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, processors * 3 // 2)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Return what hands out files one by one, so that what is set up for all tests of one is set up once."""
    from xdist.scheduler import LoadFileScheduling

    config.option.loadscopereorder = False  # how many tests a file has says little about how long it takes
    return LoadFileScheduling(config, log) if config.getoption("dist") == "load" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let files that take longest begin, or one process would go on with one when all others are done."""
    places = {name: at for at, name in enumerate(_LONGEST)}
    items.sort(key=lambda item: places.get(item.path.relative_to(REPOSITORY / "tests").as_posix(), len(places)))


@pytest.fixture
def natsscan(tmp_path: Path) -> Command:
    """Run the command in the test's folder."""
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
