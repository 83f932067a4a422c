"""Runs the YAML grammar within its limits: deep nesting, long files and broken lines are dealt with here."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from typing import NamedTuple

import tree_sitter_yaml
import yaml
from tree_sitter import Language, Node, Parser, Query, QueryCursor

from natsscan.catalog.yamlloader import FAST_LOADER

# The grammar's scanner keeps its indents in 1024 bytes and crashes beyond some 250 levels; each takes a column.
_DEEPEST_COLUMN = 150
_TOO_DEEP = re.compile(
    rb"^(?=[ \t]*(?:[-?:&!]|[ \t]{100}))"
    rb"(?:[ \t?:-]{%d,}|(?:[ \t]*(?:[-?:]|[&!]\S*)(?=[ \t\r\n])){50,}).*" % _DEEPEST_COLUMN,
    re.MULTILINE,
)
_DEEPEST_FLOW = 100
_BRACKET = re.compile(rb"[\[\]{}]")
# It counts rows in 16 bits; longer files are read in pieces.
_LONGEST_PIECE = 30_000
_KEY_LINE = re.compile(rb"([ ]*)((?:- +)*)([\"']?[\w][\w./ -]*[\"']?:)?(?=[ \t\r\n]|$)")
_ITEM_LINE = re.compile(rb"([ ]*)-(?=[ \t\r\n])")
_CUT_LINE = re.compile(rb"([ ]*)[\"']?\w[\w./-]*[\"']?:(?=[ \t\r\n]|$)")
_TAB_INDENT = re.compile(rb" *\t\s*[^\s#]")
_MOST_REPAIRS = 8
_MOST_REPAIRED = 1_000_000  # bytes in all: each repair has the whole text parsed again
# Without its C library PyYAML takes seconds for what it then only says one line about.
_LONGEST_EXPLAINED = 2_000_000 if yaml.__with_libyaml__ else 100_000


class TokenKind(IntEnum):
    """Parts of YAML text, in the order in which those that cover the same bytes contain each other."""

    DOCUMENT = 0
    FLOW_ITEM = 1
    KEY = 2
    MAP = 3
    LIST = 4
    ITEM = 5
    PAIR = 6
    PLAIN = 7
    INT = 8
    FLOAT = 9
    BOOL = 10
    NULL = 11
    QUOTED = 12
    BLOCK = 13
    ALIAS = 14
    COMMENT = 15


class Token(NamedTuple):
    """A part of YAML text. The end is negative so that tokens sort by start, those around others first."""

    start: int
    minus_end: int
    kind: TokenKind


class Fault(NamedTuple):
    """From this byte offset on, something could not be read."""

    offset: int
    reason: str


@dataclass(frozen=True, slots=True)
class Parsed:
    """The parts of a text, in pieces of which each begins where the one before ended, and what is broken.

    A piece begins with the keys its first line is under, at the offsets where they stand in the text. `skipped` are
    the offsets of the lines that were left out.
    """

    pieces: tuple[tuple[Token, ...], ...]
    faults: tuple[Fault, ...]
    skipped: tuple[int, ...] = ()


_CAPTURES = {
    "document": TokenKind.DOCUMENT,
    "flowitem": TokenKind.FLOW_ITEM,
    "map": TokenKind.MAP,
    "list": TokenKind.LIST,
    "item": TokenKind.ITEM,
    "pair": TokenKind.PAIR,
    "key": TokenKind.KEY,
    "plain": TokenKind.PLAIN,
    "int": TokenKind.INT,
    "float": TokenKind.FLOAT,
    "bool": TokenKind.BOOL,
    "null": TokenKind.NULL,
    "quoted": TokenKind.QUOTED,
    "block": TokenKind.BLOCK,
    "alias": TokenKind.ALIAS,
    "comment": TokenKind.COMMENT,
}
_QUERY = """
(document) @document
[(block_mapping) (flow_mapping)] @map
[(block_sequence) (flow_sequence)] @list
(block_sequence_item) @item
(flow_sequence (flow_node) @flowitem)
[(block_mapping_pair) (flow_pair)] @pair
(block_mapping_pair key: (_) @key)
(flow_pair key: (_) @key)
[(string_scalar) (timestamp_scalar)] @plain
(integer_scalar) @int
(float_scalar) @float
(boolean_scalar) @bool
(null_scalar) @null
[(double_quote_scalar) (single_quote_scalar)] @quoted
(block_scalar) @block
(alias) @alias
(comment) @comment
[(ERROR) (MISSING)] @fault
"""


@cache
def _language() -> Language:
    return Language(tree_sitter_yaml.language())


@cache
def _query() -> Query:
    return Query(_language(), _QUERY)


def parse(data: bytes) -> Parsed:
    """Return the parts of a YAML text. Where a line is broken, the rest is read as if the line were not there.

    Bytes that are not UTF-8 count as letters.
    """
    without_mark = b"  \n" + data[3:] if data.startswith(b"\xef\xbb\xbf") else data
    text, faults = _within_limits(_decodable(without_mark))
    pieces, broken = _parse_all(text)
    skipped: list[int] = []
    before, opened = text, -1  # the text without repairs to what the bracket or quote at `opened` holds
    for _ in range(max(1, min(_MOST_REPAIRS, _MOST_REPAIRED // max(1, len(text))))):
        if broken is None:
            break
        cause = _explain(text, broken)
        if not cause.certain:
            faults.append(Fault(cause.offset, cause.reason))
            break
        if cause.opened is None or cause.opened != opened:
            before, opened = text, -1 if cause.opened is None else cause.opened
            faults.append(Fault(cause.offset, cause.reason))
            skipped.append(cause.offset)
            text = _without_line(text, cause.offset)
        else:  # still open without the line it broke at, so what opened it is at fault, and not that line
            faults[-1] = Fault(cause.opened, cause.reason)
            skipped[-1] = cause.opened
            text = _without_line(before, cause.opened)
        pieces, broken = _parse_all(text)
    return Parsed(tuple(pieces), tuple(sorted(faults)[:1]), tuple(skipped))


def _decodable(data: bytes) -> bytes:
    """Put a letter for each byte that is not UTF-8, for which the grammar would give up the line."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return re.sub("[\udc80-\udcff]", "x", data.decode(errors="surrogateescape")).encode()
    return data


def _within_limits(data: bytes) -> tuple[bytes, list[Fault]]:
    """Blank what the grammar would crash on or take minutes for."""
    faults: list[Fault] = []
    deep = _TOO_DEEP.search(data)
    if deep:
        faults.append(Fault(deep.start(), "nested or indented too deeply here to follow"))
        data = _TOO_DEEP.sub(lambda match: b" " * len(match.group()), data)
    if data.count(b"[") + data.count(b"{") > _DEEPEST_FLOW:
        depth, opened = 0, []
        for match in _BRACKET.finditer(data):
            if match.group() in b"]}":
                depth = max(0, depth - 1)
                continue
            depth += 1
            if depth > _DEEPEST_FLOW:
                opened.append(match.start())
        if opened:
            faults.append(Fault(opened[0], "brackets nested too deeply here to follow"))
            text = bytearray(data)
            for offset in opened:
                text[offset] = 32
            data = bytes(text)
    return data, faults


def _parse_all(text: bytes) -> tuple[list[tuple[Token, ...]], int | None]:
    """Return the tokens of all pieces of a text and the offset of the first thing the grammar does not take."""
    if text.count(b"\n") <= _LONGEST_PIECE:
        tokens, broken = _parse(text)
        return [tuple(sorted(tokens))], broken
    pieces, first = [], None
    for prefix, at, end in _pieces(text):
        head = b"".join(text[start:stop] + b"\n" for start, stop in prefix)
        tokens, broken = _parse(head + text[at:end])
        place = _Place(prefix, at - len(head))
        pieces.append(tuple(sorted(Token(place(start), -place(-end_), kind) for start, end_, kind in tokens)))
        if first is None and broken is not None:
            first = place(broken)
    return pieces, first


class _Place:
    """Turns an offset in a piece into one in the text."""

    def __init__(self, prefix: list[tuple[int, int]], shift: int) -> None:
        self.starts: list[int] = []
        self.shifts: list[int] = []
        at = 0
        for start, stop in prefix:
            self.starts.append(at)
            self.shifts.append(start - at)
            at += stop - start + 1
        self.starts.append(at)
        self.shifts.append(shift)

    def __call__(self, offset: int) -> int:
        return offset + self.shifts[bisect_right(self.starts, offset) - 1]


def _pieces(text: bytes) -> list[tuple[list[tuple[int, int]], int, int]]:
    """Cut a long text at keys; return for each piece the spans of the keys around it, and its own span."""
    lines = [0]
    at = text.find(b"\n")
    while at >= 0:
        lines.append(at + 1)
        at = text.find(b"\n", at + 1)
    pieces = []
    begin = 0
    while begin < len(lines):
        end = len(lines)
        if end - begin > _LONGEST_PIECE:
            end = _best_cut(text, lines, begin + _LONGEST_PIECE * 9 // 10, begin + _LONGEST_PIECE)
        stop = lines[end] if end < len(lines) else len(text)
        pieces.append((_around(text, lines, begin), lines[begin], stop))
        begin = end
    return pieces


def _best_cut(text: bytes, lines: list[int], first: int, last: int) -> int:
    """Return the line among some at which a key begins that is indented least."""
    best, depth = last, _DEEPEST_COLUMN
    for line in range(first, last):
        match = _CUT_LINE.match(text, lines[line])
        if match and len(match.group(1)) < depth:
            best, depth = line, len(match.group(1))
            if depth == 0:
                break
    return best


def _around(text: bytes, lines: list[int], line: int) -> list[tuple[int, int]]:
    """Return the spans of the keys and dashes, outermost first, under which a line stands."""
    match = _CUT_LINE.match(text, lines[line])
    column = len(match.group(1)) if match else 0
    found: list[tuple[int, int]] = []
    while column > 0 and line > 0:
        line -= 1
        start = lines[line]
        above = _KEY_LINE.match(text, start)
        if above is None or not (above.group(2) or above.group(3)):
            continue
        outer, inner = len(above.group(1)), len(above.group(1)) + len(above.group(2))
        if above.group(3) and inner < column:
            found.append((start, above.end()))
            column = outer
        elif above.group(2) and outer < column:
            found.append((start, start + inner))
            column = outer
    return found[::-1]


def _parse(text: bytes) -> tuple[list[Token], int | None]:
    root = Parser(_language()).parse(text).root_node
    captures = QueryCursor(_query()).captures(root)
    tokens = [
        Token(node.start_byte, -node.end_byte, kind)
        for name, kind in _CAPTURES.items()
        for node in captures.get(name, ())
    ]
    return tokens, _first_fault(root, captures.get("fault", [])) if root.has_error else None


def _first_fault(root: Node, faults: list[Node]) -> int:
    """Return where the innermost of the grammar's errors begins that begins first."""
    small = [node for node in faults if node.end_byte - node.start_byte < root.end_byte - root.start_byte]
    return min((node.start_byte for node in small or faults), default=root.start_byte)


class _Cause(NamedTuple):
    """Where and why a text is no YAML, whether the line is certain, and the line where what is not closed opens."""

    offset: int
    reason: str
    certain: bool
    opened: int | None = None


def _explain(text: bytes, broken: int) -> _Cause:
    """Return why a text is no YAML. If the line is certain, it can be left out."""
    vague = "the YAML grammar does not take what begins here"
    if len(text) > _LONGEST_EXPLAINED:
        return _Cause(broken, vague, certain=False)
    decoded = text.decode("utf-8", errors="replace").replace("\x00", " ")
    try:
        for _ in yaml.parse(decoded, Loader=FAST_LOADER):
            pass
    except yaml.MarkedYAMLError as error:
        return _cause(text, broken, error)
    except yaml.YAMLError as error:
        return _Cause(broken, f"not YAML: {str(error).splitlines()[0]}", certain=False)
    except RecursionError:
        return _Cause(broken, "not YAML that can be followed: nested too deeply", certain=False)
    return _Cause(broken, vague, certain=False)


def _cause(text: bytes, broken: int, error: yaml.MarkedYAMLError) -> _Cause:
    reason, context = f"not YAML: {error.problem or error.context or 'broken'}", error.context or ""
    mark = error.problem_mark or error.context_mark
    if mark is None:
        return _Cause(broken, reason, certain=False)
    offset = _line_with_text(text, _line_start(text, mark.line))
    if offset is None:
        return _Cause(broken, reason, certain=False)
    began = _line_start(text, error.context_mark.line) if error.context_mark else offset
    if _TAB_INDENT.match(text, offset):
        return _Cause(offset, "not YAML: indented with a tab", certain=True)
    if "quoted scalar" in context or "simple key" in context:  # found out only lines below, if not at the end
        return _Cause(began, reason, certain=True)
    return _Cause(offset, reason, certain=True, opened=began if "flow" in context else None)


def _line_start(text: bytes, line: int) -> int:
    at = 0
    for _ in range(line):
        following = text.find(b"\n", at) + 1
        if following == 0:
            break
        at = following
    return at


def _line_with_text(text: bytes, offset: int) -> int | None:
    """Return the start of a line, or of the nearest one above it that is not blank; None if all are blank."""
    end = text.find(b"\n", offset)
    if text[offset : end if end >= 0 else len(text)].strip():
        return offset
    above = text[:offset].rstrip()
    return above.rfind(b"\n") + 1 if above else None


def _without_line(text: bytes, offset: int) -> bytes:
    end = text.find(b"\n", offset)
    end = len(text) if end < 0 else end
    kept = b"\r" if text[offset:end].endswith(b"\r") else b""
    return text[:offset] + b" " * (end - offset - len(kept)) + kept + text[end:]
