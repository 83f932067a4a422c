"""A diff has the bytes of the files, since git is to take it: it is its reader that must not be misled."""

from __future__ import annotations

import os
import pty
import re
import subprocess
from pathlib import Path

import pytest

from tests.conftest import COMMAND, clean_environment
from tests.hostile import checks

VALUES = "::add-mask::evil:: 1\nrabbitmq:\n  host: rabbitmq\n  # ::error::evil\n  # ##[error]evil \x1b[31m\u202e\n"
PATCH = (COMMAND, "patch", ".", "--stage", "prepare")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "natsscan.toml").write_text("")
    (tmp_path / "values.yaml").write_text(VALUES)
    return tmp_path


def test_a_terminal_only_shows_it(tree: Path) -> None:
    ours, theirs = pty.openpty()
    environment = clean_environment() | {"TERM": "xterm", "COLUMNS": "200"}
    subprocess.run(PATCH, cwd=tree, stdout=theirs, stderr=subprocess.PIPE, check=True, env=environment)
    os.close(theirs)
    shown = os.read(ours, 1 << 16).decode().replace("\r\n", "\n")
    os.close(ours)
    assert "\\x1b[31m\\u202e" in shown and "+nats:" in shown
    checks.terminal(shown)


def test_a_runner_of_github_obeys_nothing_in_it_and_git_takes_it(tree: Path) -> None:
    environment = clean_environment() | {"GITHUB_ACTIONS": "true"}
    log = subprocess.run(PATCH, cwd=tree, capture_output=True, check=True, env=environment).stdout
    first, *diff, last, _ = log.decode().split("\n")
    word = re.fullmatch(r"::stop-commands::(\w{32})", first)
    assert word and last == f"::{word[1]}::"
    assert not any(word[1] in line for line in diff)
    subprocess.run(["git", "apply", "-"], cwd=tree, input=log, check=True)
    assert "nats:" in (tree / "values.yaml").read_text()


def test_a_file_gets_what_it_gets_anywhere(tree: Path, tmp_path: Path) -> None:
    found = []
    for ci in ({}, {"GITHUB_ACTIONS": "true"}):
        with (tmp_path / "diff").open("wb") as file:
            subprocess.run(
                PATCH, cwd=tree, stdout=file, stderr=subprocess.PIPE, check=True, env=clean_environment() | ci
            )
        found.append((tmp_path / "diff").read_bytes())
    assert found[0] == found[1]
    assert b"\x1b[31m" in found[0]
