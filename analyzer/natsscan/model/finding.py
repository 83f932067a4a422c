from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from natsscan.model.usage import Usage


class Category(StrEnum):
    """What the migration cannot skip, must look at, may skip."""

    MANDATORY = "mandatory"
    POTENTIAL = "potential"
    OPTIONAL = "optional"


class Severity(StrEnum):
    """How loudly a finding is shown, most severe first."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"

    @property
    def rank(self) -> int:
        """0 for the most severe."""
        return list(Severity).index(self)


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule applied to a usage: what is shown to people.

    `effort` is in story points. `fingerprint` survives moves of the code within its file. `excerpt` is the line of
    source the finding points at. `system` is the id of the broker that the usage is about.
    """

    fingerprint: str
    rule: str
    category: Category
    severity: Severity
    effort: int
    message: str
    usage: Usage
    excerpt: str
    system: str


@dataclass(frozen=True, slots=True)
class Suppressed:
    """A finding that a comment in the code sets aside, with the reason given there."""

    finding: Finding
    reason: str
    line: int
