"""A judged checklist for people: how far each phase is, what is wrong in it, and what is open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from natsscan.catalog.escape import visible
from natsscan.checklist.review import leaves, moves
from natsscan.checklist.understand import shared_sections
from natsscan.model.checklist import Judgement, Proposal, Review, Status
from natsscan.reports.console import console as make_console
from natsscan.reports.words import number

WORDS = {
    Status.DONE: "done",
    Status.PARTIAL: "partly done",
    Status.TODO: "to do",
    Status.REGRESSED: "ticked and not so",
    Status.STALE: "no longer true",
    Status.MANUAL: "for people to say",
    Status.UNCLEAR: "not understood",
}
_STYLES = {
    Status.DONE: "green",
    Status.PARTIAL: "yellow",
    Status.REGRESSED: "bold red",
    Status.STALE: "red",
    Status.UNCLEAR: "magenta",
    Status.MANUAL: "cyan",
}
# What people want to see at once: what the checklist says that is not so.
_WRONG = (Status.REGRESSED, Status.STALE, Status.UNCLEAR)
_BAR = 20
_PROPOSED = 8
_PATCHES = 4
_TEXT = 90


@dataclass(frozen=True, slots=True)
class Progress:
    """How many tasks of a section are finished; `level` is 0 for a phase, 1 for a section in it."""

    title: str
    level: int
    finished: int
    total: int
    counts: Counter[Status]


def progress(review: Review) -> tuple[Progress, ...]:
    """Return the progress of each phase, and of each section in it, in the order of the document.

    A task with tasks in it does not count by itself.
    """
    shared = len(shared_sections(review.checklist.tasks))
    found: dict[tuple[str, ...], list[Judgement]] = {}
    for judged in leaves(review.judgements):
        sections = judged.task.sections[shared:]
        for depth in range(1, min(len(sections), 2) + 1):
            found.setdefault(sections[:depth], []).append(judged)
        if not sections:
            found.setdefault(("(no heading)",), []).append(judged)
    return tuple(
        Progress(
            sections[-1],
            len(sections) - 1,
            sum(judged.is_finished for judged in each),
            len(each),
            Counter(judged.status for judged in each),
        )
        for sections, each in found.items()
    )


def counted(judgements: Iterable[Judgement]) -> str:
    """Return how many tasks have which status, in words."""
    counts = Counter(judged.status for judged in judgements)
    return ", ".join(f"{counts[status]} {word}" for status, word in WORDS.items() if counts[status])


def render(review: Review, root: str, is_full: bool, width: int | None, colour: bool) -> str:
    """Return a judged checklist as text. `width` is that of the terminal, None where lines may be of any length."""
    out = StringIO()
    console = make_console(out, width, colour)
    every = review.judgements
    console.print(Text(visible(f"{review.checklist.path} against {root}: {number(len(every), 'task')}")))
    console.print()
    console.print(Text(f"{counted(every)}." if every else "It holds no tasks.", style="bold"))
    if every:
        console.print()
        console.print(_bars(progress(review)))
    for status in _WRONG:
        _print_tasks(console, WORDS[status].capitalize(), [j for j in every if j.status is status], is_full)
    if is_full:
        _print_open(console, every)
    _print_proposals(console, review.proposals, is_full)
    for name in review.unmatched:
        console.print(Text(visible(f"\nAttested, but no task of this checklist: {name}"), style="yellow"))
    return "\n".join(line.rstrip() for line in out.getvalue().split("\n"))


def _bars(every: Sequence[Progress]) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, overflow="ellipsis", max_width=44)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, justify="right")
    table.add_column(overflow="fold")
    for each in every:
        full = round(_BAR * each.finished / each.total) if each.finished < each.total else _BAR
        bar = Text("█" * full, style="green") + Text("·" * (_BAR - full), style="dim")
        rest = ", ".join(
            f"{each.counts[s]} {word}" for s, word in WORDS.items() if each.counts[s] and s is not Status.DONE
        )
        title = Text("  " * each.level + visible(each.title), style="" if each.level else "bold")
        table.add_row(title, bar, f"{each.finished}/{each.total}", Text(rest, style="dim"))
    return table


def _print_tasks(console: Console, title: str, judgements: Sequence[Judgement], is_full: bool) -> None:
    if not judgements:
        return
    console.print()
    console.print(Text(f"{title}:", style="bold"))
    for judged in judgements:
        _print_task(console, judged, is_full)


def _print_open(console: Console, judgements: Sequence[Judgement]) -> None:
    sections: tuple[str, ...] = ()
    for judged in judgements:
        if judged.is_finished or judged.status in _WRONG:
            continue
        if judged.task.sections != sections:
            sections = judged.task.sections
            console.print()
            console.print(Text(visible(" > ".join(sections[-2:])), style="bold"))
        _print_task(console, judged, is_full=True)


def _print_task(console: Console, judged: Judgement, is_full: bool) -> None:
    style = _STYLES.get(judged.status, "")
    text = judged.task.text if is_full or len(judged.task.text) <= _TEXT else f"{judged.task.text[:_TEXT]}…"
    indent = 2 + 2 * judged.task.depth if is_full else 2
    head = Text(f"{judged.status:9} ", style=style) + Text(visible(f"line {judged.task.line}: {text}"))
    console.print(Padding(head, (0, 0, 0, indent)))
    console.print(Padding(Text(visible(judged.reason), style="dim"), (0, 0, 0, indent + 10)))
    if not is_full:
        return
    for each in judged.evidence[:3]:
        if each.line:
            console.print(
                Padding(Text(visible(f"{each.path}:{each.line}  {each.note}"), style="dim"), (0, 0, 0, indent + 10))
            )
    if judged.next_step:
        console.print(Padding(Text(visible(f"Next: {judged.next_step}")), (0, 0, 0, indent + 10)))
    if judged.patches:
        ids = " ".join(judged.patches[:_PATCHES])
        more = f" and {len(judged.patches) - _PATCHES} more" if len(judged.patches) > _PATCHES else ""
        console.print(Padding(Text(f"Patches: {ids}{more}"), (0, 0, 0, indent + 10)))


def _print_proposals(console: Console, proposals: Sequence[Proposal], is_full: bool) -> None:
    if not proposals:
        return
    console.print()
    console.print(Text(f"{number(len(proposals), 'task')} it lacks:", style="bold"))
    shown = proposals if is_full else proposals[:_PROPOSED]
    for each in shown:
        console.print(Padding(Text(visible(f"{each.section}: {each.text}")), (0, 0, 0, 2)))
    if len(shown) < len(proposals):
        console.print(Padding(Text(f"and {len(proposals) - len(shown)} more: -v", style="dim"), (0, 0, 0, 2)))


def render_moves(before: Review, after: Review, revision: str) -> str:
    """Return what was finished since a commit, and what went back."""
    lines = [f"\nSince {visible(revision)}:"]
    moved = moves(before, after)
    for finished, title in ((True, "finished"), (False, "went back")):
        tasks = [judged for judged, is_finished in moved if is_finished is finished]
        lines.append(f"  {number(len(tasks), 'task')} {title}{':' if tasks else ''}")
        lines += [f"    line {judged.task.line}: {visible(judged.task.text)}" for judged in tasks]
    return "\n".join(lines) + "\n"


def render_next(path: str, file: Path | None) -> str:
    """Return what to run next."""
    given = f" --checklist {file}" if file else ""
    ways = [(f"natsscan checklist {path}{given} -v", "every open task, with its evidence and what to do")]
    if file is None:
        ways.append(
            (f"natsscan checklist {path} --generate --checklist FILE", "write it, to be kept in the repository")
        )
    else:
        ways.append((f"natsscan checklist {path}{given} --update", "set its ticks as the tree says"))
    width = max(len(command) for command, _ in ways)
    lines = [f"{'Next:' if at == 0 else '':5}  {command:{width}}  {what}" for at, (command, what) in enumerate(ways)]
    return "\n" + "\n".join(lines) + "\n"
