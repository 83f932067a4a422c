"""Asking git: its objects are read, nothing is checked out, and nothing of the repository's own configuration runs."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

from natsscan.model.coverage import Loss, Problem
from natsscan.model.errors import InputError
from natsscan.source.read import MAX_FILE_SIZE, too_large
from natsscan.source.tree import GivenTree

_LINK, _SUBMODULE = "120000", "160000"
# What git sets for its hooks; it would point elsewhere than at the repository that is asked about.
_HOOK_INDEX = "GIT_INDEX_FILE"


def tree_of(root: Path, revision: str, max_size: int = MAX_FILE_SIZE) -> GivenTree:
    """Return the files of a commit; those larger than `max_size` bytes are not read, links are left out.

    Raises InputError for a revision that git does not have.
    """
    commit = commit_of(root, revision)
    listed = git(root, ["ls-tree", "-r", "-l", "-z", "--full-tree", commit])
    entries = []
    for entry in filter(None, listed.split("\0")):
        about, _, path = entry.partition("\t")
        mode, _, blob, size = about.split()
        entries.append((path, mode, blob, 0 if size == "-" else int(size)))
    return GivenTree(dict(_contents(root, entries, max_size)))


def index_of(root: Path, max_size: int = MAX_FILE_SIZE) -> GivenTree:
    """Return the files as they are staged: what a commit made now would hold. In a hook it is the hook's own index."""
    listed = git(root, ["ls-files", "--stage", "-z", "--full-name", ":/"], own_index=True)
    entries = []
    for entry in filter(None, listed.split("\0")):
        about, _, path = entry.partition("\t")
        mode, blob, stage = about.split()
        if stage == "0":
            entries.append((path, mode, blob, 0))
    return GivenTree(dict(_contents(root, entries, max_size)))


def commit_of(root: Path, revision: str) -> str:
    """Return the id of the commit that a revision names; `A...B` is where both parted, as git has it.

    Raises InputError, with what to do about it, if git does not have it.
    """
    one, dots, other = revision.partition("...")
    try:
        if dots:
            ends = [commit_of(root, one or "HEAD"), commit_of(root, other or "HEAD")]
            found = git(root, ["merge-base", *ends]).strip()
            if not found:
                raise InputError(
                    f"{revision}: git finds no commit that both come from; in a shallow clone: git fetch --unshallow"
                )
            return found
        return git(root, ["rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}"], need=True).strip()
    except OSError as error:
        if "dubious ownership" in str(error):
            advice = f"git config --global --add safe.directory {root}"
            raise InputError(
                f"{root}: belongs to another user, and git does not look into it until: {advice}"
            ) from error
        if "not on PATH" in str(error):
            raise InputError("git is not on PATH; commits are read by it") from error
        hint = " (this clone is shallow: git fetch --deepen=N brings N commits more)" if is_shallow(root) else ""
        raise InputError(f"{revision}: git has no such commit here{hint}") from error


def is_shallow(root: Path) -> bool:
    """Tell whether a repository has a part of its history only."""
    return git(root, ["rev-parse", "--is-shallow-repository"]).strip() == "true"


def git(root: Path, arguments: list[str], need: bool = False, own_index: bool = False) -> str:
    """Return what a git command prints, nothing if it fails. Raises OSError with git's own words if it is needed."""
    return os.fsdecode(git_bytes(root, arguments, need=need, own_index=own_index))


def git_bytes(
    root: Path, arguments: list[str], stdin: bytes = b"", need: bool = False, own_index: bool = False
) -> bytes:
    """Return the same as bytes. With `own_index` the index that git hands to its hooks is the one looked at."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("GIT_") or (own_index and name == _HOOK_INDEX)
    }
    own = {"GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1", "LC_ALL": "C"}
    command = ["git", "-c", "core.fsmonitor=false", "-c", "log.showSignature=false", "-C", str(root), *arguments]
    try:
        done = subprocess.run(command, input=stdin, capture_output=True, check=False, env=environment | own)  # noqa: S603
    except FileNotFoundError as error:
        if need:
            raise OSError("git is not on PATH") from error
        return b""
    if done.returncode != 0 and need:
        raise OSError(done.stderr.decode(errors="replace"))
    return done.stdout if done.returncode == 0 else b""


def _contents(
    root: Path, entries: Iterable[tuple[str, str, str, int]], max_size: int
) -> Iterator[tuple[str, bytes | Problem]]:
    """Yield paths with their bytes, or with what keeps them from being read; entries are path, mode, blob and size."""
    wanted: dict[str, str] = {}
    for path, mode, blob, size in entries:
        if mode == _SUBMODULE:
            yield path, Problem(path, 0, "a folder of its own repository (git submodule)", Loss.WHOLE)
        elif mode != _LINK and size > max_size:
            yield path, too_large(path, size, max_size)
        elif mode != _LINK:
            wanted[path] = blob
    blobs = dict(_blobs(root, list(dict.fromkeys(wanted.values()))))
    for path, blob in wanted.items():
        data = blobs.get(blob)
        yield path, data if data is not None else Problem(path, 0, "git has not fetched its content", Loss.WHOLE)


def _blobs(root: Path, names: list[str]) -> Iterator[tuple[str, bytes]]:
    """Yield blobs with their content; those that a partial clone has not fetched are left out."""
    data = git_bytes(root, ["cat-file", "--batch"], stdin="".join(f"{name}\n" for name in names).encode())
    at = 0
    for name in names:
        end = data.find(b"\n", at)
        if end < 0:
            return
        head = data[at:end].split()
        if head[-1] == b"missing":
            at = end + 1
            continue
        size = int(head[2])
        yield name, data[end + 1 : end + 1 + size]
        at = end + 1 + size + 1
