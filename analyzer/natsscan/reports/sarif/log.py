"""SARIF 2.1.0, as GitHub's code scanning and other viewers of findings take it.

https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
says what GitHub wants beyond the standard, and the limits above which it refuses a file.
"""

from __future__ import annotations

import gzip
from collections.abc import Sequence

import msgspec

from natsscan import __version__
from natsscan.catalog.escape import json_text
from natsscan.model.baseline import Known
from natsscan.model.coverage import Loss, Problem
from natsscan.model.outcome import Outcome
from natsscan.model.report import Report
from natsscan.reports.sarif.places import ROOT, artifact
from natsscan.reports.sarif.results import items_of, results
from natsscan.reports.sarif.rules import rules_of
from natsscan.reports.sarif.schema import (
    AutomationDetails,
    Driver,
    Invocation,
    Location,
    Log,
    Message,
    Notification,
    NotificationRule,
    PhysicalLocation,
    Reference,
    Region,
    Result,
    Rule,
    Run,
    RunProperties,
    Tool,
    UriBase,
)
from natsscan.reports.words import number

MOST_RESULTS = 25_000
MOST_BYTES = 10_000_000  # of the file compressed with gzip
_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_KINDS = {
    "coverage": "Something that could not be read, or only partly",
    "stale": "What a baseline knows and is gone",
    "limit": "What does not fit into one upload to GitHub and is left out",
}


def render(outcome: Outcome, most_bytes: int = MOST_BYTES) -> str:
    """Return an outcome as a SARIF log, no larger than `most_bytes` when compressed with gzip.

    Results come with the most severe first; what is over a limit is left out from the end, fixes before results, and
    the log says how many.
    """
    items = items_of(outcome)
    rules = rules_of(outcome.make_rules(), (item.finding for item in items))
    indices = {rule.id: index for index, rule in enumerate(rules)}
    found = results(items[:MOST_RESULTS], outcome, indices)
    kept, fixes = found, sum(result.fixes is not None for result in found)
    with_fixes = fixes
    while True:
        text = _encoded(outcome, rules, kept, len(items) - len(kept), fixes - with_fixes)
        size = len(text) if len(text) <= most_bytes else len(gzip.compress(text, mtime=0))
        if size <= most_bytes or not kept:
            return text.decode()
        share = 0.9 * most_bytes / size
        if with_fixes:
            with_fixes = int(with_fixes * share)
            kept = _with_fixes(found, with_fixes)
        else:
            kept = kept[: int(len(kept) * share)]


def _with_fixes(found: Sequence[Result], most: int) -> list[Result]:
    """Return results, of which only the first few keep their fixes."""
    kept = []
    for result in found:
        if result.fixes is not None:
            most -= 1
            result = msgspec.structs.replace(result, fixes=None) if most < 0 else result
        kept.append(result)
    return kept


def _encoded(outcome: Outcome, rules: list[Rule], kept: list[Result], left_out: int, without_fixes: int) -> bytes:
    report = outcome.report
    told = [*map(_coverage, report.coverage.problems), *map(_stale, outcome.stale)]
    if left_out:
        told.append(_limit(f"{number(left_out, 'result')} left out, the least severe ones: natsscan -v has all"))
    if without_fixes:
        told.append(_limit(f"{number(without_fixes, 'fix', 'fixes')} left out: natsscan patch has all"))
    kinds = [NotificationRule(kind, Message(text)) for kind, text in _KINDS.items()]
    run = Run(
        tool=Tool(Driver("natsscan", __version__, __version__, rules, kinds)),
        automation_details=AutomationDetails(_category(report)),
        invocations=[Invocation(execution_successful=True, tool_execution_notifications=told)],
        original_uri_base_ids={ROOT: UriBase(Message("The root of the project"))},
        column_kind="unicodeCodePoints",
        results=kept,
        properties=RunProperties(report.root, list(report.scope), report.rules_digest),
    )
    return json_text(Log(_SCHEMA, "2.1.0", [run]), indented=False).encode()


def _category(report: Report) -> str:
    """Return what tells scans of several parts of one commit apart."""
    return "natsscan/" if report.scope == (".",) else f"natsscan/{'+'.join(report.scope)}/"


def _coverage(problem: Problem) -> Notification:
    level = "note" if problem.loss is Loss.NONE else "warning"
    region = Region(problem.line) if problem.line else None
    place = Location(PhysicalLocation(artifact(problem.path), region))
    return Notification(Reference("coverage"), level, Message(f"{problem.loss}: {problem.reason}"), [place])


def _stale(entry: Known) -> Notification:
    text = f"{number(entry.count, 'use')} of the baseline gone: {entry.rule} in {entry.place or entry.path}"
    return Notification(Reference("stale"), "note", Message(text), [Location(PhysicalLocation(artifact(entry.path)))])


def _limit(text: str) -> Notification:
    return Notification(Reference("limit"), "warning", Message(text))
