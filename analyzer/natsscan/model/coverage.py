from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from natsscan.model.source import FileKind


class Loss(StrEnum):
    """What a problem costs: the whole file, a part of it, or nothing."""

    WHOLE = "not read"
    PART = "read partly"
    NONE = "note"


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """Something that a scan could not see, or that people should look at: where, why, and what is lost by it.

    `line` is 0 where none is known.
    """

    path: str
    line: int
    reason: str
    loss: Loss


@dataclass(frozen=True, slots=True)
class KindCoverage:
    """How many files of one kind were seen, read wholly, read partly, and skipped.

    `parsed` counts those among the read ones that hold something to look for and so were parsed.
    """

    seen: int
    read: int
    partial: int
    skipped: int
    parsed: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a scan has looked at, and what it could not see."""

    files: dict[FileKind, KindCoverage]
    problems: tuple[Problem, ...] = ()
    excluded: dict[str, int] = field(default_factory=dict)
