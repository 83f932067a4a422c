"""In which order the parts of a code base move from one messaging system to the other."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Part(StrEnum):
    """What moves: a library that others use, or a service of its own."""

    LIBRARY = "library"
    SERVICE = "service"


@dataclass(frozen=True, slots=True, order=True)
class Flow:
    """Messages of a queue from one service to another; `through` is the library that publishes them, if one does."""

    publisher: str
    queue: str
    consumer: str
    through: str = ""
    dead_letters: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One part of the code base and why it moves when it does.

    `consumes` are queues; `publishes` exchanges, and queues that it sends to by name. `flows` are those that lead to
    other services or come from them. `usages` and `effort` are what its code has left to change.
    """

    name: str
    part: Part
    reason: str
    consumes: tuple[str, ...]
    publishes: tuple[str, ...]
    flows: tuple[Flow, ...]
    usages: int
    effort: int


class Mismatch(StrEnum):
    """What is wrong with a stated order: two parts the wrong way round, one that is left out, one that is not there."""

    EARLY = "early"
    MISSING = "missing"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class OrderDifference:
    """Where a stated order differs. `name` is the part that comes too early, is left out, or is not known.

    `after` is what it has to wait for, empty unless it is early.
    """

    kind: Mismatch
    name: str
    after: str
    reason: str
