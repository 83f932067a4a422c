"""Files of environment variables: assignments of the broker's, and the same for NATS behind them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from natsscan.model.usage import Usage
from natsscan.patches.lines import line_end, line_start, whole
from natsscan.patches.place import Job, Place, Reading

_ASSIGNMENT = re.compile(
    rb"[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)=(?:[^\s\"'\\]|\"[^\"\\\n]*\"|'[^'\n]*')*[ \t]*(?:#[^\n]*)?\r?\n?"
)
_READS = "It stands in the value of a variable that stays: see where that should come from."
_STILL_READ = "Another line of the file reads it, and stays: take both out by hand."
_SCRIPT = "It is code of a script: write the same for NATS by hand."


def read(job: Job) -> Reading:
    """Return the places of a file of assignments; other lines are for people."""
    data = job.source.data
    others: list[tuple[Usage, str]] = []
    lines: dict[int, list[Usage]] = {}
    own = {usage.symbol for usage in job.usages}  # what is to be edited: not what leads to something that stays
    for usage in job.usages:
        start = line_start(data, usage.span.start)
        found = _ASSIGNMENT.fullmatch(data, start, line_end(data, start))
        if found is None:
            others.append((usage, _SCRIPT))
        elif found[1].decode() not in own:
            others.append((usage, _READS))
        else:
            lines.setdefault(start, []).append(usage)
    still_read = frozenset(usage.symbol for usage, _ in others)
    return Reading(tuple(_place(job, run, lines, still_read) for run in _runs(data, sorted(lines))), tuple(others))


def _runs(data: bytes, starts: Sequence[int]) -> Iterator[list[int]]:
    """Yield the starts of lines that follow each other, together."""
    run: list[int] = []
    for start in starts:
        if run and line_end(data, run[-1]) != start:
            yield run
            run = []
        run.append(start)
    if run:
        yield run


def _place(job: Job, run: Sequence[int], lines: dict[int, list[Usage]], still_read: frozenset[str]) -> Place:
    data = job.source.data
    end = line_end(data, run[-1])
    answers = tuple(usage for start in run for usage in lines[start])
    twins = []
    held = False
    for start in run:
        line = data[start : line_end(data, start)]
        found = _ASSIGNMENT.fullmatch(line)
        name = found[1] if found else b""
        new = job.replacements.text(name)
        held = held or name.decode() in still_read
        is_there = re.search(rb"(?m)^[ \t]*(?:export[ \t]+)?" + re.escape(new) + rb"=", data) is not None
        if name and new != name and not is_there and not job.replacements.dropped.fullmatch(name.decode()):
            twins.append(job.replacements.text(line))
    text = b"".join(twins)
    twin = whole(data, text, end) if text else b""
    return Place(run[0], end, answers, twin, end, _STILL_READ if held else "", None if held else b"")
