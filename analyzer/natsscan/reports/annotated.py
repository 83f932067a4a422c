"""What formats that annotate code show: problems, not facts, and of a comparison only what is new."""

from __future__ import annotations

from collections.abc import Iterable

from natsscan.model.comparison import State
from natsscan.model.coverage import Loss, Problem
from natsscan.model.finding import Finding
from natsscan.model.outcome import Outcome


def annotated(outcome: Outcome) -> list[Finding]:
    """Return the findings about what is to be migrated, the most severe first; only new ones if there are states."""
    found = outcome.report.to_migrate.findings
    if outcome.states:
        found = tuple(each for each in found if outcome.states.get(each.fingerprint) is State.NEW)
    return sorted(found, key=_order)


def unread(outcome: Outcome) -> list[Problem]:
    """Return what could not be read, or only partly."""
    return [problem for problem in outcome.report.coverage.problems if problem.loss is not Loss.NONE]


def _order(finding: Finding) -> tuple[int, str, int, int, str, str]:
    span = finding.usage.span
    return finding.severity.rank, span.path, span.line, span.column, finding.rule, finding.fingerprint


def numbered(names: Iterable[str]) -> list[str]:
    """Return names made different: the second of equal ones ends in `-2`."""
    seen: dict[str, int] = {}
    found = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        found.append(name if seen[name] == 1 else f"{name}-{seen[name]}")
    return found
