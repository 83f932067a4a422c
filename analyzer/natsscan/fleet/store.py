"""The folder that a fleet is written to. A run that is started again finds there what is finished."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from pathlib import Path

import msgspec

from natsscan import __version__
from natsscan.fleet.share import unpack
from natsscan.fleet.task import Result, Task
from natsscan.model.errors import InputError
from natsscan.model.fleet import Point, Repository
from natsscan.source.write import tidy_beside, write_files

REPOSITORIES = "repositories"
_KEY_LENGTH = 32  # of what a share begins with
_REPORT, _SHARE, _HISTORY = "report.json", "share.msgpack", "history.json"


class Store:
    """Reports and shares of repositories, each in a folder of its name, and how far earlier runs were."""

    def __init__(self, root: Path, task: Task) -> None:
        self.root = root
        self._told = f"{__version__} {task.catalog.digest} {task.options.exclude} {task.options.max_file_size}"

    @property
    def mapping(self) -> Path:
        """The folder with what all of it becomes on NATS."""
        return self.root / "nats"

    def prepare(self) -> None:
        """Make the folder. Raises InputError if it cannot be made or is something else."""
        try:
            self.root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"-o {self.root}: {(error.strerror or str(error)).lower()}; name a folder") from error

    def is_finished(self, repository: Repository, commit: str) -> bool:
        """Tell whether a repository was scanned at a commit, by these rules and options and this natsscan."""
        data = self._read(repository)
        if data is None or data[:_KEY_LENGTH] != self._key(repository, commit):
            return False
        try:
            unpack(data[_KEY_LENGTH:])
        except ValueError:
            return False
        return True

    def keep(self, repository: Repository, result: Result) -> None:
        """Write what came back of a repository: all of it or nothing, so that what is there is finished."""
        folder = f"{REPOSITORIES}/{repository.name}"
        share = self._key(repository, result.commit) + result.share
        self.write({f"{folder}/{_REPORT}": result.report, f"{folder}/{_SHARE}": share})

    def shares(self, repositories: Iterable[Repository]) -> Iterator[bytes]:
        """Yield the packed shares of repositories that are finished, one at a time."""
        for repository in repositories:
            found = self._read(repository)
            if found is not None:
                yield found[_KEY_LENGTH:]

    def tidy(self, repositories: Iterable[Repository]) -> None:
        """Remove what was written for repositories that are in the fleet no more."""
        kept = {repository.name for repository in repositories}
        tidy_beside(self.root, (f"{REPOSITORIES}/{name}/{file}" for name in kept for file in (_REPORT, _SHARE)))
        folder = self.root / REPOSITORIES
        for other in sorted(folder.iterdir()) if folder.is_dir() else ():
            if other.name not in kept and (other / _SHARE).is_file():
                gone = {f"{REPOSITORIES}/{other.name}/{name}": None for name in (_REPORT, _SHARE)}
                write_files(self.root, {path: None for path in gone if (self.root / path).is_file()})

    def history(self) -> tuple[Point, ...]:
        """Return how far earlier runs were; nothing if the file is not what it should be."""
        try:
            return tuple(msgspec.json.decode((self.root / _HISTORY).read_bytes(), type=list[Point]))
        except (OSError, msgspec.DecodeError):
            return ()

    def write(self, files: dict[str, bytes]) -> None:
        """Write files of the folder, all of them or none. Raises InputError if that cannot be done."""
        write_files(self.root, files)

    def remember(self, history: Iterable[Point]) -> None:
        """Write how far the runs were, this one last."""
        text = json.dumps(msgspec.to_builtins(list(history)), indent=2)
        self.write({_HISTORY: f"{text}\n".encode()})

    def _key(self, repository: Repository, commit: str) -> bytes:
        told = f"{self._told} {repository.source} {repository.revision} {commit}"
        return blake2b(told.encode(), digest_size=_KEY_LENGTH // 2).hexdigest().encode()

    def _read(self, repository: Repository) -> bytes | None:
        """Return the key and the share of a repository, None if they or its report are not there."""
        folder = self.root / REPOSITORIES / repository.name
        try:
            return (folder / _SHARE).read_bytes() if (folder / _REPORT).is_file() else None
        except OSError:
            return None
