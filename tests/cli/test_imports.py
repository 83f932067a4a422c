"""What is not needed is not loaded: a run takes no longer than what it does."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import COMMAND, clean_environment

Write = Callable[[dict[str, str | bytes]], Path]
HASKELL: dict[str, str | bytes] = {
    "natsscan.toml": "",
    "src/Send.hs": 'module Send where\nimport Network.AMQP\nsend c m = publishMsg c "orders" "new" m\n',
    "compose.yaml": "services:\n  queue:\n    image: rabbitmq:3\n",
}
HEAVY = {"libcst", "jinja2", "httpx", "igraph", "distributed", "nats", "pika", "markdown_it", "multiprocessing"}


def loaded(folder: Path, *arguments: str) -> set[str]:
    """Return the top-level packages that the command's first process imports."""
    python = COMMAND.with_name("python")
    words = [python, "-X", "importtime", "-m", "natsscan", *arguments]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=True, env=clean_environment())
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip().partition(".")[0] for line in lines}


def test_the_version_needs_nothing(tmp_path: Path) -> None:
    assert not loaded(tmp_path, "--version") & {*HEAVY, "click", "rich", "msgspec", "yaml", "tree_sitter", "re"}


@pytest.mark.parametrize("arguments", [("src",), ("src", "--format", "json")])
def test_a_scan_loads_what_it_takes(write: Write, arguments: tuple[str, ...]) -> None:
    root = write(HASKELL)
    first = loaded(root, *arguments)
    assert not first & HEAVY
    assert "yaml" in first
    assert not loaded(root, *arguments) & {*HEAVY, "yaml", "tree_sitter", "pathspec"}


def test_help_loads_no_rules(tmp_path: Path) -> None:
    assert not loaded(tmp_path, "--help") & (HEAVY - {"jinja2"} | {"tree_sitter", "rich"})
