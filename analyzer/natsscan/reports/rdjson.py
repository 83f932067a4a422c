"""Diagnostics for reviewdog, as rdjson: https://github.com/reviewdog/reviewdog/tree/master/proto/rdf."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from natsscan.catalog.escape import json_text
from natsscan.catalog.markdown import inert
from natsscan.model.coverage import Problem
from natsscan.model.finding import Finding, Severity
from natsscan.model.outcome import Outcome
from natsscan.model.patch import Patch, Suggestion
from natsscan.model.span import Span
from natsscan.patches.suggest import due, open_suggestions
from natsscan.reports.annotated import annotated, unread

_SEVERITY = {Severity.ERROR: "ERROR", Severity.WARNING: "WARNING", Severity.NOTE: "INFO"}


class _Object(msgspec.Struct, frozen=True, omit_defaults=True):
    pass


class Source(_Object, frozen=True):
    """Who says it."""

    name: str


class Position(_Object, frozen=True):
    """A line, and a column in bytes of UTF-8, both from 1."""

    line: int
    column: int | None = None


class Range(_Object, frozen=True):
    """From a position up to another one, which is not in it; without columns, whole lines, both of them included."""

    start: Position
    end: Position


class RdLocation(_Object, frozen=True):
    """A place in a file."""

    path: str
    range: Range | None = None


class Code(_Object, frozen=True):
    """A rule, or a patch, and where to read about it."""

    value: str
    url: str | None = None


class RdSuggestion(_Object, frozen=True):
    """Lines and what comes in their place, without the last line end; nothing if they go."""

    range: Range
    text: str


class Related(_Object, frozen=True):
    """Another place that it is about."""

    message: str
    location: RdLocation


class Diagnostic(_Object, frozen=True):
    """Something to say of a place, and what to put there if that is known: one suggestion at most."""

    message: str
    location: RdLocation
    severity: str
    code: Code
    suggestions: list[RdSuggestion] = []
    related_locations: list[Related] = []


class Result(_Object, frozen=True):
    """All of it. `severity` is that of diagnostics without one, of which there are none."""

    source: Source
    severity: str
    diagnostics: list[Diagnostic]


def render(outcome: Outcome) -> str:
    """Return findings, what could not be read, and patches as diagnostics, in JSON; only new ones of a comparison.

    A patch that can be made now is a diagnostic for each stretch of lines that it replaces, with the same lines as its
    suggestion: what GitHub takes. Messages are read as plain text and as Markdown, and do no harm in either.
    """
    findings = annotated(outcome)
    links = {rule.id: rule.links[0] for rule in outcome.make_rules() if rule.links}
    said = [
        *(_finding(finding, outcome, links.get(finding.rule)) for finding in findings),
        *(_unread(problem) for problem in unread(outcome)),
        *_patches(outcome, findings),
    ]
    result = Result(Source("natsscan"), "INFO", said)
    return json_text(result)


def _finding(finding: Finding, outcome: Outcome, url: str | None) -> Diagnostic:
    return Diagnostic(
        message=inert(finding.message) or finding.rule,
        location=_place(finding.usage.span, outcome),
        severity=_SEVERITY[finding.severity],
        code=Code(finding.rule, url),
        related_locations=[
            Related(inert(f"{argument.name}: {argument.text}"), _place(argument.span, outcome))
            for argument in finding.usage.arguments
            if argument.span not in (None, finding.usage.span) and argument.span is not None
        ],
    )


def _unread(problem: Problem) -> Diagnostic:
    place = Range(Position(problem.line), Position(problem.line)) if problem.line else None
    message = inert(f"{problem.loss}: {problem.reason}")
    return Diagnostic(message, RdLocation(problem.path, place), "WARNING", Code("coverage"))


def _patches(outcome: Outcome, findings: Iterable[Finding]) -> Iterator[Diagnostic]:
    wanted = {finding.fingerprint for finding in findings}
    for patch in due(outcome.patches):
        parts = open_suggestions(patch, outcome.read, outcome.redact)
        # A single empty line cannot be told from lines that go.
        if wanted.intersection(patch.answers) and all(part.text not in ("\n", "\r\n") for part in parts):
            yield from (_part(patch, part, at, len(parts)) for at, part in enumerate(parts, start=1))


def _part(patch: Patch, part: Suggestion, at: int, parts: int) -> Diagnostic:
    together = f" Part {at} of {parts} of one change: commit them together." if parts > 1 else ""
    lines = Range(Position(part.first), Position(part.last))
    return Diagnostic(
        message=inert(f"{patch.title} ({patch.stage}, {patch.applicability}): {patch.reason}") + together,
        location=RdLocation(part.path, lines),
        severity="INFO",
        code=Code(patch.id),
        suggestions=[RdSuggestion(lines, part.text.removesuffix("\n").removesuffix("\r"))],
    )


def _place(span: Span, outcome: Outcome) -> RdLocation:
    """Return where a span begins, up to its end on that line; the line alone if the file is not there."""
    data = outcome.read(span.path)
    if data is None:
        return RdLocation(span.path, Range(Position(span.line), Position(span.line)))
    begin = data.rfind(b"\n", 0, span.start) + 1
    newline = data.find(b"\n", span.start)
    end = len(data) if newline < 0 else newline - data[:newline].endswith(b"\r")
    end = max(span.start, min(span.end, end))
    start = Position(span.line, span.start - begin + 1)
    return RdLocation(span.path, Range(start, Position(span.line, end - begin + 1)))
