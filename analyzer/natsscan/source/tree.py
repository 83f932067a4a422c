"""Where the files of a project come from: a folder on disk, or a commit or the index of a git repository."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from natsscan.model.coverage import Problem
from natsscan.source.discover import Listing, list_files, listing
from natsscan.source.read import MAX_FILE_SIZE, read_file, too_large


class Tree(Protocol):
    """The files of a project by their paths from its root."""

    @property
    def folder(self) -> Path | None:
        """Where the files are on disk, None if they are somewhere else."""
        ...

    def list(self, exclude: tuple[str, ...] = ()) -> Listing:
        """List the files, without those that patterns in `.gitignore` syntax leave out."""
        ...

    def read(self, path: str, max_size: int = MAX_FILE_SIZE) -> bytes | Problem | None:
        """Return the bytes of a file, or what keeps them from being read; None if there is nothing to read."""
        ...


@dataclass(frozen=True, slots=True)
class DiskTree:
    """A folder on disk."""

    root: Path

    @property
    def folder(self) -> Path | None:
        """The folder."""
        return self.root

    def list(self, exclude: tuple[str, ...] = ()) -> Listing:
        """List the files as git sees them, else as the folder has them."""
        return list_files(self.root, exclude)

    def read(self, path: str, max_size: int = MAX_FILE_SIZE) -> bytes | Problem | None:
        """Read a file of the folder; no link is followed out of it."""
        return read_file(self.root, path, max_size)


@dataclass(frozen=True, slots=True)
class GivenTree:
    """Files whose content is known already, as that of a commit is. What is no file there is given as its problem."""

    files: Mapping[str, bytes | Problem]

    @property
    def folder(self) -> Path | None:
        """None: the files are not those that lie on disk."""
        return None

    def list(self, exclude: tuple[str, ...] = ()) -> Listing:
        """List the files."""
        return listing(self.files, exclude)

    def read(self, path: str, max_size: int = MAX_FILE_SIZE) -> bytes | Problem | None:
        """Return the content of a file, or its problem."""
        data = self.files.get(path)
        return too_large(path, len(data), max_size) if isinstance(data, bytes) and len(data) > max_size else data


@dataclass(frozen=True, slots=True)
class TreeWithout:
    """Another tree as if one file were not there."""

    tree: Tree
    path: str

    @property
    def folder(self) -> Path | None:
        """Where the other tree is."""
        return self.tree.folder

    def list(self, exclude: tuple[str, ...] = ()) -> Listing:
        """List the other files."""
        found = self.tree.list(exclude)
        paths = tuple(path for path in found.paths if path != self.path)
        return Listing(paths, {p: why for p, why in found.excluded.items() if p != self.path}, found.problems)

    def read(self, path: str, max_size: int = MAX_FILE_SIZE) -> bytes | Problem | None:
        """Return what the other tree has, nothing for the file."""
        return None if path == self.path else self.tree.read(path, max_size)
