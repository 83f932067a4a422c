"""A fleet for people at a terminal: the answer on one screen."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Sequence
from io import StringIO

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from natsscan.catalog.escape import visible
from natsscan.model.fleet import Alike, Conflict, Failed, Fleet, Loose
from natsscan.model.span import Span
from natsscan.reports.console import console as make_console
from natsscan.reports.fleet.parts import Parts, parts_of
from natsscan.reports.fleet.words import answer, more

_REPOSITORIES_SHOWN = 12
_SHOWN = 5
_SERVICES_SHOWN = 3


def render(fleet: Fleet, folder: str, width: int | None, colour: bool) -> str:
    """Return a fleet as text. `folder` is where its files are; `width` is that of the terminal, None for any length."""
    out = StringIO()
    console = make_console(out, width, colour)
    parts = parts_of(fleet)
    console.print(Text(answer(parts), style="bold"))
    _print_repositories(console, parts)
    _print_list(console, "Consumed in no repository:", map(_unread, fleet.unread))
    _print_list(console, "Filled from no repository:", map(_unfed, fleet.unfed))
    _print_list(console, "Exchanges that nothing is bound to:", map(_unbound, fleet.unbound))
    _print_list(console, "Look like slips of another name:", map(_alike, fleet.alike))
    _print_list(console, "Declared differently, which the broker refuses:", map(_conflict, fleet.conflicts))
    _print_list(console, "Could not be scanned:", map(_failed, fleet.failed))
    _print_next(console, parts, folder)
    return "\n".join(line.rstrip() for line in out.getvalue().split("\n"))


def _print_repositories(console: Console, parts: Parts) -> None:
    chosen = parts.heaviest(_REPOSITORIES_SHOWN)
    if not chosen:
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("", justify="right", no_wrap=True)
    table.add_column("repository", no_wrap=True, overflow="ellipsis")
    for name in ("left", "effort", "on NATS", "consumes", "publishes"):
        table.add_column(name, justify="right", no_wrap=True)
    for each in chosen:
        counts = (each.totals.left, each.totals.effort, each.totals.on_nats, len(each.consumes), len(each.publishes))
        cells = [f"{count:,}" if count else "-" for count in counts]
        table.add_row(str(each.number or ""), visible(each.name), *cells)
    console.print()
    console.print(Text("Most left to do, by the number at which each can move:", style="bold"))
    console.print(table)
    left = sum(1 for each in parts.using if each.totals.left or each.totals.effort)
    if rest := more(left - len(chosen)):
        console.print(Text(f"  {rest}"))


def _print_list(console: Console, title: str, lines: Iterable[str]) -> None:
    lines = tuple(lines)
    if not lines:
        return
    console.print()
    console.print(Text(title, style="bold yellow"))
    for line in lines[:_SHOWN]:
        console.print(Padding(Text(visible(line), overflow="fold"), (0, 0, 0, 2)))
    if rest := more(len(lines) - _SHOWN):
        console.print(Text(f"  {rest}"))


def _print_next(console: Console, parts: Parts, folder: str) -> None:
    steps = [
        (
            f"open {posixpath.join(folder, 'inventory.html')}",
            "every repository, queue and flow, to search and to follow",
        )
    ]
    first = next((each for each in parts.using if each.number and each.totals.left), None)
    if first:
        steps.append(("natsscan patch", f"in {first.name}, which can move first: a diff that puts NATS beside it"))
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 3, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(style="dim", overflow="fold")
    for at, (command, why) in enumerate(steps):
        table.add_row(Text(("Next:  " if at == 0 else "       ") + visible(command)), Text(visible(why)))
    console.print()
    console.print(table)


def _unread(loose: Loose) -> str:
    return f"{loose.name}: filled or declared by {_services(loose.services)}{_at(loose.at)}"


def _unfed(loose: Loose) -> str:
    return f"{loose.name}: consumed by {_services(loose.services)}{_at(loose.at)}"


def _unbound(loose: Loose) -> str:
    return f"{loose.name}: published to by {_services(loose.services)}{_at(loose.at)}"


def _alike(alike: Alike) -> str:
    return (
        f"{alike.kind} {alike.name} in {_services(alike.services)}, "
        f"{alike.other} in {_services(alike.others)}{_at(alike.at)}"
    )


def _conflict(conflict: Conflict) -> str:
    at, first = conflict.at, conflict.first
    return f"queue {conflict.queue}: {conflict.difference} at {at.path}:{at.line}; first at {first.path}:{first.line}"


def _failed(failed: Failed) -> str:
    tries = f" (tried {failed.attempts} times)" if failed.attempts > 1 else ""
    return f"{failed.repository.name}: {failed.reason}{tries}"


def _services(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_SERVICES_SHOWN]) or "nobody"
    rest = len(names) - _SERVICES_SHOWN
    return f"{shown} and {rest:,} more" if rest > 0 else shown


def _at(places: Sequence[Span]) -> str:
    return f", at {places[0].path}:{places[0].line}" if places else ""
