from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from natsscan.fleet.cache import Cache
from natsscan.fleet.checkout import Opened, open_repository
from natsscan.model.coverage import Problem
from natsscan.model.errors import InputError
from natsscan.model.fleet import Repository
from tests.conftest import clean_environment

SECRET = "s3cret-that-nobody-may-see"  # what tests look for in all that is said
# Late in the evening, west of UTC: the day there is the next one.
_DATE = "2026-11-26T20:30:00-08:00"


@dataclass(frozen=True)
class Made:
    """A git repository that a test makes."""

    path: Path

    def git(self, *arguments: str) -> str:
        own = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_AUTHOR_DATE": _DATE, "GIT_COMMITTER_DATE": _DATE}
        command = ["git", "-C", str(self.path), "-c", "user.name=Ada", "-c", "user.email=ada@example.org", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=clean_environment() | own)
        return done.stdout

    def commit(self, files: dict[str, str | bytes]) -> str:
        for name, content in files.items():
            path = self.path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "change")
        return self.git("rev-parse", "HEAD").strip()

    @property
    def url(self) -> str:
        return self.path.as_uri()


def make(path: Path) -> Made:
    path.mkdir(parents=True)
    made = Made(path)
    made.git("init", "-q", "-b", "main")
    return made


@pytest.fixture
def origin(tmp_path: Path) -> Made:
    return make(tmp_path / "origin")


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache")


def clones(cache: Cache) -> list[Path]:
    return sorted(cache.root.glob("*.git"))


def named(source: str | Path, revision: str = "") -> Repository:
    return Repository("shop", str(source), revision)


def files(opened: Opened) -> dict[str, bytes | Problem | None]:
    tree = opened.project.tree
    return {path: tree.read(path) for path in tree.list().paths}


def refusal(repository: Repository, cache: Cache) -> str:
    with pytest.raises(InputError) as raised:
        open_repository(repository, cache)
    text = str(raised.value)
    assert "\n" not in text
    assert SECRET not in text
    return text
