"""A baseline: the uses of the broker that are known, so that only others fail."""

from __future__ import annotations

from dataclasses import dataclass

from natsscan.model.finding import Finding


@dataclass(frozen=True, slots=True, order=True)
class Known:
    """Uses that are known: of one rule, in one definition of a program or of one key elsewhere, and how many.

    That is their fingerprint: it holds no line, so it survives every edit around them.
    """

    path: str
    place: str
    rule: str
    count: int


@dataclass(frozen=True, slots=True)
class Ratchet:
    """Findings held against a baseline: those that it does not have, those that it has, and what it has too many."""

    new: tuple[Finding, ...]
    known: tuple[Finding, ...]
    stale: tuple[Known, ...]
