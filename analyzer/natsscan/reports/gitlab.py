"""A report for GitLab's code quality widget: https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format.

GitLab itself compares the reports of two branches; for that both are plain scans.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from natsscan.catalog.escape import json_text
from natsscan.catalog.markdown import inert
from natsscan.model.coverage import Problem
from natsscan.model.finding import Finding, Severity
from natsscan.model.outcome import Outcome
from natsscan.model.patch import digest
from natsscan.reports.annotated import annotated, unread

_SEVERITY = {Severity.ERROR: "major", Severity.WARNING: "minor", Severity.NOTE: "info"}


class Lines(msgspec.Struct, frozen=True):
    """The line that it begins on."""

    begin: int


class Where(msgspec.Struct, frozen=True):
    """A place, by the path from the root."""

    path: str
    lines: Lines


class Issue(msgspec.Struct, frozen=True):
    """What GitLab shows. `check_name` it does not show, so the description has it too."""

    description: str
    check_name: str
    fingerprint: str
    severity: str
    location: Where


def render(outcome: Outcome) -> str:
    """Return findings and what could not be read as JSON; only new ones of a comparison.

    Of issues with the same fingerprint GitLab shows one, so that each has its own.
    """
    issues = [*map(_finding, annotated(outcome)), *map(_unread, unread(outcome))]
    prints = _numbered(issue.fingerprint for issue in issues)
    found = [msgspec.structs.replace(issue, fingerprint=own) for issue, own in zip(issues, prints, strict=True)]
    return json_text(found)


def _finding(finding: Finding) -> Issue:
    span = finding.usage.span
    description = f"{finding.rule}: {inert(finding.message)}"
    place = Where(span.path, Lines(span.line))
    return Issue(description, finding.rule, finding.fingerprint, _SEVERITY[finding.severity], place)


def _unread(problem: Problem) -> Issue:
    key = digest(f"{problem.path}\0{problem.reason}".encode())
    place = Where(problem.path, Lines(max(problem.line, 1)))
    return Issue(f"coverage: {problem.loss}: {inert(problem.reason)}", "coverage", key, "minor", place)


def _numbered(names: Iterable[str]) -> list[str]:
    """Return names made different: the second of equal ones ends in `-2`."""
    seen: dict[str, int] = {}
    found = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        found.append(name if seen[name] == 1 else f"{name}-{seen[name]}")
    return found
