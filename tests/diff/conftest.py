from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import WIRE_MINI

_IDENTITY = {
    **{f"GIT_{who}_NAME": "A Developer" for who in ("AUTHOR", "COMMITTER")},
    **{f"GIT_{who}_EMAIL": "dev@example.org" for who in ("AUTHOR", "COMMITTER")},
    **{f"GIT_{who}_DATE": "2026-01-01T00:00:00Z" for who in ("AUTHOR", "COMMITTER")},
}


class Repository:
    """A git repository in which a test makes commits."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)
        self.git("init", "-q", "-b", "main")

    def git(self, *arguments: str) -> str:
        own = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
        clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        done = subprocess.run(
            ["git", *arguments], cwd=self.root, env=clean | _IDENTITY | own, capture_output=True, text=True, check=True
        )
        return done.stdout

    def commit(self, message: str = "a change") -> str:
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)
        return self.git("rev-parse", "HEAD").strip()

    def write(self, path: str, text: str) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def edit(self, path: str, *replacements: tuple[str, str]) -> None:
        """Replace text that is there; a test that replaces nothing would prove nothing."""
        text = (self.root / path).read_text()
        for old, new in replacements:
            assert old in text, f"{path} has no {old!r}"
            text = text.replace(old, new)
        (self.root / path).write_text(text)


@pytest.fixture
def repository(tmp_path: Path) -> Callable[[], Repository]:
    return lambda: Repository(tmp_path / "repo")


@pytest.fixture
def wire_mini(tmp_path: Path) -> Repository:
    """The bundled fixture in a repository of its own, as its first commit."""
    shutil.copytree(WIRE_MINI, tmp_path / "wire-mini")
    found = Repository(tmp_path / "wire-mini")
    found.commit("as it was")
    return found
