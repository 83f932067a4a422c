"""A migration checklist: its tasks as people wrote them, and what the tree says of each."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """What the tree says of a task, whatever its tick says.

    `stale` names what is not there, `regressed` is ticked and not so, `manual` is for people to say, `unclear` is a
    task that natsscan does not understand.
    """

    DONE = "done"
    PARTIAL = "partial"
    TODO = "todo"
    REGRESSED = "regressed"
    STALE = "stale"
    MANUAL = "manual"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Task:
    """One task of a checklist.

    `text` is its first paragraph without the box, `names` what stands in code spans there. `sections` are the headings
    above it and `parents` the tasks around it, the outermost first. `line` is where it begins, `last` the last line of
    its first paragraph, counted from 1. `box` is the byte offset of the mark between the brackets, None if the task has
    none. `id` survives moves and changes of other tasks.
    """

    id: str
    text: str
    names: tuple[str, ...]
    sections: tuple[str, ...]
    parents: tuple[str, ...]
    line: int
    last: int
    box: int | None
    is_ticked: bool

    @property
    def depth(self) -> int:
        """0 for a task that stands in no other one."""
        return len(self.parents)


@dataclass(frozen=True, slots=True)
class Checklist:
    """A document with tasks: its path, its bytes, its tasks in order, and the dated notes in it, as they stand."""

    path: str
    data: bytes
    tasks: tuple[Task, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """A place that shows why a task has its status; `line` is 0 for a whole file or folder."""

    path: str
    line: int
    note: str


@dataclass(frozen=True, slots=True)
class Attestation:
    """What a person says of a task that no tree can show."""

    who: str
    when: str
    note: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """A task with its status.

    `reason` is one sentence; `next_step` says what to do, empty if nothing is. `patches` are the ids of those that
    change what the task is about. `rule` is the id of the rule that judged, empty if none did.
    """

    task: Task
    status: Status
    reason: str
    rule: str = ""
    service: str = ""
    evidence: tuple[Evidence, ...] = ()
    next_step: str = ""
    patches: tuple[str, ...] = ()
    attestation: Attestation | None = None

    @property
    def is_finished(self) -> bool:
        """Tell whether nothing is left to do: the tree says so, or a person does of what only people can say."""
        return self.status is Status.DONE or (self.status is Status.MANUAL and self.attestation is not None)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A task that a checklist lacks: in which of its sections it belongs, and what it is about."""

    section: str
    text: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Review:
    """A checklist judged: each task in order, tasks that it lacks, and attested names that are no task of it."""

    checklist: Checklist
    judgements: tuple[Judgement, ...]
    proposals: tuple[Proposal, ...]
    unmatched: tuple[str, ...] = ()
