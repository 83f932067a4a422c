"""Reads TOML into a flat list of entries with byte offsets, which `tomllib` and tomlkit do not give.

`tomllib` says what is TOML and what is not; this only finds where things stand, also in a file that is broken, and its
strings are held against those of `tomllib`.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from natsscan.source.tomltext import load_toml

_BLANK = re.compile(rb"[ \t]*+")
_FILL = re.compile(rb"(?:[ \t\r\n]++|#[^\n]*+)*+")
_REST = re.compile(rb"[ \t]*+(?:#[^\n]*+)?\r?(?=\n|\Z)")
_WORD = rb"(?:[A-Za-z0-9_-]++|\"(?:[^\"\\\n]|\\.)*+\"|'[^'\n]*+')"
_PART = re.compile(_WORD)
_KEY = re.compile(rb"%b(?:[ \t]*+\.[ \t]*+%b)*+" % (_WORD, _WORD))
_HEADER = re.compile(rb"[ \t]*+(\[\[?)[ \t]*+(%b)[ \t]*+(\]\]?)" % _KEY.pattern)
_STRING = re.compile(
    rb'"""(?:[^"\\]|\\.|"(?!""))*+"""(?:"{0,2})|\'\'\'(?:[^\']|\'(?!\'\'))*+\'\'\'(?:\'{0,2})'
    rb'|"(?!"")(?:[^"\\\n]|\\.)*+"|""|\'(?!\'\')[^\'\n]*+\'|\'\'',
    re.DOTALL,
)
_PLAIN = re.compile(rb"[^\s,\[\]{}#=\"']++(?:[ \t]\d\d:[^\s,\[\]{}#]*+)?")
_PLACE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")
_NAMES = re.compile(r" \(.*\)| '.*'", re.DOTALL)
_DEEPEST = 40
_LAID_OUT = "TOML that is laid out in a way that natsscan cannot follow"


class TomlKind(StrEnum):
    """What a value is."""

    STRING = "string"
    ARRAY = "array"
    TABLE = "table"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class TomlEntry:
    """A key with its value, or an item of an array (no key), or a table's header, whose value is empty.

    `path` are the keys down to here; items of an array have that of the array. `parent` is the index of the entry whose
    value or table holds this one, -1 for none. `key` is the last part of the key, `start` where all of it begins.
    `value` is the span of the value, quotes included, `text` what a string says.
    """

    place: int
    parent: int
    path: tuple[str, ...]
    start: int
    key: tuple[int, int] | None
    value: tuple[int, int]
    kind: TomlKind
    text: str


@dataclass(frozen=True, slots=True)
class TomlTree:
    """The entries of a file in order, and what is wrong with it by offset."""

    entries: tuple[TomlEntry, ...]
    faults: tuple[tuple[int, str], ...]

    def children(self, entry: TomlEntry) -> tuple[TomlEntry, ...]:
        """Return the entries that stand in the value or below the header of an entry."""
        return tuple(each for each in self.entries if each.parent == entry.place)


class _BrokenError(Exception):
    """Something that is not TOML."""


def read_toml(data: bytes) -> TomlTree:
    """Read a TOML file. Of a broken one, the statements that are not are left out."""
    reader = _Reader(data)
    reader.read()
    text = data.decode("utf-8", errors="replace").removeprefix("\ufeff")
    try:
        whole = load_toml(text)
    except tomllib.TOMLDecodeError as error:
        return TomlTree(tuple(reader.entries), (fault(data, str(error)),))
    mine = Counter((each.path, each.text) for each in reader.entries if each.kind is TomlKind.STRING)
    faults = () if mine == Counter(_strings(whole)) else ((0, _LAID_OUT),)
    return TomlTree(tuple(reader.entries), faults)


def fault(data: bytes, message: str) -> tuple[int, str]:
    """Return where a file is broken and how, without what the parser quotes of it."""
    place = _PLACE.search(message)
    line = 1 if place is None else int(place[1] or data.count(b"\n") + 1)
    at = 0
    for _ in range(line - 1):
        at = data.find(b"\n", at) + 1
    return min(at, len(data)), f"not TOML: {_NAMES.sub('', _PLACE.sub('', message))}"


def _strings(whole: dict[str, object]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the strings of a document, each with the keys that lead to it."""
    waiting: list[tuple[tuple[str, ...], object]] = [((), whole)]
    for path, value in waiting:  # grows while it is walked
        if isinstance(value, str):
            yield path, value
        elif isinstance(value, dict):
            waiting += [((*path, str(key)), inner) for key, inner in value.items()]
        elif isinstance(value, list):
            waiting += [(path, inner) for inner in value]


class _Reader:
    """Reads statement by statement."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.entries: list[TomlEntry] = []
        self._above: tuple[str, ...] = ()
        self._table = -1

    def read(self) -> None:
        """Read all statements; after one that is broken, go on with the line after it begins."""
        at = 3 if self.data.startswith(b"\xef\xbb\xbf") else 0
        while (at := _end(_FILL, self.data, at)) < len(self.data):
            try:
                at = self._rest(self._statement(at))
            except _BrokenError:
                at = self._line_end(at)

    def _statement(self, at: int) -> int:
        header = _HEADER.match(self.data, at)
        if header is not None and len(header[1]) == len(header[3]):
            start, end = header.span(2)
            self._above = self._keys(start, end)
            self._table = self._add(-1, self._above, at, None, (header.end(), header.end()), TomlKind.TABLE)
            return header.end()
        return self._pair(at, self._table, self._above, 0)

    def _pair(self, at: int, parent: int, above: tuple[str, ...], depth: int) -> int:
        """Read a key with its value and return where it ends."""
        key = _KEY.match(self.data, at)
        if key is None:
            raise _BrokenError
        path = (*above, *self._keys(*key.span()))
        last = [part.span() for part in _PART.finditer(self.data, *key.span())][-1]
        equals = _end(_BLANK, self.data, key.end())
        if self.data[equals : equals + 1] != b"=":
            raise _BrokenError
        return self._value(_end(_BLANK, self.data, equals + 1), parent, path, (at, last), depth)

    def _value(
        self,
        at: int,
        parent: int,
        path: tuple[str, ...],
        key: tuple[int, tuple[int, int]] | None,
        depth: int,
    ) -> int:
        """Read a value, add its entry and those in it, and return where it ends."""
        start, name = key if key is not None else (at, None)
        opening = self.data[at : at + 1]
        if opening in (b"[", b"{"):
            if depth > _DEEPEST:
                raise _BrokenError
            kind = TomlKind.ARRAY if opening == b"[" else TomlKind.TABLE
            place = self._add(parent, path, start, name, (at, at), kind)
            end = self._within(at + 1, place, path, kind, depth + 1)
            self._close(place, end)
            return end
        found = _STRING.match(self.data, at)
        if found is not None:
            self._add(parent, path, start, name, found.span(), TomlKind.STRING, _said(found[0]))
            return found.end()
        found = _PLAIN.match(self.data, at)
        if found is None:
            raise _BrokenError
        self._add(parent, path, start, name, found.span(), TomlKind.OTHER)
        return found.end()

    def _within(self, at: int, place: int, path: tuple[str, ...], kind: TomlKind, depth: int) -> int:
        """Read what is in brackets or braces and return where they end."""
        closing = b"]" if kind is TomlKind.ARRAY else b"}"
        while True:
            at = _end(_FILL, self.data, at)
            if self.data[at : at + 1] == closing:
                return at + 1
            if kind is TomlKind.ARRAY:
                at = self._value(at, place, path, None, depth)
            else:
                at = self._pair(at, place, path, depth)
            at = _end(_FILL, self.data, at)
            if self.data[at : at + 1] == b",":
                at += 1
            elif self.data[at : at + 1] != closing:
                raise _BrokenError

    def _rest(self, at: int) -> int:
        """Return where the line of a statement ends, which has nothing else on it."""
        rest = _REST.match(self.data, at)
        if rest is None:
            raise _BrokenError
        return rest.end()

    def _keys(self, start: int, end: int) -> tuple[str, ...]:
        return tuple(_said(part[0]) for part in _PART.finditer(self.data, start, end))

    def _add(
        self,
        parent: int,
        path: tuple[str, ...],
        start: int,
        key: tuple[int, int] | None,
        value: tuple[int, int],
        kind: TomlKind,
        text: str = "",
    ) -> int:
        place = len(self.entries)
        self.entries.append(TomlEntry(place, parent, path, start, key, value, kind, text))
        return place

    def _close(self, place: int, end: int) -> None:
        entry = self.entries[place]
        self.entries[place] = TomlEntry(
            place, entry.parent, entry.path, entry.start, entry.key, (entry.value[0], end), entry.kind, ""
        )

    def _line_end(self, at: int) -> int:
        end = self.data.find(b"\n", at)
        return len(self.data) if end < 0 else end + 1


def _end(pattern: re.Pattern[bytes], data: bytes, at: int) -> int:
    found = pattern.match(data, at)
    return found.end() if found is not None else at


def _said(written: bytes) -> str:
    """Return what a string, or a part of a key, says."""
    text = written.decode("utf-8", errors="replace")
    if text[:1] not in ("'", '"'):
        return text
    if "\\" not in text and text[:3] not in ("'''", '"""'):
        return text[1:-1]
    try:
        value = load_toml(f"x = {text}")["x"]
    except tomllib.TOMLDecodeError:
        return text[1:-1]
    return value if isinstance(value, str) else text
