"""What git knows of files that are gone, in which commit they went and where to; and files as they were in a commit."""

from __future__ import annotations

import os
import subprocess
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from natsscan.model.errors import InputError

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
    for part in _run(root, [*command, *sorted(set(wanted.values()))]).replace("\n", "\0").split("\0"):
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


def files_of(root: Path, revision: str) -> dict[str, bytes]:
    """Return the files of a commit with their bytes, links left out; nothing is checked out.

    Raises InputError for a revision that git does not have.
    """
    try:
        listed = _run(
            root, ["ls-tree", "-r", "-z", "--full-tree", "--end-of-options", f"{revision}^{{commit}}"], need=True
        )
    except OSError as error:
        reason = str(error).strip().splitlines()
        raise InputError(f"{revision}: git does not have it: {reason[-1] if reason else 'no such revision'}") from error
    names: dict[str, str] = {}
    for entry in filter(None, listed.split("\0")):
        about, _, path = entry.partition("\t")
        mode, kind, blob = about.split()
        if kind == "blob" and mode != "120000":
            names[path] = blob
    return dict(zip(names, _blobs(root, list(names.values())), strict=True))


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
    text = _run(root, ["show", _SIMILAR, "--diff-filter=R", "--name-status", "--format=", "-z", commit])
    parts = text.split("\0")
    return [(parts[at + 1], parts[at + 2]) for at in range(0, len(parts) - 2, 3) if parts[at].startswith("R")]


def _blobs(root: Path, names: list[str]) -> Iterator[bytes]:
    data = _raw(root, ["cat-file", "--batch"], stdin="".join(f"{name}\n" for name in names).encode())
    at = 0
    for _ in names:
        end = data.index(b"\n", at)
        size = int(data[at:end].split()[2])
        yield data[end + 1 : end + 1 + size]
        at = end + 1 + size + 1


def _run(root: Path, arguments: list[str], need: bool = False) -> str:
    return os.fsdecode(_raw(root, arguments, need=need))


def _raw(root: Path, arguments: list[str], stdin: bytes = b"", need: bool = False) -> bytes:
    """Run git such that the repository's own configuration runs nothing. Raises OSError with git's words if needed."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    own = {"GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1", "LC_ALL": "C"}
    command = ["git", "-c", "core.fsmonitor=false", "-c", "log.showSignature=false", "-C", str(root), *arguments]
    done = subprocess.run(command, input=stdin, capture_output=True, check=False, env=environment | own)  # noqa: S603
    if done.returncode != 0 and need:
        raise OSError(done.stderr.decode(errors="replace"))
    return done.stdout if done.returncode == 0 else b""
