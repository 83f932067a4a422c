"""What git knows of files that are gone: in which commit they went, and where to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from natsscan.source.git import git

# Git's own default is half; moved code is often rewritten on the way.
_SIMILAR = "-M30%"
_FARTHEST = 5
_SHORT = 10


@dataclass(frozen=True, slots=True)
class Departure:
    """A file or folder that went in a commit, and the files or folders it was moved to, the most likely first."""

    path: str
    commit: str
    moved_to: tuple[str, ...]


def departures(root: Path, paths: Iterable[str]) -> dict[str, Departure]:
    """Return what became of files and folders that were there once; without git, or history, nothing is known."""
    wanted = {path: path.rstrip("/") for path in paths if not path.startswith(("/", "-", ":")) and "*" not in path}
    if not wanted or not (root / ".git").exists():
        return {}
    last: dict[str, str] = {}
    command = ["log", "--format=%x01%H", "--no-renames", "--diff-filter=D", "--name-only", "-z", "--"]
    commit = ""
    for part in git(root, [*command, *sorted(set(wanted.values()))]).replace("\n", "\0").split("\0"):
        if part.startswith("\1"):
            commit = part[1:]
            continue
        for bare in wanted.values():
            if part == bare or part.startswith(f"{bare}/"):
                last.setdefault(bare, commit)
    moves = {commit: _moves(root, commit) for commit in sorted(set(last.values()))}
    found = {}
    for path, bare in wanted.items():
        if bare in last:
            found[path] = Departure(path, last[bare][:_SHORT], _targets(bare, moves[last[bare]]))
    return found


def _targets(path: str, moves: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Return where a path was moved to; of a folder, the folders that most of its files were moved to."""
    counts: Counter[str] = Counter()
    for old, new in moves:
        if old == path:
            counts[new] += 1
        elif old.startswith(f"{path}/"):
            rest = PurePosixPath(old[len(path) + 1 :]).parts
            parts = PurePosixPath(new).parts
            same = 0
            while same < min(len(rest), len(parts)) and rest[-1 - same] == parts[-1 - same]:
                same += 1
            counts["/".join(parts[: len(parts) - max(same, 1)]) + "/"] += 1
    return tuple(name for name, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:_FARTHEST])


def _moves(root: Path, commit: str) -> list[tuple[str, str]]:
    text = git(root, ["show", _SIMILAR, "--diff-filter=R", "--name-status", "--format=", "-z", commit])
    parts = text.split("\0")
    return [(parts[at + 1], parts[at + 2]) for at in range(0, len(parts) - 2, 3) if parts[at].startswith("R")]
