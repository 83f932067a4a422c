"""Annotations of GitHub Actions: workflow commands that a step prints.

https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions; how they are escaped is told by
actions/toolkit (packages/core/src/command.ts). A step shows 10 of each severity and drops the others in silence.
"""

from __future__ import annotations

from natsscan.catalog.escape import printable
from natsscan.model.finding import Finding, Severity
from natsscan.model.outcome import Outcome
from natsscan.reports.annotated import annotated, unread
from natsscan.reports.totals import in_words
from natsscan.reports.words import number

_MOST = 10
_COMMAND = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def render(outcome: Outcome) -> str:
    """Return annotations, the most severe first, as many as GitHub shows, and a line that tells the totals.

    That line is one of the annotations if something is left out or could not be read. Findings are shown where they
    begin: GitHub shows none that reaches beyond the end of a file.
    """
    findings, problems = annotated(outcome), unread(outcome)
    shown = [each for severity in Severity for each in _of(findings, severity)[:_MOST]]
    stale = sum(entry.count for entry in outcome.stale)
    told = len(shown) < len(findings) or bool(problems or stale)
    if told:  # the last line is a notice as well
        shown = shown[: len(shown) - max(len(_of(shown, Severity.NOTE)) - _MOST + 1, 0)]
    lines = [_annotation(finding) for finding in shown]
    new = "new " if outcome.states else ""
    total = f"{in_words(findings)}" if findings else f"no {new}findings"
    parts = [f"{total}, {number(len(shown), 'of them is', 'of them are')} shown here" if told and findings else total]
    if problems:
        parts.append(f"{number(len(problems), 'place')} could not be read, or only partly")
    if stale:
        parts.append(f"{number(stale, 'use')} of the baseline gone")
    if told:
        parts.append("natsscan -v has all, and --output markdown=FILE a summary")
    closing = "; ".join(parts)
    lines.append(f"::notice title=natsscan::{_data(closing)}" if told else f"natsscan: {closing}")
    return "\n".join(lines) + "\n"


def _of(findings: list[Finding], severity: Severity) -> list[Finding]:
    return [finding for finding in findings if finding.severity is severity]


def _annotation(finding: Finding) -> str:
    span = finding.usage.span
    place = f"file={_property(span.path)},line={span.line},title={_property(finding.rule)}"
    return f"::{_COMMAND[finding.severity]} {place}::{_data(' '.join(finding.message.split()))}"


def _data(text: str) -> str:
    """Return text as a command takes it, without characters that a terminal would obey."""
    return printable(text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A"))


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
