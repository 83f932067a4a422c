"""Two states of a code base compared: what a change adds, removes and leaves."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from natsscan.model.checklist import Judgement
from natsscan.model.finding import Finding
from natsscan.model.report import Report
from natsscan.model.span import Span


class State(StrEnum):
    """How a finding stands to the state before; the words are those of SARIF's `baselineState`."""

    NEW = "new"
    UNCHANGED = "unchanged"
    ABSENT = "absent"


class Fate(StrEnum):
    """What became of a messaging property: gone; on NATS now; there with another value; not there before."""

    LOST = "lost"
    KEPT = "kept"
    CHANGED = "changed"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class PropertyChange:
    """One messaging property that a change touches.

    `about` is what has it (`queue jobs`), `before` and `after` are its values, empty where the property says all.
    `rule` is the gap rule that knows it, `advice` what NATS has for it. `at` are its places before the change, or after
    it if it was added; `by` those of the NATS code that keeps it, or that give it the other value.
    """

    about: str
    property: str
    before: str
    after: str
    fate: Fate
    rule: str
    advice: str
    at: tuple[Span, ...]
    by: tuple[Span, ...]


@dataclass(frozen=True, slots=True, order=True)
class SystemPart:
    """A part of the messaging system, on either broker, that a change adds or takes away, and its places in code."""

    about: str
    at: tuple[Span, ...]


@dataclass(frozen=True, slots=True, order=True)
class Hunk:
    """Lines of a file after a change, both ends included, that its diff shows: the changed ones and those around."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class TaskMove:
    """A task of the checklist that a change finishes, or takes back."""

    judgement: Judgement
    is_finished: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """A change. `base` and `head` are what people call its two ends.

    `new` and `unchanged` are findings as they stand after it, `fixed` as they stood before. `added` and `removed` are
    parts of the messaging system. `moved` maps paths before to paths after, of files that were renamed. `hunks` are
    the lines that the diff shows, `deleted` the lines before that it takes away, both by paths after.
    """

    base: str
    head: str
    before: Report
    after: Report
    new: tuple[Finding, ...]
    fixed: tuple[Finding, ...]
    unchanged: tuple[Finding, ...]
    properties: tuple[PropertyChange, ...] = ()
    added: tuple[SystemPart, ...] = ()
    removed: tuple[SystemPart, ...] = ()
    moved: dict[str, str] = field(default_factory=dict)
    hunks: dict[str, tuple[Hunk, ...]] = field(default_factory=dict)
    deleted: dict[str, frozenset[int]] = field(default_factory=dict)
    tasks: tuple[TaskMove, ...] = ()

    def of_fate(self, fate: Fate) -> tuple[PropertyChange, ...]:
        """Return the properties that this became of."""
        return tuple(change for change in self.properties if change.fate is fate)

    def shows(self, path: str, first: int, last: int) -> bool:
        """Tell whether the diff shows all of these lines of the file after the change, in one hunk."""
        return any(hunk.first <= first and last <= hunk.last for hunk in self.hunks.get(path, ()))
