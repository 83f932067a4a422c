"""Items of a list that separators keep apart: where one goes in, and what goes with one that is taken out."""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Item:
    """One item: its byte span, without the separators around it, and the name it begins with."""

    start: int
    end: int
    name: str


def split(data: bytes, start: int, end: int, separator: re.Pattern[bytes]) -> tuple[Item, ...]:
    """Return the items between two offsets."""
    items = []
    at = start
    for found in (*separator.finditer(data, start, end), None):
        stop = found.start() if found else end
        text = data[at:stop]
        bare = text.strip()
        if bare:
            first = at + len(text) - len(text.lstrip())
            name = re.match(rb"[^\s,<>=^:&|{]+", bare)
            items.append(Item(first, first + len(bare), name[0].decode(errors="replace") if name else ""))
        at = found.end() if found else end
    return tuple(items)


def insertion(data: bytes, items: Sequence[Item], at: int, name: str, otherwise: bytes) -> tuple[int, bytes]:
    """Return where and how a name goes in beside the item `at`: in its order if the list has one, else behind it.

    It is kept apart like its neighbours, or by `otherwise` if there are none.
    """
    names = [item.name.lower() for item in items]
    first = 0 if names == sorted(names) else 1  # generated nix files have `mkDerivation` before all others
    if names[first:] == sorted(names[first:]):
        at = first + sum(each < name.lower() for each in names[first:]) - 1
    text = name.encode()
    gaps = [data[one.end : other.start] for one, other in pairwise(items)]
    between = gaps[min(max(at, 0), len(gaps) - 1)] if gaps else otherwise
    if b"--" in between or b"#" in between:
        between = otherwise
    if at + 1 < len(items):
        return items[at + 1].start, text + between
    return items[at].end, between + text


def removals(items: Sequence[Item], gone: Container[int]) -> dict[int, tuple[int, int]]:
    """Return the span that goes with each item that is taken out: with the separator behind it, or before the last.

    Spans never overlap, so that each item may also be taken out alone.
    """
    last = len(items) - 1
    while last >= 0 and last in gone:
        last -= 1
    found = {}
    for at in (number for number in range(len(items)) if number in gone):
        if last < 0 or at < last:
            found[at] = (items[at].start, items[at + 1].start if at + 1 < len(items) else items[at].end)
        else:
            found[at] = (items[at - 1].end, items[at].end)
    return found
