"""A fleet made of wire-mini: each repository has one of its services, and eight of them share queues and exchanges."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

WIRE_MINI = Path(__file__).parents[2] / "fixtures" / "wire-mini"
SERVICES = ("gundeck", "cannon", "background-worker", "galley")
TOGETHER = 8
# What eight repositories share has one name among them, and other ones have others.
NAMES = ("user-notifications", "background-jobs", "backend-notifications", "cells_events", "gundeck.probe")
_AUTHOR = {
    f"GIT_{who}_{what}": told
    for who in ("AUTHOR", "COMMITTER")
    for what, told in (("NAME", "A"), ("EMAIL", "a@example.com"), ("DATE", "2026-11-26T12:00:00Z"))
}


@dataclass(frozen=True)
class Made:
    """A repository of the fleet: a service under a name of its own, and what its group of names is called."""

    name: str
    service: str
    group: int

    @property
    def own_service(self) -> str:
        return f"{self.service}-{self.name}"

    def renamed(self, text: str) -> str:
        for name in NAMES:
            text = text.replace(name, f"{name}-{self.group}")
        return text

    def moved(self, path: str) -> str:
        return path.replace(f"services/{self.service}/", f"services/{self.own_service}/")


def repositories(count: int) -> list[Made]:
    return [Made(f"r{at:03}", SERVICES[at % len(SERVICES)], at // TOGETHER) for at in range(count)]


def write(folder: Path, count: int) -> list[Made]:
    """Write a fleet of checkouts into a folder."""
    made = repositories(count)
    for each in made:
        write_one(folder, each)
    return made


def files(service: str) -> Iterable[tuple[str, str]]:
    """Yield the files of wire-mini that a repository of one service has."""
    for top in ("cabal.project", "libs", f"services/{service}"):
        root = WIRE_MINI / top
        for path in sorted(root.rglob("*")) if root.is_dir() else [root]:
            if path.is_file():
                yield path.relative_to(WIRE_MINI).as_posix(), path.read_text()


def write_one(folder: Path, made: Made) -> Path:
    root = folder / made.name
    for path, text in files(made.service):
        target = root / made.moved(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(made.renamed(text))
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "all of it")
    return root


def git(root: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", root, *arguments], check=True, capture_output=True, text=True, env={**os.environ, **_AUTHOR}
    )
    return done.stdout


def remove(folder: Path, names: Iterable[str]) -> None:
    for name in names:
        shutil.rmtree(folder / name)
