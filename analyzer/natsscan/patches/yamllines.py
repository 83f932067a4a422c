"""A YAML file as lines: which of them an entry or a template block has, with all that belongs to it."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from natsscan.model.source import SourceFile
from natsscan.patches.lines import is_alone, line_end, line_start
from natsscan.surfaces.helmdefines import named_templates
from natsscan.surfaces.helmmask import Action, find_actions, mask
from natsscan.surfaces.helmscope import Meaning, resolve
from natsscan.surfaces.yamltree import Entry, ValueKind, read_yaml

_OPENS = re.compile(r"(?:if|with|range|define|block)\b")
_INDENT = re.compile(r"\bn?indent\s+(\d+)")
# Keys that say what an item of a list is called; the first one counts.
_NAMES = ("name", "key", "id", "alias", "release", "host")


@dataclass(frozen=True, slots=True)
class Lines:
    """A stretch of whole lines."""

    start: int
    end: int

    def has(self, offset: int) -> bool:
        """Tell whether an offset is in it."""
        return self.start <= offset < self.end


class YamlLines:
    """A file with its entries and template actions, and where they stand."""

    def __init__(self, source: SourceFile) -> None:
        self.data = data = source.data
        self.actions = find_actions(data)
        self.meanings = resolve(data, self.actions)
        bodies = None
        if source.path.endswith(".tpl"):
            bodies = [(*template.body, ()) for template in named_templates(data, self.actions)]
        self.tree = read_yaml(data, mask(data, self.actions), self.actions, bodies)
        self._action_starts = [action.start for action in self.actions]
        self._alone = {
            line_start(data, action.start): action
            for action in self.actions
            if is_alone(data, action.start, action.end)
        }
        self._children: dict[int, list[Entry]] = {}
        for entry in self.tree.entries:
            if entry.parent >= 0:
                self._children.setdefault(entry.parent, []).append(entry)
        self._sorted = sorted(self.tree.entries, key=lambda entry: (begin(entry), entry.place))
        self._starts = [begin(entry) for entry in self._sorted]

    def children(self, entry: Entry) -> list[Entry]:
        """Return the keys or items in the value of an entry."""
        return self._children.get(entry.place, [])

    def siblings(self, entry: Entry) -> list[Entry]:
        """Return the entries in the same map or list, this one among them."""
        return self._children.get(entry.parent, [])

    def name(self, entry: Entry) -> str:
        """Return what an entry is called: its key, for an item of a list what a key in it says, else its text."""
        if entry.key is not None:
            return entry.name
        if entry.kind is not ValueKind.MAP:
            return entry.text
        keys = self.children(entry)
        if len(keys) == 1:
            return keys[0].name
        metadata = self.tree.child(entry.place, "metadata")
        named = self.children(metadata or entry)
        called = next((child.text for child in named if child.name in _NAMES), None)
        return next((child.name for child in named), "") if called is None else called

    def is_called(self, entry: Entry) -> bool:
        """Tell whether an entry has a name, and not only that of the first key in it."""
        if entry.key is not None or entry.kind is not ValueKind.MAP:
            return True
        metadata = self.tree.child(entry.place, "metadata")
        return any(child.name in _NAMES for child in self.children(metadata or entry))

    def around(self, at: int) -> Iterator[Entry]:
        """Yield the entries around an offset, the innermost first."""
        place = bisect_right(self._starts, at) - 1
        if place >= 0:
            last = self._sorted[place]
            for entry in (last, *self.tree.ancestors(last)):
                if at < max(entry.value[1], entry.key[1] if entry.key else 0):
                    yield entry

    def entries_in(self, lines: Lines) -> list[Entry]:
        """Return the entries that begin in some lines."""
        return self._sorted[bisect_left(self._starts, lines.start) : bisect_left(self._starts, lines.end)]

    def actions_in(self, lines: Lines) -> tuple[Action, ...]:
        """Return the template actions that begin in some lines."""
        first = bisect_left(self._action_starts, lines.start)
        return self.actions[first : bisect_left(self._action_starts, lines.end)]

    def lines(self, entry: Entry) -> Lines | None:
        """Return the lines of an entry with all that belongs to it, None if it shares them with others."""
        start, end = begin(entry), self.end(entry)
        if not is_alone(self.data, start, end):
            return None
        first = line_start(self.data, start)
        column = len(self.data[first:start]) - len(self.data[first:start].lstrip(b" "))
        return self._with_what_belongs(Lines(first, line_end(self.data, end)), column)

    def end(self, entry: Entry) -> int:
        """Return where the last thing in an entry ends: comments and template actions behind it do not count."""
        inside = self.children(entry)
        if inside and not self.is_flow(entry):
            return max(map(self.end, inside))
        if entry.kind is ValueKind.BLOCK:
            return entry.value[0] + len(self.data[slice(*entry.value)].rstrip())
        printed = max((self.actions[number].end for number in entry.actions), default=0)
        return max(entry.value[1], printed, entry.key[1] + 1 if entry.key else 0)

    def is_flow(self, entry: Entry) -> bool:
        """Tell whether a map or list is written in braces or brackets."""
        return self.data[entry.value[0] : entry.value[0] + 1] in (b"{", b"[")

    def is_in_flow(self, entry: Entry) -> bool:
        """Tell whether an entry stands in a map or list in braces or brackets."""
        return entry.parent >= 0 and self.is_flow(self.tree.entries[entry.parent])

    def flow_gaps(self, first: Entry, last: Entry) -> tuple[int | None, int | None]:
        """Return where the entry before some in braces or brackets ends, and where the one behind them begins."""
        inside = sorted(self.siblings(first), key=begin)
        before = next((self.end(each) for each in reversed(inside) if begin(each) < begin(first)), None)
        return before, next((begin(each) for each in inside if begin(each) >= self.end(last)), None)

    def flow_cut(self, first: Entry, last: Entry) -> Lines:
        """Return what goes with entries in braces or brackets: up to the next one, or else from the one before.

        A comment behind the one before belongs to that, and stays.
        """
        before, after = self.flow_gaps(first, last)
        if after is not None:
            return Lines(begin(first), after)
        is_bare = before is not None and self.data[before : begin(first)].strip() == b","
        return Lines(before if before is not None and is_bare else begin(first), self.end(last))

    def blocks(self) -> Iterator[tuple[Action, Meaning, Lines]]:
        """Yield each template block with lines of its own, by its first action, and each lone action that prints.

        They come in the order in which they end.
        """
        open_: list[tuple[Action, Meaning]] = []
        for action, meaning in zip(self.actions, self.meanings, strict=True):
            if action.body.startswith("end") and open_:
                first, about = open_.pop()
                if self._is_alone(first) and self._is_alone(action):
                    yield first, about, Lines(line_start(self.data, first.start), line_end(self.data, action.end))
            elif _OPENS.match(action.body):
                open_.append((action, meaning))
            elif action.prints and self._is_alone(action):
                yield action, meaning, Lines(line_start(self.data, action.start), line_end(self.data, action.end))

    def comments(self, lines: Lines) -> Iterator[Lines]:
        """Yield the lines in a stretch that hold a comment and nothing else; comments of templates do not count."""
        for start, _ in self.tree.comments:
            first = line_start(self.data, start)
            if lines.has(start) and not self.data[first:start].strip() and first not in self._alone:
                yield Lines(first, line_end(self.data, start))

    def is_action(self, at: int) -> bool:
        """Tell whether the line that begins at an offset has a template action and nothing else."""
        return at in self._alone

    def block_of(self, lines: Lines) -> Lines:
        """Return lines with the template blocks in which nothing would be left without them."""
        before = self._alone.get(line_start(self.data, max(lines.start - 1, 0))) if lines.start else None
        after = self._alone.get(lines.end)
        if before is None or after is None or not _OPENS.match(before.body) or not after.body.startswith("end"):
            return lines
        end = line_end(self.data, after.end)
        return self.block_of(Lines(line_start(self.data, before.start), end))

    def depth(self, lines: Lines) -> int:
        """Return how many template blocks some lines leave open; -1 if they end one that they did not open."""
        return _depth(self.actions_in(lines))

    def _is_alone(self, action: Action) -> bool:
        return self._alone.get(line_start(self.data, action.start)) is action

    def _with_what_belongs(self, lines: Lines, column: int) -> Lines:
        """Return lines with those below that belong to them: deeper comments and actions, and ends of blocks."""
        end = lines.end
        while end < len(self.data):
            line = self.data[end : line_end(self.data, end)]
            deeper = len(line) - len(line.lstrip(b" ")) > column
            action = self._alone.get(end)
            if action is None:
                belongs = line.lstrip().startswith(b"#") and deeper
            elif self.depth(Lines(lines.start, end)) > 0:
                belongs = True
            else:
                belongs = deeper and (action.is_comment or _indents(action) > column)
            if not belongs:
                break
            end += len(line)
        return Lines(lines.start, end)


def begin(entry: Entry) -> int:
    """Return where an entry begins: with its key, or its value if it has none."""
    return entry.key[0] if entry.key else entry.value[0]


def _indents(action: Action) -> int:
    indent = _INDENT.search(action.body)
    return int(indent[1]) if indent and action.prints else -1


def _depth(actions: Iterable[Action]) -> int:
    depth = 0
    for action in actions:
        if _OPENS.match(action.body):
            depth += 1
        elif action.body.startswith("end"):
            depth -= 1
        if depth < 0:
            return -1
    return depth
