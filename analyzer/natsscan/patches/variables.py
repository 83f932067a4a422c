"""Variables that programs go on reading: names stay, and values that lead to the broker lead to the target."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from natsscan.model.usage import Operation, Usage
from natsscan.patches.lines import line_end, line_start
from natsscan.patches.place import Job, Reading, Switch

_ASSIGNED = re.compile(
    rb"(?<![\w$.{-])([A-Za-z_]\w*)[ \t]*[:?+]?=[ \t]*((?:\"(?:\\.|[^\"\\\n])*\"|'[^'\n]*'|[^\s\"';#\\])+)"
)


def settled(job: Job, reading: Reading) -> Reading:
    """Return what an editor found, without what is about variables alone: nothing stands beside them, and none goes.

    What is told about a variable that the editor leaves to people is not: it is still read.
    """
    mine = _about_variables(job)
    places = tuple(place for place in reading.places if place.serves or not _within(place.answers, mine))
    switches = tuple(each for each in reading.switches if not _within(each.answers, mine))
    others = tuple((usage, reason) for usage, reason in reading.others if usage not in mine)
    taken = {usage for usage, _ in others} | set(reading.kept)
    taken.update(usage for place in places for usage in place.answers)
    taken.update(usage for each in switches for usage in each.answers)
    free = [usage for usage in job.usages if usage in mine and usage not in taken]
    gone = [(place.start, place.end) for place in places] + [(each.start, each.end) for each in switches]
    found = tuple(
        each for each in _switches(job, free) if not any(start < each.end and each.start < end for start, end in gone)
    )
    switched = {usage for each in found for usage in each.answers}
    kept = (*reading.kept, *(usage for usage in free if usage not in switched))
    every = tuple(sorted((*switches, *found), key=lambda each: each.start))
    return replace(reading, places=places, others=others, switches=every, kept=kept)


def _about_variables(job: Job) -> frozenset[Usage]:
    """Return the usages that are variables, and those in the values that the broker's variables are given."""
    data = job.source.data
    found = {usage for usage in job.usages if usage.operation is Operation.ENV}
    for start in {line_start(data, usage.span.start) for usage in found}:
        values = [each.span(2) for each in _assigned(job, start)]
        found |= {u for u in job.usages if any(begin <= u.span.start < end for begin, end in values)}
    return frozenset(found)


def _within(usages: Collection[Usage], mine: Collection[Usage]) -> bool:
    return bool(usages) and all(usage in mine for usage in usages)


def _assigned(job: Job, start: int) -> list[re.Match[bytes]]:
    """Return the assignments in a line of variables that are the broker's by their names."""
    data, name = job.source.data, job.broker.name
    found = _ASSIGNED.finditer(data, start, line_end(data, start))
    return [each for each in found if name.search(each[1].decode()) is not None]


def _switches(job: Job, usages: Iterable[Usage]) -> Iterator[Switch]:
    """Yield the values in the lines of some usages that lead to the broker."""
    data, rules = job.source.data, job.replacements
    lines: dict[int, list[Usage]] = {}
    for usage in usages:
        lines.setdefault(line_start(data, usage.span.start), []).append(usage)
    for start, inside in sorted(lines.items()):
        changed = []
        for each in _assigned(job, start):
            key, old = each[1].decode(), each[2]
            stays = rules.dropped.fullmatch(key) or rules.addresses.management.fullmatch(key) or job.leads_to(key)
            new = old if stays else rules.addresses.value(key, old)
            if new != old:
                changed.append((*each.span(2), new))
        if changed:
            first, last = changed[0][0], changed[-1][1]
            parts, at = [], first
            for begin, end, new in changed:
                parts += [data[at:begin], new]
                at = end
            yield Switch(first, last, b"".join(parts), tuple(inside))
