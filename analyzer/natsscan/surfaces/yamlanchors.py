"""Which key of a YAML file an alias such as `*broker` stands for. Nothing is expanded, so nothing can explode."""

from __future__ import annotations

import re
from bisect import bisect_left

from natsscan.surfaces.yamltree import Entry, ValueKind, YamlTree

_ANCHOR = re.compile(rb"(?<=[\s:])&([^\s,\[\]{}]+)")
_BETWEEN = re.compile(rb"\s*:\s*(?:!\S*\s*)?")
_FURTHEST = 200


class Anchors:
    """The anchors of a file that stand at the value of a key; `masked` is the file without template actions."""

    def __init__(self, tree: YamlTree, masked: bytes) -> None:
        self._tree = tree
        self._found: dict[str, list[tuple[int, int]]] = {}
        if not any(entry.kind is ValueKind.ALIAS for entry in tree.entries):
            return
        keys = sorted((entry.key[0], entry.key[1], entry.place) for entry in tree.entries if entry.key is not None)
        starts = [start for start, _, _ in keys]
        for match in _ANCHOR.finditer(masked):
            at = bisect_left(starts, match.start()) - 1
            if at < 0:
                continue
            _, key_end, place = keys[at]
            if match.start() - key_end < _FURTHEST and _BETWEEN.fullmatch(masked, key_end, match.start()):
                name = match.group(1).decode("utf-8", errors="replace")
                self._found.setdefault(name, []).append((match.start(), place))

    def target(self, alias: Entry) -> Entry | None:
        """Return the key at whose value the anchor of an alias stands: the nearest before it."""
        places = self._found.get(alias.text.removeprefix("*"), [])
        at = bisect_left(places, (alias.value[0], -1)) - 1
        return self._tree.entries[places[at][1]] if at >= 0 else None
