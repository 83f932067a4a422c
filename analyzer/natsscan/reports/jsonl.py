"""The report as lines of JSON, for programs that read one thing at a time; `kind` says what a line is.

The first line is the report, then come problems, findings, those set aside, and what is gone if something was compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from natsscan.catalog.escape import json_text
from natsscan.model.comparison import State
from natsscan.model.coverage import KindCoverage, Loss
from natsscan.model.finding import Finding
from natsscan.model.outcome import Outcome
from natsscan.model.source import FileKind
from natsscan.reports.json import FindingEntry, StaleEntry, Tool, TotalsEntry, finding_entry, tool, totals_entry


class ReportLine(msgspec.Struct, frozen=True, tag_field="kind", tag="report"):
    """The first line: what made the report, what it is about, what was looked at, and how many lines follow."""

    schema_version: int
    tool: Tool
    root: str
    scope: list[str]
    files: dict[FileKind, KindCoverage]
    excluded: dict[str, int]
    totals: TotalsEntry
    lines: int


class ProblemLine(msgspec.Struct, frozen=True, tag_field="kind", tag="problem"):
    """Something that could not be seen, or that people should look at; `line` is 0 where none is known."""

    path: str
    line: int
    loss: Loss
    reason: str


class FindingLine(FindingEntry, frozen=True, tag_field="kind", tag="finding"):
    """A finding as in the JSON report; `state` is null if nothing was compared, `absent` if it is there no more."""

    state: State | None = None


class SuppressedLine(FindingEntry, frozen=True, tag_field="kind", tag="suppressed"):
    """A finding that a comment in the code sets aside: the comment's line, and the reason it gives."""

    suppressed_on: int = 0
    suppressed_because: str = ""


class StaleLine(StaleEntry, frozen=True, tag_field="kind", tag="stale"):
    """Uses that a baseline knows and that are gone, as in the JSON report."""


def render(outcome: Outcome) -> str:
    """Return the report, one JSON object a line."""
    report = outcome.report
    lines = list(_lines(outcome))
    first = ReportLine(
        schema_version=1,
        tool=tool(report),
        root=report.root,
        scope=list(report.scope),
        files=report.coverage.files,
        excluded=report.coverage.excluded,
        totals=totals_entry(report),
        lines=len(lines),
    )
    return "".join(json_text(line, indented=False) for line in [first, *lines])


def _lines(outcome: Outcome) -> Iterator[ProblemLine | FindingLine | SuppressedLine | StaleLine]:
    for item in outcome.report.coverage.problems:
        yield ProblemLine(item.path, item.line, item.loss, item.reason)
    for finding in outcome.report.findings:
        yield FindingLine(**_fields(finding), state=outcome.states.get(finding.fingerprint))
    for aside in outcome.report.suppressed:
        fields = _fields(aside.finding)
        yield SuppressedLine(**fields, suppressed_on=aside.line, suppressed_because=aside.reason)
    for finding in outcome.gone:
        yield FindingLine(**_fields(finding), state=State.ABSENT)
    for entry in outcome.stale:
        yield StaleLine(entry.path, entry.place, entry.rule, entry.count)


def _fields(finding: Finding) -> dict[str, Any]:
    return msgspec.structs.asdict(finding_entry(finding))
