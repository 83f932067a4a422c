"""Reads YAML into a flat list of entries: every key and list item, its path, its spans and who its siblings are."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from natsscan.source.text import TextPositions
from natsscan.surfaces.helmmask import Action, find_actions, mask
from natsscan.surfaces.yamlgrammar import Fault, Token, TokenKind, parse

_MOST_EMBEDDED = 3
_FILE_NAME = re.compile(r"\.(?:ya?ml|json)(?:\.tpl)?$")
_KEY_LINE = re.compile(rb"\s*(?:- +)?[\"']?[\w./*-]+[\"']?:(?:\s|$)")
_DURATION = re.compile(r"\d+(?:\.\d+)?(?:ns|us|ms|s|m|h|d|w)")
_NAME = re.compile(r"[A-Za-z_][\w-]*")
_STRING = re.compile(r'"[^"]*"|`[^`]*`')
_ESCAPE = re.compile(r"\\(.)")


class ValueKind(StrEnum):
    """What the value of a key is."""

    STRING = "string"
    INT = "int"
    FLOAT = "float"
    BOOL = "bool"
    NULL = "null"
    DURATION = "duration"
    MAP = "map"
    LIST = "list"
    BLOCK = "block"
    ALIAS = "alias"
    TEMPLATE = "template"


class Entry(NamedTuple):
    """A key with its value, or a list item (no key), or the content of a document (neither key nor parent).

    `path` holds the keys down to here, those of list items and merges left out. `place` is its own index. `parent`
    is the index of the entry
    whose value holds this one, -1 for the content of a document. `holder` is the index of the key whose text is the
    embedded document this entry is in, -1 in the file's own. `text` is the scalar, with `{name}` for what a template
    prints; empty for maps and lists. `actions` are the template actions in the value, as a range of the file's.
    """

    place: int
    parent: int
    holder: int
    document: str | None
    number: int
    path: tuple[str, ...]
    key: tuple[int, int] | None
    value: tuple[int, int]
    kind: ValueKind
    text: str
    actions: range

    @property
    def name(self) -> str:
        """The key, empty for a list item."""
        return self.path[-1] if self.key and self.path else ""

    @property
    def dotted(self) -> str:
        """The key path as one text."""
        return ".".join(self.path)


@dataclass(slots=True)
class YamlTree:
    """The entries of a file in order, those of embedded documents after them; spans of comments; what is broken.

    `parts` are the stretches of the file that were read, without embedded documents, `skipped` the offsets of lines
    in all of them that had to be left out.
    """

    entries: list[Entry] = field(default_factory=list)
    parts: list[tuple[int, int]] = field(default_factory=list)
    skipped: list[int] = field(default_factory=list)
    comments: list[tuple[int, int]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    _children: dict[int, dict[str, int]] | None = None

    def child(self, parent: int, name: str) -> Entry | None:
        """Return the entry with this key in the map that is the value of an entry."""
        if self._children is None:
            self._children = {}
            for entry in self.entries:
                above = self.entries[entry.parent].path if entry.parent >= 0 else ()
                if entry.key and len(entry.path) > len(above):  # a merge is no key
                    self._children.setdefault(entry.parent, {}).setdefault(entry.path[-1], entry.place)
        at = self._children.get(parent, {}).get(name)
        return None if at is None else self.entries[at]

    def sibling(self, entry: Entry, name: str) -> Entry | None:
        """Return the entry with this key in the same map."""
        return self.child(entry.parent, name)

    def ancestors(self, entry: Entry) -> Iterator[Entry]:
        """Yield the entries whose values hold this one, nearest first, on through the key of an embedded document."""
        at = entry.parent if entry.parent >= 0 else entry.holder
        while at >= 0:
            above = self.entries[at]
            yield above
            at = above.parent if above.parent >= 0 else above.holder


def block_around(tree: YamlTree, positions: TextPositions, before: Entry, column: int) -> tuple[str, ...]:
    """Return the path of the map that a line belongs to by its column, seen from the key before it.

    A line as deep as an embedded document belongs to that, and its path starts anew as those of the document do.
    """
    for entry in (before, *tree.ancestors(before)):
        if entry.key is not None and positions.position(entry.key[0])[1] < column:
            return entry.path if entry.holder == before.holder else ()
    return ()


_CONTAINERS = {TokenKind.MAP: ValueKind.MAP, TokenKind.LIST: ValueKind.LIST}
_SCALARS = {
    TokenKind.PLAIN: ValueKind.STRING,
    TokenKind.QUOTED: ValueKind.STRING,
    TokenKind.BLOCK: ValueKind.BLOCK,
    TokenKind.ALIAS: ValueKind.ALIAS,
    TokenKind.INT: ValueKind.INT,
    TokenKind.FLOAT: ValueKind.FLOAT,
    TokenKind.BOOL: ValueKind.BOOL,
    TokenKind.NULL: ValueKind.NULL,
}
_OPENING = frozenset({TokenKind.PAIR, TokenKind.ITEM, TokenKind.FLOW_ITEM})


def read_yaml(
    data: bytes,
    masked: bytes,
    actions: Sequence[Action],
    parts: Sequence[tuple[int, int, tuple[str, ...]]] | None = None,
) -> YamlTree:
    """Read a YAML file: its bytes, the same with template actions masked, and those actions.

    If `parts` are given, only those stretches of the file are read, each as a file of its own, if it is YAML at all;
    the third of each is the key path that its content is below.
    Aliases are entries of kind alias and never followed, so that an entry stands for bytes of the file. Documents
    inside block scalars are read as well, with the name of their key as `document`; their paths start anew.
    """
    return _Builder(data, masked, actions).read(parts)


def read_template(data: bytes) -> YamlTree:
    """Read a YAML file that may be a template, all of it."""
    actions = find_actions(data)
    return read_yaml(data, mask(data, actions), actions)


@dataclass(slots=True)
class _Draft:
    """An entry in the making; `parent` and its own place are counted from the first entry of its document."""

    path: tuple[str, ...]
    parent: int
    number: int
    key: tuple[int, int] | None = None
    value: tuple[int, int] | None = None
    kind: ValueKind = ValueKind.NULL
    is_quoted: bool = False


class _Builder:
    def __init__(self, data: bytes, masked: bytes, actions: Sequence[Action]) -> None:
        self.data = data
        self.masked = masked
        self.actions = actions
        self.starts = [action.start for action in actions]
        self.tree = YamlTree()

    def read(self, parts: Sequence[tuple[int, int, tuple[str, ...]]] | None) -> YamlTree:
        """Read the file, then the documents in its block scalars, then those in theirs."""
        whole = ((0, len(self.data), ()),) if parts is None else parts
        waiting: list[tuple[int, int, tuple[str, ...], int, int]] = [(*part, -1, 0) for part in whole]
        for start, end, above, holder, depth in waiting:  # grows while it is walked
            document = self.tree.entries[holder].name if holder >= 0 else None
            is_sure = parts is None if document is None else _FILE_NAME.search(document) is not None
            for entry in self._read(start, end, above, holder, document, is_sure=is_sure):
                if entry.kind is ValueKind.BLOCK and depth < _MOST_EMBEDDED:
                    body = self.data.find(b"\n", *entry.value) + 1
                    if body and (_FILE_NAME.search(entry.name) or _KEY_LINE.match(self.masked, body, entry.value[1])):
                        waiting.append((body, entry.value[1], (), entry.place, depth + 1))
        return self.tree

    def _read(
        self, start: int, end: int, above: tuple[str, ...], holder: int, document: str | None, *, is_sure: bool
    ) -> list[Entry]:
        """Add and return the entries of a stretch of the file; none if it is text that only might have been YAML."""
        parsed = parse(self.masked[start:end])
        drafts = self._drafts(parsed.pieces, start, above)
        if not is_sure and (parsed.faults or not any(draft.key for draft in drafts)):
            return []
        if holder < 0:
            self.tree.parts.append((start, end))
        self.tree.skipped += [start + offset for offset in parsed.skipped]
        self.tree.faults += [Fault(start + fault.offset, fault.reason) for fault in parsed.faults]
        comments = (token for piece in parsed.pieces for token in piece if token.kind is TokenKind.COMMENT)
        spans = ((start + token.start, start - token.minus_end) for token in comments)
        self.tree.comments += [span for span in spans if not self._covered(*span)]
        base = len(self.tree.entries)
        entries = [self._entry(draft, base + at, base, holder, document) for at, draft in enumerate(drafts)]
        self.tree.entries += entries
        return entries

    def _drafts(self, pieces: Sequence[Sequence[Token]], offset: int, above: tuple[str, ...]) -> list[_Draft]:
        drafts: list[_Draft] = []
        known: dict[int, int] = {}  # where a key or item begins -> its draft: a later piece begins with the same ones
        number, root = -1, -1
        for at, piece in enumerate(pieces):
            open_: list[tuple[int, TokenKind, int]] = []  # end, kind, the draft whose value or key this is
            for start, minus_end, kind in piece:
                start, end = start + offset, offset - minus_end
                while open_ and open_[-1][0] <= start and open_[-1][0] < end:
                    open_.pop()
                top = open_[-1] if open_ else None
                if kind is TokenKind.COMMENT or (top and top[1] is TokenKind.KEY):
                    continue
                if kind is TokenKind.DOCUMENT:
                    if at == 0 or number < 0 or piece[0].start + offset != start:
                        number, root = number + 1, -1
                    continue
                if kind is TokenKind.KEY and top:
                    self._name(drafts[top[2]], start, end)
                    open_.append((end, kind, top[2]))
                    continue
                if top is None or (root < 0 and kind in _OPENING):
                    root = root if root >= 0 else _add_root(drafts, number, above)
                    top = top or (end, TokenKind.DOCUMENT, root)
                owner = drafts[top[2]]
                if kind in _OPENING:
                    place = known.setdefault(start, len(drafts))
                    if place == len(drafts):
                        drafts.append(_Draft(owner.path, top[2], owner.number))
                    open_.append((end, kind, place))
                elif kind in _CONTAINERS:
                    if owner.value is None:
                        owner.kind, owner.value = _CONTAINERS[kind], (start, end)
                    open_.append((end, kind, top[2]))
                elif owner.value is None:
                    owner.kind, owner.value, owner.is_quoted = _SCALARS[kind], (start, end), kind is TokenKind.QUOTED
        return drafts

    def _name(self, draft: _Draft, start: int, end: int) -> None:
        """Give a draft its key, which goes on its path; a merge `<<` does not."""
        if draft.key is None:
            draft.key = (start, end)
            name = self._key_text(start, end)
            draft.path = draft.path if name == "<<" else (*draft.path, name)

    def _key_text(self, start: int, end: int) -> str:
        text = self._text(start, end)
        return _unquote(text) if text[:1] in ("'", '"') else text

    def _entry(self, draft: _Draft, at: int, base: int, holder: int, document: str | None) -> Entry:
        start, end = draft.value or (draft.key[1], draft.key[1]) if draft.key else draft.value or (0, 0)
        kind, text, covered = draft.kind, "", self._covered(start, end)
        if kind is ValueKind.NULL and draft.key and draft.value is None:
            covered = self._printed_below(draft.key[1])
        if kind not in (ValueKind.MAP, ValueKind.LIST, ValueKind.BLOCK):
            text = _unquote(self._text(start, end)) if draft.is_quoted else self._text(start, end)
            if covered:
                kind = ValueKind.TEMPLATE
            elif kind is ValueKind.STRING and not draft.is_quoted and _DURATION.fullmatch(text):
                kind = ValueKind.DURATION
        parent = draft.parent + base if draft.parent >= 0 else -1
        return Entry(
            at, parent, holder, document, draft.number, draft.path, draft.key, (start, end), kind, text, covered
        )

    def _text(self, start: int, end: int) -> str:
        """Return what stands between two offsets, with `{name}` for what a template prints there."""
        covered = self._covered(start, end)
        parts, at = [], start
        for action in self.actions[covered.start : covered.stop]:
            parts += [self._decoded(at, action.start), _hole(action) if action.prints else ""]
            at = action.end
        return "".join([*parts, self._decoded(at, end)])

    def _decoded(self, start: int, end: int) -> str:
        return self.data[start : max(start, end)].decode("utf-8", errors="replace")

    def _covered(self, start: int, end: int) -> range:
        """Return which actions stand between two offsets."""
        if not self.starts or end <= start:
            return range(0)
        first = bisect_left(self.starts, start)
        return range(first, bisect_left(self.starts, end, lo=first))

    def _printed_below(self, key_end: int) -> range:
        """Return the action that prints the value of a key that has none of its own: `{{ toYaml . | indent 2 }}`."""
        first = bisect_left(self.starts, key_end)
        if first < len(self.starts) and self.actions[first].prints:
            between = self.data[key_end : min(self.starts[first], key_end + 1000)]
            if not between.strip(b": \t\r\n"):
                return range(first, first + 1)
        return range(0)


def _add_root(drafts: list[_Draft], number: int, above: tuple[str, ...]) -> int:
    """Add the draft for the content of a document and return its place."""
    drafts.append(_Draft(above, -1, max(number, 0)))
    return len(drafts) - 1


def _hole(action: Action) -> str:
    """Return `{name}` for what an action prints, after the last name in it."""
    names = _NAME.findall(_STRING.sub("", action.body.split("|")[0]))
    return f"{{{names[-1] if names else ''}}}"


def _unquote(text: str) -> str:
    if text.startswith("'"):
        return text[1:-1].replace("''", "'")
    return _ESCAPE.sub(r"\1", text[1:-1]) if "\\" in text else text[1:-1]
