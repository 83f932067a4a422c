"""The report as a table, for spreadsheets."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from io import StringIO

from natsscan.catalog.escape import csv_cell
from natsscan.model.comparison import State
from natsscan.model.finding import Finding
from natsscan.model.outcome import Outcome
from natsscan.reports.words import number

COLUMNS = (
    *("kind", "state", "severity", "category", "effort", "rule", "service", "path", "line", "column"),
    *("end_line", "end_column", "operation", "tier", "system", "symbol", "definition", "message", "fingerprint"),
)


def render(outcome: Outcome) -> str:
    """Return a row for each finding, each that is set aside, each problem and each stale entry of a baseline.

    `kind` tells which it is. `state` is empty if nothing was compared, and `absent` for findings that are gone. Columns
    are only ever added, at the end.
    """
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in _rows(outcome):
        writer.writerow([csv_cell(str(row.get(column, ""))) for column in COLUMNS])
    return out.getvalue()


def _rows(outcome: Outcome) -> Iterator[dict[str, object]]:
    for finding in outcome.report.findings:
        yield _row("finding", outcome.states.get(finding.fingerprint, ""), finding)
    for aside in outcome.report.suppressed:
        yield _row("suppressed", "", aside.finding)
    for finding in outcome.gone:
        yield _row("finding", State.ABSENT, finding)
    for entry in outcome.stale:
        message = f"{number(entry.count, 'use')} of the baseline gone"
        yield {"kind": "stale", "path": entry.path, "definition": entry.place, "rule": entry.rule, "message": message}
    for problem in outcome.report.coverage.problems:
        message = f"{problem.loss}: {problem.reason}"
        yield {"kind": "problem", "path": problem.path, "line": problem.line or "", "message": message}


def _row(kind: str, state: str, finding: Finding) -> dict[str, object]:
    usage, span = finding.usage, finding.usage.span
    return {
        "kind": kind,
        "state": state,
        "severity": finding.severity,
        "category": finding.category,
        "effort": finding.effort,
        "rule": finding.rule,
        "service": usage.service,
        "path": span.path,
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
        "operation": usage.operation,
        "tier": usage.tier,
        "system": finding.system,
        "symbol": usage.symbol,
        "definition": usage.definition or "",
        "message": finding.message,
        "fingerprint": finding.fingerprint,
    }
