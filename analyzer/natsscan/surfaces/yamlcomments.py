"""Keys of YAML that are commented out, each with the path it would have."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from typing import NamedTuple

from natsscan.source.text import TextPositions
from natsscan.surfaces.yamltree import YamlTree, block_around

# One blank behind the mark, more only below a key that is commented out as well: what else is indented is prose.
_KEY = re.compile(r"#+(?P<indent> *)(?P<dashes>(?:- +)*)(?P<key>[A-Za-z][\w.-]*):(?:\s+(?P<value>[^\s#].*)?|$)")
_INDENT = re.compile(r"#+( *)\S")


class CommentedKey(NamedTuple):
    """A key that is commented out: the path it would have, and the byte span of the key."""

    path: tuple[str, ...]
    start: int
    end: int


class _Open(NamedTuple):
    """A commented-out key with nothing behind it: keys indented deeper in the lines below belong to it."""

    column: int
    path: tuple[str, ...]


def commented_keys(tree: YamlTree, positions: TextPositions) -> Iterator[CommentedKey]:
    """Yield the keys of a file that are commented out, in order.

    What is on the lines above, key or comment, decides by its column what a key belongs to.
    """
    if not tree.comments:
        return
    keys = sorted((entry.key[0], entry.place) for entry in tree.entries if entry.key is not None)
    starts = [start for start, _ in keys]
    before = (0, 0)
    open_: list[_Open] = []
    for start, end in sorted(tree.comments):
        line, column = positions.position(start)
        if (line - 1, column) != before:
            open_ = []
        before = (line, column)
        text = positions.text(start, end)
        match = _KEY.match(text)
        if match is None:
            other = _INDENT.match(text)
            while other and open_ and open_[-1].column >= len(other.group(1)):
                open_.pop()
            continue
        inner = len(match["indent"]) + len(match["dashes"])
        while open_ and open_[-1].column >= inner:
            open_.pop()
        if open_:
            above = open_[-1].path
        elif len(match["indent"]) > 1 or match["dashes"]:
            continue
        else:
            at = bisect_left(starts, start)
            above = block_around(tree, positions, tree.entries[keys[at - 1][1]], column) if at else ()
        path = (*above, match["key"])
        if match["value"] is None:
            open_.append(_Open(inner, path))
        place = start + len(text[: match.start("key")].encode())
        yield CommentedKey(path, place, place + len(match["key"]))
