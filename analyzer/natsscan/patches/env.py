"""Files of environment variables: assignments of the broker's, and the same for NATS behind them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from natsscan.model.usage import Usage
from natsscan.patches.lines import line_end, line_start, runs, whole
from natsscan.patches.place import Job, Place, Reading

_ASSIGNMENT = re.compile(
    rb"[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)=(?:[^\s\"'\\]|\"[^\"\\\n]*\"|'[^'\n]*')*[ \t]*(?:#[^\n]*)?\r?\n?"
)
_READS = "It stands in the value of a variable that stays: see where that should come from."
_STILL_READ = "Another line of the file reads it, and stays: take both out by hand."
_SCRIPT = "It is code of a script: write the same for NATS by hand."


@dataclass(frozen=True, slots=True)
class _Line:
    """A line that assigns a variable, and the usages in it."""

    start: int
    end: int
    name: bytes
    usages: tuple[Usage, ...]


def read(job: Job) -> Reading:
    """Return the places of a file of assignments; other lines are for people."""
    data = job.source.data
    others: list[tuple[Usage, str]] = []
    lines: dict[int, _Line] = {}
    own = {usage.symbol for usage in job.usages}  # what is to be edited: not what leads to something that stays
    for usage in job.usages:
        start = line_start(data, usage.span.start)
        end = line_end(data, start)
        found = _ASSIGNMENT.fullmatch(data, start, end)
        if found is None:
            others.append((usage, _SCRIPT))
        elif found[1].decode() not in own:
            others.append((usage, _READS))
        else:
            before = lines[start].usages if start in lines else ()
            lines[start] = _Line(start, end, found[1], (*before, usage))
    still_read = frozenset(usage.symbol for usage, _ in others)
    together = runs((lines[start] for start in sorted(lines)), lambda one, other: one.end == other.start)
    return Reading(tuple(_place(job, run, still_read) for run in together), tuple(others))


def _place(job: Job, run: Sequence[_Line], still_read: frozenset[str]) -> Place:
    data, end = job.source.data, run[-1].end
    text = b"".join(job.replacements.text(data[line.start : line.end]) for line in run if _is_missing(job, line.name))
    held = any(line.name.decode() in still_read for line in run)
    return Place(
        start=run[0].start,
        end=end,
        answers=tuple(usage for line in run for usage in line.usages),
        twin=whole(data, text, end) if text else b"",
        beside=end,
        reason=_STILL_READ if held else "",
        can_go=not held,
    )


def _is_missing(job: Job, name: bytes) -> bool:
    """Tell whether a variable has a counterpart under another name that the file does not assign yet."""
    new = job.replacements.text(name)
    assigned = re.search(rb"(?m)^[ \t]*(?:export[ \t]+)?" + re.escape(new) + rb"=", job.source.data)
    return new != name and assigned is None and not job.replacements.dropped.fullmatch(name.decode())
