from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import COMMAND, Command, clean_environment

Write = Callable[[dict[str, str | bytes]], Path]
TREE: dict[str, str | bytes] = {
    "natsscan.toml": "",
    "src/Send.hs": 'module Send where\nimport Network.AMQP\nsend c m = publishMsg c "orders" "new" m\n',
    "compose.yaml": "services:\n  queue:\n    image: rabbitmq:3\n",
}


@pytest.fixture
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


def test_the_cache_says_what_it_has_and_can_be_cleared(natsscan: Command, write: Write, cache: Path) -> None:
    write(TREE)
    env, scans = {"XDG_CACHE_HOME": str(cache)}, cache / "natsscan" / "scans"
    assert natsscan("cache", "info", env=env).out == f"{scans}: 0 results, 0.0 MB of at most 500 MB\n"
    natsscan("src", "--no-cache", env=env)
    assert not scans.exists()
    first = natsscan("src", env=env)
    count = len(list(scans.iterdir()))
    assert natsscan("cache", env=env).out.startswith(f"{scans}: {count} results, 0.0 MB of")
    assert natsscan("src", env=env) == first == natsscan("src", "--no-cache", env=env)
    assert natsscan("cache", "clear", env=env).out == f"{scans}: {count} results removed, 0.0 MB\n"
    assert list(scans.iterdir()) == []
    assert natsscan("cache", "empty", env=env).code == 2


def test_a_damaged_cache_is_told_in_a_line_and_changes_nothing(natsscan: Command, write: Write, cache: Path) -> None:
    write(TREE)
    env = {"XDG_CACHE_HOME": str(cache)}
    first = natsscan("src", env=env)
    for path in cache.rglob("*.kept"):
        path.write_bytes(path.read_bytes()[:100])
    again = natsscan("src", env=env)
    assert (again.code, again.out) == (first.code, first.out)
    assert again.err
    assert all(line.endswith("is ignored and made anew") for line in again.err.splitlines())
    assert natsscan("src", env=env).err == ""


@pytest.fixture
def watching(write: Write) -> Iterator[subprocess.Popen[str]]:
    root = write(TREE)
    words = [COMMAND, ".", "-q", "--watch", "--output", "json=report.json"]
    with subprocess.Popen(words, cwd=root, stdout=subprocess.PIPE, text=True, env=clean_environment()) as process:
        yield process
        process.kill()


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    while not (found := process.stdout.readline().strip()):
        assert process.poll() is None
    return found


def test_watching_tells_what_changes_and_ends_with_ctrl_c(
    watching: subprocess.Popen[str], write: Write, tmp_path: Path
) -> None:
    assert ": 1 call " in line(watching)
    write({"src/Get.hs": 'module Get where\nimport Network.AMQP\nget c = getMsg c Ack "orders"\n'})
    assert ": 2 calls " in line(watching)
    assert "getMsg" in (tmp_path / "report.json").read_text()
    write({"natsscan.toml": "exclud = []"})
    assert line(watching).startswith("natsscan: ")
    write({"natsscan.toml": 'exclude = ["Get.hs"]'})
    assert ": 1 call " in line(watching)
    watching.send_signal(signal.SIGINT)
    assert watching.wait(10) == 0
