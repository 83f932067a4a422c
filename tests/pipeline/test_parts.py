"""A process that dies over a file costs a line, and the number of processes changes nothing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import COMMAND, WIRE_MINI, clean_environment

MODULE = 'module M{0} where\nimport Network.AMQP\nf{0} c = declareQueue c newQueue {{queueName = "q{0}"}}\n'
COUNT = 1500


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("tree")
    (root / "natsscan.toml").touch()
    (root / "compose.yaml").write_text("services:\n  queue:\n    image: rabbitmq:3\n")
    for number in range(COUNT):
        (root / f"M{number}.hs").write_text(MODULE.format(number))
    return root


def start(*arguments: str | Path) -> subprocess.Popen[bytes]:
    words = [COMMAND, *arguments, "--no-cache", "--format", "json"]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=clean_environment())


def children(process: subprocess.Popen[bytes]) -> list[int]:
    try:
        return [int(each) for each in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]
    except FileNotFoundError:
        return []


def wait_for_children(process: subprocess.Popen[bytes], count: int) -> list[int]:
    while len(found := children(process)) < count:
        assert process.poll() is None
        time.sleep(0.005)
    return found


def cpu(process: int) -> float:
    """Return the seconds of processor time that a process has had."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def outcome(process: subprocess.Popen[bytes]) -> Any:
    out, err = process.communicate()
    assert (process.returncode, err) == (0, b"")
    return json.loads(out)


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="asks Linux for the processes")
def test_a_process_that_is_killed_costs_the_file_that_it_had_in_hand(tree: Path) -> None:
    process = start(tree)
    programs = wait_for_children(process, 2)[-1]
    while cpu(programs) < 0.6:  # by then it looks into files
        time.sleep(0.01)
    os.kill(programs, signal.SIGKILL)
    found = outcome(process)
    (problem,) = found["coverage"]["problems"]
    assert problem["reason"] == "left out, since the process that read it was ended by signal 9"
    assert problem["path"] not in {finding["path"] for finding in found["findings"]}
    assert len({finding["path"] for finding in found["findings"]}) == COUNT  # all others, and the compose file
    assert found["coverage"]["files"]["haskell"]["skipped"] == 1


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="asks Linux for the processes")
def test_a_part_whose_processes_all_die_is_told_and_the_other_reported(tree: Path) -> None:
    process = start(tree)
    others = wait_for_children(process, 2)[0]
    while process.poll() is None:
        for child in set(children(process)) - {others}:
            os.kill(child, signal.SIGKILL)
        time.sleep(0.001)
    found = outcome(process)
    (problem,) = found["coverage"]["problems"]
    assert problem["path"] == "."
    assert problem["reason"].startswith("programs: none of them is read")
    assert {finding["path"] for finding in found["findings"]} == {"compose.yaml"}


def test_one_process_or_several_give_the_same_bytes(tmp_path: Path) -> None:
    several = outcome(start(WIRE_MINI))
    alone = tmp_path / "alone.py"
    alone.write_text(
        "import sys, threading\n"
        "threading.Thread(target=threading.Event().wait, daemon=True).start()\n"  # with which nothing is forked
        "from natsscan.__main__ import main\n"
        "main()\n"
    )
    words = [COMMAND.with_name("python"), alone, WIRE_MINI, "--no-cache", "--format", "json"]
    done = subprocess.run(words, capture_output=True, check=True, env=clean_environment())
    assert json.loads(done.stdout) == several
