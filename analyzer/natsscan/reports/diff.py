"""A change as text for people: what it loses first, then what is new, what is gone, and how the system changes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from io import StringIO
from itertools import groupby

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from natsscan.catalog.escape import visible
from natsscan.model.comparison import Comparison, Fate, PropertyChange, SystemPart
from natsscan.model.coverage import Problem
from natsscan.model.finding import Finding
from natsscan.model.span import Span
from natsscan.model.usage import Operation, Tier
from natsscan.reports.console import console as make_console
from natsscan.reports.text import Detail
from natsscan.reports.totals import count
from natsscan.reports.words import number

_SHOWN = 12
_PLACES = 2
_OR = " or "
_ALTERNATIVES = 3
_TITLES = {
    Fate.LOST: ("Lost, and nothing on NATS keeps it:", "bold red"),
    Fate.CHANGED: ("Changed:", "bold yellow"),
    Fate.KEPT: ("Gone from AMQP, and kept by code on NATS, as far as can be seen:", "bold"),
    Fate.ADDED: ("Added:", "bold"),
}


def render(comparison: Comparison, detail: Detail, width: int | None, colour: bool) -> str:
    """Return a change as text. `width` is that of the terminal, None where lines may be of any length."""
    out = StringIO()
    console = make_console(out, width, colour)
    console.print(Text(visible(f"{comparison.after.root}: {comparison.base} to {comparison.head}")))
    console.print(Text(answer(comparison), style="bold"))
    if detail is not Detail.QUIET:
        everything = detail is Detail.ALL
        for fate in (Fate.LOST, Fate.CHANGED, Fate.KEPT, *((Fate.ADDED,) if everything else ())):
            _print_properties(console, fate, comparison.of_fate(fate), everything)
        _print_findings(console, "New uses:", _told(comparison.new, everything), everything)
        _print_findings(console, "Uses that are gone:", _told(comparison.fixed, everything), everything)
        _print_parts(console, "New in the messaging system:", comparison.added, everything)
        _print_parts(console, "Gone from the messaging system:", comparison.removed, everything)
        _print_tasks(console, comparison)
        _print_problems(console, comparison)
    return "\n".join(line.rstrip() for line in out.getvalue().split("\n"))


def answer(comparison: Comparison) -> str:
    """Return what a change does in one line."""
    lost, kept = (len(comparison.of_fate(fate)) for fate in (Fate.LOST, Fate.KEPT))
    parts = []
    if lost:
        parts.append(f"{number(lost, 'messaging property', 'messaging properties')} lost")
    if kept:
        parts.append(f"{number(kept, 'property', 'properties')} kept by NATS now")
    parts += [_counted(comparison.new, "new"), _counted(comparison.fixed, "gone")]
    before, after = (count(report.to_migrate.findings).effort for report in (comparison.before, comparison.after))
    effort = f"Effort left {after:,} points" + (f", {before:,} before." if before != after else ", as before.")
    told = ", ".join(filter(None, parts))
    return f"{told[:1].upper()}{told[1:]}. {effort}" if told else f"Nothing about messaging changes. {effort}"


def _counted(findings: Sequence[Finding], what: str) -> str:
    """Count uses of AMQP, and apart from them calls of wrappers and mentions, which follow from others."""
    direct = sum(1 for finding in findings if finding.usage.tier is Tier.DIRECT)
    wrapped = sum(1 for finding in findings if finding.usage.tier is Tier.INDIRECT)
    parts = []
    if direct:
        parts.append(f"{number(direct, 'use', 'uses')} of AMQP {what}")
    if wrapped:
        parts.append(f"{number(wrapped, 'use', 'uses')} of its wrappers {what}")
    return " and ".join(parts)


def _told(findings: Iterable[Finding], everything: bool) -> list[Finding]:
    return [finding for finding in findings if everything or finding.usage.tier is Tier.DIRECT]


def _print_properties(console: Console, fate: Fate, changes: Sequence[PropertyChange], everything: bool) -> None:
    """Print properties by what has them: in a line if they stand at the same places, else a line for each."""
    if not changes:
        return
    title, style = _TITLES[fate]
    console.print()
    console.print(Text(title, style=style))
    groups = [list(group) for _, group in groupby(changes, key=lambda change: change.about)]
    shown = groups if everything else groups[:_SHOWN]
    for group in shown:
        places = {_places(_at(change)) for change in group}
        common = next(iter(places)) if len(places) == 1 and not everything else ""
        head = Text(visible(group[0].about), style="bold")
        console.print(Padding(head.append(visible(f"  {common}"), style="not bold") if common else head, (0, 0, 0, 2)))
        if common:
            console.print(Padding(Text(visible("; ".join(map(said, group)))), (0, 0, 0, 4)))
        for change in group if not common else ():
            console.print(Padding(Text(visible(f"{said(change)}  {_places(_at(change))}".rstrip())), (0, 0, 0, 4)))
            if everything and change.advice and fate is Fate.LOST:
                console.print(Padding(Text(visible(f"on NATS: {change.advice}"), style="dim"), (0, 0, 0, 6)))
    if len(shown) < len(groups):
        left = sum(map(len, groups)) - sum(map(len, shown))
        console.print(Text(f"  and {left:,} more of {len(groups) - len(shown):,} others (-v lists them)"))


def _at(change: PropertyChange) -> tuple[Span, ...]:
    return change.by if change.fate is Fate.KEPT else change.at


def said(change: PropertyChange) -> str:
    """Return what became of a property, with its values."""
    before, after = _few(change.before), _few(change.after)
    if change.fate is Fate.ADDED:
        return f"{change.property}: {after}" if after else change.property
    if change.fate is Fate.CHANGED and not after:
        return f"{change.property}: no longer {before}"
    if after:
        return f"{change.property}: {before or 'yes'}, now {after}"
    return f"{change.property}: {before}" if before else change.property


def _few(value: str) -> str:
    """Return a value with its first alternatives, and how many more it has."""
    first, more = value.split(_OR)[:_ALTERNATIVES], value.count(_OR) + 1 - _ALTERNATIVES
    return _OR.join([*first, number(more, "other")] if more > 0 else first)


def _places(spans: Sequence[Span]) -> str:
    """Return the first places, those of one file together."""
    lines = sorted({(span.path, span.line) for span in spans})
    told = [
        f"{path}:{', '.join(str(line) for _, line in group)}"
        for path, group in groupby(lines[:_PLACES], key=lambda place: place[0])
    ]
    more = f" and {len(lines) - _PLACES} more" if len(lines) > _PLACES else ""
    return ", ".join(told) + more


def _print_findings(console: Console, title: str, findings: Sequence[Finding], everything: bool) -> None:
    if not findings:
        return
    console.print()
    console.print(Text(title, style="bold"))
    ranked = sorted(findings, key=lambda f: (f.severity.rank, f.usage.span))
    shown = findings if everything else ranked[:_SHOWN]
    for finding in shown:
        span, of_system = finding.usage.span, finding.usage.operation is Operation.TOPOLOGY
        told = finding.message if of_system else finding.excerpt.strip()
        line = Text(visible(f"{span.path}:{span.line}  {told}"), no_wrap=True, overflow="ellipsis")
        console.print(Padding(line, (0, 0, 0, 2)))
        if everything:
            console.print(Padding(Text(visible(f"{finding.message} [{finding.rule}]"), style="dim"), (0, 0, 0, 6)))
    if len(shown) < len(findings):
        console.print(Text(f"  and {len(findings) - len(shown):,} more (-v lists them)"))


def _print_parts(console: Console, title: str, parts: Sequence[SystemPart], everything: bool) -> None:
    if not parts:
        return
    console.print()
    console.print(Text(title, style="bold"))
    shown = parts if everything else parts[:_SHOWN]
    for part in shown:
        console.print(Padding(Text(visible(f"{part.about}  {_places(part.at)}".rstrip())), (0, 0, 0, 2)))
    if len(shown) < len(parts):
        console.print(Text(f"  and {len(parts) - len(shown):,} more (-v lists them)"))


def _print_tasks(console: Console, comparison: Comparison) -> None:
    for title, is_finished in (("Tasks of the checklist now done:", True), ("Tasks that go back:", False)):
        moves = [move.judgement for move in comparison.tasks if move.is_finished is is_finished]
        if moves:
            console.print()
            console.print(Text(title, style="bold"))
            for judged in moves:
                line = f"line {judged.task.line}: {judged.task.text}: {judged.reason}"
                console.print(Padding(Text(visible(line)), (0, 0, 0, 2)))


def _print_problems(console: Console, comparison: Comparison) -> None:
    """Print what could not be read after the change and could before: what it hides."""
    fresh = newly_unread(comparison)
    if fresh:
        console.print()
        console.print(Text("Not read, or only partly, since this change:", style="bold yellow"))
        for problem in fresh:
            where = f"{problem.path}:{problem.line}" if problem.line else problem.path
            console.print(Padding(Text(visible(f"{where}: {problem.reason}")), (0, 0, 0, 2)))


def newly_unread(comparison: Comparison) -> list[Problem]:
    """Return what could not be read after a change and could before: what it hides."""
    known = {(comparison.moved.get(p.path, p.path), p.reason) for p in comparison.before.coverage.problems}
    return [p for p in comparison.after.coverage.problems if (p.path, p.reason) not in known]
