"""Patches: edits that belong together, the stage they are due in, and whether they may be made without a look."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b

from natsscan.model.span import Span


class Stage(StrEnum):
    """When a patch is due: after each stage the tree works. `prepare` puts NATS beside, `clean-up` leaves it alone."""

    PREPARE = "prepare"
    DUAL_PUBLISH = "dual-publish"
    SWITCH_CONSUMERS = "switch-consumers"
    CUT_OVER = "cut-over"
    CLEAN_UP = "clean-up"

    @property
    def rank(self) -> int:
        """0 for the first one."""
        return list(Stage).index(self)


class Applicability(StrEnum):
    """Safe: adds, or surely behaves the same. Unsafe: right as a rule, to be read first. Manual: people write it."""

    SAFE = "safe"
    UNSAFE = "unsafe"
    MANUAL = "manual"


class Check(StrEnum):
    """How a check of a patch went."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_RUN = "not run"


@dataclass(frozen=True, slots=True)
class Edit:
    """A byte span of a file and what comes in its place; `digest` is that of the bytes that were there."""

    path: str
    start: int
    end: int
    replacement: bytes
    digest: str


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file that a patch adds."""

    path: str
    content: bytes


@dataclass(frozen=True, slots=True)
class RemovedFile:
    """A file that a patch removes; `digest` is that of its content."""

    path: str
    digest: str


@dataclass(frozen=True, slots=True)
class Checks:
    """What was tried of a patch before it was offered.

    It fits the files; what could be parsed before can be after; making it twice changes nothing more; a scan of the
    result finds nothing new of what it is about; charts that rendered still do.
    """

    applies: Check = Check.NOT_RUN
    parses: Check = Check.NOT_RUN
    idempotent: Check = Check.NOT_RUN
    rescan_clean: Check = Check.NOT_RUN
    renders: Check = Check.NOT_RUN


@dataclass(frozen=True, slots=True)
class Patch:
    """Edits that are made together or not at all; a manual one has none, and instructions instead.

    `answers` are the fingerprints of the findings that it is about, `rules` their rules, `at` their places. `reason`
    says in one or two sentences why it may be made, or why natsscan does not. `area` is what is changed together: a
    chart, the files of a helmfile, or a file; empty for a manual one. It `follows` what earlier stages do in other
    areas and files.
    """

    id: str
    title: str
    stage: Stage
    applicability: Applicability
    reason: str
    service: str
    answers: tuple[str, ...]
    rules: tuple[str, ...]
    at: tuple[Span, ...]
    edits: tuple[Edit, ...] = ()
    creates: tuple[NewFile, ...] = ()
    removes: tuple[RemovedFile, ...] = ()
    instructions: str = ""
    checks: Checks = Checks()
    area: str = ""
    follows: tuple[str, ...] = ()

    @property
    def paths(self) -> tuple[str, ...]:
        """The files that it changes, sorted."""
        edited = {each.path for each in self.edits}
        return tuple(sorted(edited | {new.path for new in self.creates} | {gone.path for gone in self.removes}))


@dataclass(frozen=True, slots=True, order=True)
class Suggestion:
    """Whole lines of a file as it is, both ends included and counted from 1, and the text that takes their place.

    `text` has the line ends of the file; it is empty if the lines go.
    """

    path: str
    first: int
    last: int
    text: str


def digest(data: bytes) -> str:
    """Return the digest by which changed bytes are known."""
    return blake2b(data, digest_size=8).hexdigest()


def edit(path: str, data: bytes, start: int, end: int, replacement: bytes) -> Edit:
    """Return the edit of a file's bytes between two offsets."""
    return Edit(path, start, end, replacement, digest(data[start:end]))
