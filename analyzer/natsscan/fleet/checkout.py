"""The files of a repository at a commit, wherever they are."""

from __future__ import annotations

import os
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from natsscan.fleet.cache import Cache, fresh, remove
from natsscan.fleet.remote import SCANNED, MaybeBrokenError, fetch, make_clone, newest
from natsscan.fleet.repositories import is_bare, is_checkout
from natsscan.fleet.sources import is_url
from natsscan.model.coverage import Problem
from natsscan.model.errors import InputError
from natsscan.model.fleet import Repository
from natsscan.source.git import NOT_FETCHED, commit_of, date_of, git, tree_of
from natsscan.source.project import Project
from natsscan.source.read import MAX_FILE_SIZE
from natsscan.source.tree import DiskTree, GivenTree, Tree

_CONTENT = "content:"


@dataclass(frozen=True, slots=True)
class Opened:
    """A repository that can be scanned, at a commit.

    The root of `project` is nothing but the repository's name, so that a service at the top is called so; its files are
    those of its tree. `commit` is that of git, or `content:` and a digest of a folder without git; `committed` is the
    day of the commit in UTC, empty without git.
    """

    project: Project
    commit: str
    committed: str


def open_repository(repository: Repository, cache: Cache, max_size: int = MAX_FILE_SIZE) -> Opened:
    """Return the files of a repository: of a commit from git's objects, of a folder without git those on disk.

    What a URL names is fetched into the cache. Files above `max_size` bytes are not read. Raises InputError, with the
    remedy, if there is no such repository or revision, or no access to it.
    """
    if is_url(repository.source):
        return _from_url(repository, cache, max_size)
    folder = Path(repository.source)
    if _has_git(repository, folder):
        return _at(repository, folder, _commit(repository, folder), max_size)
    tree = DiskTree(folder.resolve())
    return _opened(repository, tree, _digest(tree), "")


def commit_now(repository: Repository) -> str:
    """Return the commit that `open_repository` would find now, without fetching any file.

    Raises InputError as that does.
    """
    if is_url(repository.source):
        return newest(repository)
    folder = Path(repository.source)
    return _commit(repository, folder) if _has_git(repository, folder) else _digest(DiskTree(folder.resolve()))


def _from_url(repository: Repository, cache: Cache, max_size: int) -> Opened:
    with cache.hold(repository.source) as clone:
        if clone.is_dir():
            try:
                return _fetched(repository, clone, max_size)
            except MaybeBrokenError:
                pass  # the clone is made anew, and kept until that is done
        made = fresh(clone)
        make_clone(made)
        opened = _fetched(repository, made, max_size)
        remove(clone)
        made.rename(clone)
        return opened


def _fetched(repository: Repository, clone: Path, max_size: int) -> Opened:
    fetch(repository, clone)
    try:
        commit = commit_of(clone, SCANNED)
    except InputError as error:
        raise MaybeBrokenError(
            f"{repository.source}: {repository.revision}: no commit; name one, or a branch"
        ) from error
    try:
        opened = _at(repository, clone, commit, max_size)
    except InputError as error:
        raise MaybeBrokenError(str(error)) from error
    tree = opened.project.tree
    files = tree.files.values() if isinstance(tree, GivenTree) else ()
    if any(isinstance(file, Problem) and file.reason == NOT_FETCHED for file in files):
        raise MaybeBrokenError(f"{repository.source}: the clone lacks files; run again")
    return opened


def _has_git(repository: Repository, folder: Path) -> bool:
    """Tell whether a folder has commits. Raises InputError if it is gone, or has no revision to ask for."""
    if not folder.is_dir():
        raise InputError(f"{repository.source}: no such folder; check the path")
    if is_checkout(folder) or is_bare(folder):
        return True
    if repository.revision:
        raise InputError(
            f"{repository.source}: no git repository, so it has no revision {repository.revision}; leave that out"
        )
    return False


def _commit(repository: Repository, folder: Path) -> str:
    try:
        commit = commit_of(folder, repository.revision or "HEAD")
    except InputError as error:
        if repository.revision or str(error).startswith((str(folder), "git ")):
            raise InputError(f"{repository.source}: {error}") from error
        said = "has no commit yet, or git cannot read it (git log tells); commit, or leave it out of the list"
        raise InputError(f"{repository.source}: {said}") from error
    # A broken repository inside of another one: git would answer for the one around.
    if git(folder, ["rev-parse", "--show-prefix"]).strip():
        raise InputError(f"{repository.source}: git cannot read it (git status in it tells why)")
    return commit


def _at(repository: Repository, folder: Path, commit: str, max_size: int) -> Opened:
    try:
        tree = tree_of(folder, commit, max_size)
    except InputError as error:
        raise InputError(f"{repository.source}: {error}") from error
    return _opened(repository, tree, commit, date_of(folder, commit))


def _opened(repository: Repository, tree: Tree, commit: str, committed: str) -> Opened:
    # Nothing can be below a device: who looks there instead of into the tree finds no file of somebody else's.
    return Opened(Project(Path(os.devnull) / repository.name, (".",), tree), commit, committed)


def _digest(tree: DiskTree) -> str:
    """Return what changes with any path or byte of a folder; of a file that cannot be read, with the reason."""
    digest = blake2b(digest_size=16)
    for path in tree.list().paths:
        data = tree.read(path)
        content = data if isinstance(data, bytes) else (data.reason if data else "").encode()
        for part in (path.encode(), content):
            digest.update(len(part).to_bytes(8, "big") + part)
    return f"{_CONTENT}{digest.hexdigest()}"
