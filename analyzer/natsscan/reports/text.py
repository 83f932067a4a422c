"""The report for people: the answer on one screen, and every finding below it when asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from io import StringIO
from itertools import groupby

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from natsscan.catalog.escape import visible
from natsscan.model.coverage import Loss, Problem
from natsscan.model.finding import Finding, Severity
from natsscan.model.report import Report
from natsscan.model.source import PROGRAMS
from natsscan.model.usage import Operation, Tier
from natsscan.reports.console import console as make_console
from natsscan.reports.nats import in_use
from natsscan.reports.queues import queue_table
from natsscan.reports.totals import by_service, count
from natsscan.reports.words import number

_COLUMNS: dict[str, frozenset[Operation]] = {
    "publish": frozenset({Operation.PUBLISH}),
    "consume": frozenset({Operation.CONSUME, Operation.GET}),
    "declare": frozenset(
        {Operation.DECLARE_EXCHANGE, Operation.DECLARE_QUEUE, Operation.BIND, Operation.UNBIND}
        | {Operation.DELETE_EXCHANGE, Operation.DELETE_QUEUE}
    ),
    "ack": frozenset({Operation.ACK, Operation.REJECT, Operation.RECOVER}),
    "connect": frozenset({Operation.CONNECT, Operation.OPEN_CHANNEL, Operation.CLOSE}),
}
_SEVERITY_STYLE = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.NOTE: "dim"}
_SHOWN_AT_ONCE = 12
_PROBLEMS_SHOWN = 5


class Detail(IntEnum):
    """How much to show: one line, one screen, or everything."""

    QUIET = 0
    SCREEN = 1
    ALL = 2


def render(report: Report, detail: Detail, width: int | None, colour: bool) -> str:
    """Return the report as text. `width` is that of the terminal, None where lines may be of any length."""
    out = StringIO()
    console = make_console(out, width, colour)
    found, report = report, report.to_migrate
    if detail is Detail.QUIET:
        _print_answer(console, report, found)
        return out.getvalue()
    console.print(_scanned(report))
    console.print()
    _print_answer(console, report, found)
    parts = _split(report.findings)
    if parts.shown:
        console.print()
        console.print(_services(parts.shown))
    if report.topology.queues or report.topology.consumers:
        console.print()
        console.print(queue_table(report.topology))
    _print_problems(console, report.coverage.problems, everything=detail is Detail.ALL)
    at_once = len(report.findings) <= _SHOWN_AT_ONCE
    if detail is Detail.ALL or at_once:
        _print_findings(console, parts.shown)
        _print_mentions(console, parts.mentions)
        for system, title in report.targets.items():
            _print_in_use(console, title, found.about(system))
        _print_suppressed(console, report)
    _print_next(console, report, shown=detail is Detail.ALL or at_once)
    return "\n".join(line.rstrip() for line in out.getvalue().split("\n"))


def _print_answer(console: Console, report: Report, found: Report) -> None:
    """Print what is to be migrated, and a line for each system in use already that others are migrated to."""
    console.print(_answer(report))
    for system, title in report.targets.items():
        if about := found.about(system):
            console.print(Text(in_use(title, about)))


def _print_in_use(console: Console, title: str, findings: Sequence[Finding]) -> None:
    if findings:
        console.print()
        console.print(Text(f"{title}, in use already:", style="bold"))
        _print_findings(console, findings)


def _scanned(report: Report) -> Text:
    kinds = report.coverage.files.values()
    read, partial, skipped = (sum(getattr(kind, name) for kind in kinds) for name in ("read", "partial", "skipped"))
    place = ", ".join(report.scope) if report.scope != (".",) else "the whole tree"
    parts = [f"{number(read, 'file')} read, {sum(kind.parsed for kind in kinds):,} of them closely"]
    if partial:
        parts.append(f"{partial:,} only partly")
    if skipped:
        parts.append(f"{skipped:,} not read")
    if left_out := sum(report.coverage.excluded.values()):
        parts.append(f"{number(left_out, 'file')} in generated or excluded folders left out")
    return Text(visible(f"{place} in {report.root}: {'; '.join(parts)}"))


def _answer(report: Report) -> Text:
    aside = f" {len(report.suppressed)} more set aside by comments." if report.suppressed else ""
    found = _split(report.findings)
    if not report.findings:
        return Text(f"No use of AMQP found.{aside}", style="bold")
    parts = []
    if found.programs:
        calls = sum(1 for finding in found.programs if finding.usage.is_call)
        rest, files = len(found.programs) - calls, count(found.programs).files
        parts.append(f"{number(calls, 'call')} and {number(rest, 'other use')} in {number(files, 'module')}")
    if found.wrappers:
        files = count(found.wrappers).files
        parts.append(f"{number(len(found.wrappers), 'use')} of its wrappers in {number(files, 'module')}")
    if found.misfits:
        parts.append(f"{number(len(found.misfits), 'finding')} about the system as a whole")
    if found.others:
        parts.append(f"{number(len(found.others), 'place')} in {number(count(found.others).files, 'other file')}")
    if found.mentions:
        only = "only mention" if len(found.mentions) > 1 else "only mentions"
        parts.append(f"{number(len(found.mentions), 'file')} {only} it")
    services = len(by_service(found.shown))
    where = f"AMQP in {number(services, 'service')}: " if services else ""
    effort = count(report.findings).effort
    return Text(f"{where}{'; '.join(parts)}. Effort {number(effort, 'point')}.{aside}", style="bold")


@dataclass(frozen=True, slots=True)
class _Parts:
    """Findings in programs, of wrappers there, about the messaging system as a whole, in other files, and mentions."""

    programs: tuple[Finding, ...]
    wrappers: tuple[Finding, ...]
    misfits: tuple[Finding, ...]
    others: tuple[Finding, ...]
    mentions: tuple[Finding, ...]

    @property
    def shown(self) -> tuple[Finding, ...]:
        """All but the mentions."""
        return self.programs + self.wrappers + self.misfits + self.others


def _split(findings: Iterable[Finding]) -> _Parts:
    findings = tuple(findings)
    mentions = tuple(f for f in findings if f.usage.tier is Tier.MENTION)
    told = [f for f in findings if f.usage.tier is not Tier.MENTION and f.usage.operation is not Operation.TOPOLOGY]
    code = [f for f in told if f.usage.language in PROGRAMS]
    return _Parts(
        programs=tuple(f for f in code if f.usage.tier is Tier.DIRECT),
        wrappers=tuple(f for f in code if f.usage.tier is Tier.INDIRECT),
        misfits=tuple(f for f in findings if f.usage.operation is Operation.TOPOLOGY),
        others=tuple(f for f in told if f.usage.language not in PROGRAMS),
        mentions=mentions,
    )


def _services(findings: Iterable[Finding]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("service", no_wrap=True, overflow="ellipsis")
    for name in (*_COLUMNS, "other", "wrapped", "config", "files", "effort"):
        table.add_column(name, justify="right", no_wrap=True)
    for service, group in by_service(findings).items():
        parts = _split(group)
        calls = [finding for finding in parts.programs if finding.usage.is_call]
        counts = [sum(1 for finding in calls if finding.usage.operation in group_of) for group_of in _COLUMNS.values()]
        totals = count(group)
        beside = [len(calls) - sum(counts), len(parts.wrappers), len(parts.others)]
        cells = [*counts, *beside, totals.files, totals.effort]
        table.add_row(visible(service), *(str(cell) if cell else "-" for cell in cells))
    return table


def _print_problems(console: Console, problems: tuple[Problem, ...], everything: bool) -> None:
    if not problems:
        return
    console.print()
    for loss, title in ((Loss.WHOLE, "Not read:"), (Loss.PART, "Read only partly:"), (Loss.NONE, "To look at:")):
        group = [problem for problem in problems if problem.loss is loss]
        if not group:
            continue
        console.print(Text(title, style="bold yellow"))
        shown = group if everything else group[:_PROBLEMS_SHOWN]
        for problem in shown:
            where = f"{problem.path}:{problem.line}" if problem.line else problem.path
            console.print(Padding(Text(visible(f"{where}: {problem.reason}")), (0, 0, 0, 2)))
        if len(group) > len(shown):
            console.print(Text(f"  and {len(group) - len(shown):,} more (-v lists them)"))


def _print_mentions(console: Console, mentions: Sequence[Finding]) -> None:
    if not mentions:
        return
    console.print()
    console.print(Text("Only mentioned, to bring up to date afterwards:", style="bold"))
    for finding in mentions:
        span = finding.usage.span
        console.print(Padding(Text(visible(f"{span.path}:{span.line}")), (0, 0, 0, 2)))


def _print_findings(console: Console, findings: Sequence[Finding]) -> None:
    for service, group in by_service(findings).items():
        console.print()
        console.print(Text(visible(service), style="bold cyan"))
        for path, in_file in groupby(group, key=lambda finding: finding.usage.span.path):
            console.print(Text(visible(f"  {path}"), style="underline"))
            console.print(_lines(tuple(in_file)))


def _lines(findings: tuple[Finding, ...]) -> Padding:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(justify="right", no_wrap=True, style="dim")
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for finding in findings:
        operation = Text(finding.usage.operation, style=_SEVERITY_STYLE[finding.severity])
        excerpt = Text(visible(finding.excerpt.strip()), no_wrap=True, overflow="ellipsis")
        table.add_row(str(finding.usage.span.line), operation, excerpt)
        table.add_row("", "", Text(visible(f"{finding.message}{_reader(finding)} [{finding.rule}]"), style="dim"))
    return Padding(table, (0, 0, 0, 4))


def _reader(finding: Finding) -> str:
    """Return where a configuration key is read, if that is known."""
    return next((f"; read at {a.text}" for a in finding.usage.arguments if a.name == "read_by"), "")


def _print_suppressed(console: Console, report: Report) -> None:
    if not report.suppressed:
        return
    console.print()
    console.print(Text("Set aside by comments in the code:", style="bold"))
    for item in report.suppressed:
        span = item.finding.usage.span
        reason = item.reason or "no reason given"
        console.print(Padding(Text(visible(f"{span.path}:{span.line} [{item.finding.rule}] {reason}")), (0, 0, 0, 2)))


def _print_next(console: Console, report: Report, shown: bool) -> None:
    if not report.findings:
        return
    scope = " ".join(report.scope)
    heaviest = max(report.findings, key=lambda finding: (finding.effort, -finding.severity.rank))
    steps = []
    if not shown:
        steps.append((f"natsscan -v {scope}", "every finding with its line"))
    steps.append((f"natsscan explain {heaviest.rule}", "what NATS does there, and what a plain rewrite would lose"))
    if report.topology.queues or report.topology.exchanges:
        steps.append(
            (f"natsscan map {scope} -o nats", "what it becomes on NATS: subjects, streams, consumers, and what is lost")
        )
    steps.append((f"natsscan patch {scope}", "a diff that puts NATS beside it, and what is left to write by hand"))
    steps.append((f"natsscan {scope} --format json", "the same for programs"))
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 3, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(style="dim")
    for at, (command, why) in enumerate(steps):
        table.add_row(Text(("Next:  " if at == 0 else "       ") + visible(command)), why)
    console.print()
    console.print(table)
