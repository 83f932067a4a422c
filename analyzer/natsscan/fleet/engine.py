"""Who scans the repositories of a fleet: the same results come of every engine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from natsscan.fleet.task import Result
from natsscan.model.fleet import Failed, Repository, Share

# What is done with each repository. Raises InputError if it cannot be had.
Work = Callable[[Repository], Result]
# How often a repository is tried before it is given up.
ATTEMPTS = 3
# After so many seconds without news it is said that there are none.
TICK = 0.5


@dataclass(frozen=True, slots=True)
class Done:
    """A repository that was scanned."""

    repository: Repository
    result: Result


class Engine(Protocol):
    """Scans repositories side by side and puts their shares together."""

    def scan(self, repositories: Iterable[Repository]) -> Iterator[Done | Failed | None]:
        """Yield what comes of each repository, as it comes, and None now and then if nothing does.

        One that fails, or whose process dies, is tried again.
        """
        ...

    def running(self) -> tuple[Repository, ...]:
        """Return the repositories in work, that which began first at the front."""
        ...

    def join(self, shares: Iterable[bytes]) -> Share:
        """Return packed shares as one."""
        ...
