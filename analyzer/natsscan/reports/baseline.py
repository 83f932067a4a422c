"""What a baseline does not know, and what it has too many, for people."""

from __future__ import annotations

from io import StringIO

from rich.padding import Padding
from rich.text import Text

from natsscan.catalog.escape import visible
from natsscan.model.baseline import Ratchet
from natsscan.reports.console import console as make_console
from natsscan.reports.words import number


def render(ratchet: Ratchet, file: str, scope: str, width: int | None, colour: bool) -> str:
    """Return what fails, in full: each new use with its line, and each entry of the baseline that is gone."""
    out = StringIO()
    console = make_console(out, width, colour)
    new, stale = len(ratchet.new), sum(entry.count for entry in ratchet.stale)
    told = [f"{number(len(ratchet.known), 'use')} known", f"{new:,} new"]
    if stale:
        told.append(f"{stale:,} in it that {'is' if stale == 1 else 'are'} gone")
    console.print(Text(visible(f"Against {file}: {', '.join(told)}."), style="bold red" if new or stale else "bold"))
    if ratchet.new:
        console.print(Text("New:", style="bold"))
    for finding in ratchet.new:
        span = finding.usage.span
        console.print(Padding(Text(visible(f"{span.path}:{span.line}  {finding.excerpt.strip()}")), (0, 0, 0, 2)))
        console.print(Padding(Text(visible(f"{finding.message} [{finding.rule}]"), style="dim"), (0, 0, 0, 6)))
    if ratchet.stale:
        console.print(Text(visible(f"Gone; natsscan baseline {scope} -o {file} --prune takes them out:"), style="bold"))
    for entry in ratchet.stale:
        times = f" ({entry.count} times)" if entry.count > 1 else ""
        console.print(Padding(Text(visible(f"{entry.path}: {entry.place}: {entry.rule}{times}")), (0, 0, 0, 2)))
    return "\n".join(line.rstrip() for line in out.getvalue().split("\n"))
