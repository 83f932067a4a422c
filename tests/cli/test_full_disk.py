"""A disk that is full while something is written: one line, and what was there stays whole."""

from __future__ import annotations

import resource
import subprocess
from pathlib import Path

import pytest

from tests.conftest import COMMAND, clean_environment

CODE = """module Shop where
import qualified Network.AMQP as Q
listen c = do
  Q.declareQueue c Q.newQueue { Q.queueName = "orders" }
  Q.consumeMsgs c "orders" Q.Ack print
"""
VALUES = "rabbitmq:\n  host: rabbitmq\n  port: 5672\n"
_MOST = 300  # bytes that a file may have: a stand-in for the end of the disk, which cuts a write off just so


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "natsscan.toml").write_text("")
    (tmp_path / "Shop.hs").write_text(CODE)
    (tmp_path / "values.yaml").write_text(VALUES + f"# {'x' * 400}\n")
    (tmp_path / "out").mkdir()
    for name in ("report", "mapping.md", "alerts.yaml"):
        (tmp_path / "out" / name).write_text("natsscan generate alerts: what was there before\n")
    return tmp_path


def run(tree: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, *arguments], cwd=tree, capture_output=True, text=True, check=False,
        env=clean_environment() | {"PYTHONDONTWRITEBYTECODE": "1"},  # Python itself would cut its files off
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (_MOST, _MOST)),
    )  # fmt: skip


@pytest.mark.parametrize(
    "arguments",
    [
        "scan . --output sarif=out/report --output json=out/other",
        "map . -o out",
        "generate all . -o made/new",
        "inventory . --format html -o out/report",
        "checklist . --generate --checklist out/tasks.md",
        "patch . --write",
        "patch . -o series",
        "baseline . -o out/baseline.yaml",
    ],
)
def test_nothing_is_half_written(tree: Path, arguments: str) -> None:
    before = {path: path.read_bytes() if path.is_file() else None for path in tree.rglob("*")}
    found = run(tree, *arguments.split())
    assert found.returncode == 2
    assert found.stdout == ""
    assert found.stderr.count("\n") == 1
    assert "cannot be written: file too large" in found.stderr
    assert {path: path.read_bytes() if path.is_file() else None for path in tree.rglob("*")} == before


@pytest.mark.parametrize("arguments", [".", "patch .", ". --format json"])
def test_output_that_does_not_fit(tree: Path, arguments: str) -> None:
    with Path("/dev/full").open("w") as full:
        found = subprocess.run([COMMAND, *arguments.split()], cwd=tree, stdout=full, stderr=subprocess.PIPE, text=True)
    assert found.returncode == 2
    assert found.stderr == "natsscan: the output cannot be written: no space left on device\n"


def test_output_that_is_closed(tree: Path) -> None:
    for closed in (">&-", "2>&-"):
        found = subprocess.run(["sh", "-c", f"{COMMAND} . {closed}"], cwd=tree, capture_output=True, text=True)
        assert (found.returncode, found.stderr) == (0, "")
