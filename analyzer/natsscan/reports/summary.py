"""What a change does, as one comment on a pull or merge request: GitHub-flavoured Markdown, within a forge's limit."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote

from natsscan.catalog.escape import visible
from natsscan.catalog.markdown import cell, code, prose_with_code
from natsscan.catalog.templates import environment
from natsscan.model.comparison import Comparison, Fate, PropertyChange
from natsscan.model.finding import Finding, Severity
from natsscan.model.span import Span
from natsscan.model.usage import Operation, Tier
from natsscan.reports.diff import newly_unread
from natsscan.reports.totals import count, in_words
from natsscan.reports.words import number

# What the summary of a step may hold, in bytes:
# https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions
STEP_SUMMARY = 1024 * 1024
_PLACES = 3
_OPEN_ROWS = 12
_LEAST_ROW = 20
_TIERS = list(Tier)


@dataclass(frozen=True, slots=True)
class Links:
    """URLs that places are linked to, empty where there are none.

    `before` and `after` are those below which the files of either state are shown, `full` that of a page with all of
    it, such as the log of the run.
    """

    before: str = ""
    after: str = ""
    full: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A table of the summary: its heading, the names of its columns, its rows, and how many of these are left out."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    left_out: int = 0

    @property
    def is_folded(self) -> bool:
        """Tell whether it is opened with a click, as long ones are."""
        return len(self.rows) > _OPEN_ROWS

    def cut(self, most: int) -> Section:
        """Return the section with its first rows only."""
        return Section(self.title, self.columns, self.rows[:most], len(self.rows[most:]))


def render(comparison: Comparison, links: Links, longest: int, mark: str = "") -> str:
    """Return the summary of a change in at most `longest` bytes, whole rows left out; empty if it does nothing.

    `mark` is a line that stands above it. What is lost comes first, and is cut last. That a document mentions the
    broker is nothing to tell a reviewer.
    """
    comparison = replace(comparison, new=_told(comparison.new), fixed=_told(comparison.fixed))
    sections = [section for section in _sections(comparison, links) if section.rows]
    if not sections and not comparison.fixed:
        return ""
    templates = environment()
    template = templates.get_template("summary.md")

    def text(rows: int) -> str:
        shown = _first(sections, rows)
        return template.render(
            mark=mark,
            answer=_answer(comparison),
            ends=f"{code(comparison.base)} to {code(comparison.head)}",
            sections=[section for section in shown if section.rows],
            fixed=_fixed(comparison.fixed),
            hints=_hints(comparison),
            left_out=sum(section.left_out for section in shown),
            full=links.full,
        )

    return text(_most(sections, lambda rows: len(text(rows).encode()) <= longest, longest))


def _told(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(finding for finding in findings if finding.usage.tier is not Tier.MENTION)


def _most(sections: Sequence[Section], fits: Callable[[int], bool], longest: int) -> int:
    """Return with how many rows the text still fits."""
    low, high = 0, min(sum(len(section.rows) for section in sections), longest // _LEAST_ROW)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(middle) else (low, middle - 1)
    return low


def _first(sections: Iterable[Section], rows: int) -> list[Section]:
    """Return sections with so many rows in all, the first ones."""
    shown = []
    for section in sections:
        shown.append(section.cut(rows))
        rows = max(0, rows - len(section.rows))
    return shown


def _answer(comparison: Comparison) -> str:
    lost = len(comparison.of_fate(Fate.LOST))
    parts = [f"{number(lost, 'messaging property', 'messaging properties')} lost"] if lost else []
    if comparison.new:
        parts.append(f"{number(len(comparison.new), 'new finding')}")
    if comparison.fixed:
        parts.append(f"{len(comparison.fixed):,} gone")
    before, after = (count(report.to_migrate.findings).effort for report in (comparison.before, comparison.after))
    parts.append(f"effort left {before:,} → {after:,} points" if before != after else f"effort left {after:,} points")
    told = ", ".join(parts)
    return f"{told[:1].upper()}{told[1:]}"


def _sections(comparison: Comparison, links: Links) -> Iterable[Section]:
    yield Section(
        "Lost, and nothing on NATS keeps it",
        ("what", "property", "was", "where it was", "what NATS has for it"),
        tuple(_lost(change, links) for change in comparison.of_fate(Fate.LOST)),
    )
    yield Section(
        "Changed",
        ("what", "property", "was", "is", "where"),
        tuple(_changed(change, links) for change in comparison.of_fate(Fate.CHANGED)),
    )
    for severity in Severity:
        found = sorted((f for f in comparison.new if f.severity is severity), key=_order)
        rows = tuple(_finding(finding, links) for finding in found)
        yield Section(f"New: {number(len(rows), severity)}", ("where", "what", "rule", "points"), rows)
    yield Section(
        "Kept by code on NATS, as far as can be seen",
        ("what", "property", "was", "where it was", "where it is kept"),
        tuple(_kept(change, links) for change in comparison.of_fate(Fate.KEPT)),
    )
    yield Section(
        "Tasks of the checklist",
        ("now", "task", "why"),
        tuple(
            (
                "done" if move.is_finished else "to do again",
                prose_with_code(move.judgement.task.text),
                prose_with_code(move.judgement.reason),
            )
            for move in comparison.tasks
        ),
    )
    yield Section(
        "Not read, or only partly, since this change",
        ("where", "why"),
        tuple((_link(p.path, p.line, links.after), prose_with_code(p.reason)) for p in newly_unread(comparison)),
    )


def _lost(change: PropertyChange, links: Links) -> tuple[str, ...]:
    return (*_about(change), _value(change.before), _places(change.at, links.before), prose_with_code(change.advice))


def _changed(change: PropertyChange, links: Links) -> tuple[str, ...]:
    places = _places(change.by, links.after) or _places(change.at, links.before)
    return (*_about(change), _value(change.before), _value(change.after), places)


def _kept(change: PropertyChange, links: Links) -> tuple[str, ...]:
    places = _places(change.at, links.before), _places(change.by, links.after)
    return (*_about(change), _value(change.before), *places)


def _about(change: PropertyChange) -> tuple[str, str]:
    return prose_with_code(change.about), prose_with_code(change.property)


def _value(text: str) -> str:
    return cell(text) if text else "yes"


def _finding(finding: Finding, links: Links) -> tuple[str, ...]:
    span = finding.usage.span
    where = _link(span.path, span.line, links.after)
    return where, prose_with_code(finding.message), cell(finding.rule), str(finding.effort)


def _fixed(findings: Sequence[Finding]) -> str:
    """Return how much is gone, and from how many files; empty if nothing is."""
    if not findings:
        return ""
    files = len({finding.usage.span.path for finding in findings})
    return f"{in_words(findings)} in {number(files, 'file')}"


def _places(spans: Sequence[Span], base: str) -> str:
    """Return the first places; of those in one file the first one has its name."""
    places = list(dict.fromkeys((span.path, span.line) for span in spans))
    shown = [
        _link(path, line, base, "" if at and places[at - 1][0] == path else path)
        for at, (path, line) in enumerate(places[:_PLACES])
    ]
    more = f" and {len(places) - _PLACES} more" if len(places) > _PLACES else ""
    return ", ".join(shown) + more


def _link(path: str, line: int, base: str, named: str | None = None) -> str:
    """Return a place as a code span, linked if a base is known; `named` is what the file is called."""
    name = path if named is None else named
    name = cell(f"{name}:{line}" if line else name)
    return f"[{name}]({base}/{quote(path)}{f'#L{line}' if line else ''})" if base else name


def _hints(comparison: Comparison) -> list[tuple[str, str]]:
    """Return commands that tell more, with what they tell."""
    ends = shlex.quote(visible(f"{comparison.base}...{comparison.head}"))
    hints: list[tuple[str, str]] = [(code(f"natsscan diff {ends} -v"), "all of this, with the lines")]
    lost = comparison.of_fate(Fate.LOST)
    if lost and lost[0].rule:
        hints.append((code(f"natsscan explain {lost[0].rule}"), "what is lost there, and what NATS has for it"))
    fresh = [finding for finding in comparison.new if finding.usage.operation is not Operation.TOPOLOGY]
    if fresh:
        rule = min(fresh, key=_order).rule
        hints.append((code(f"natsscan explain {rule}"), "why it matters on NATS"))
        hints.append((code(f"natsscan patch . --only {rule}"), "what to change, as a diff or by hand"))
    return hints


def _order(finding: Finding) -> tuple[int, int, Span, str]:
    return finding.severity.rank, _TIERS.index(finding.usage.tier), finding.usage.span, finding.rule
