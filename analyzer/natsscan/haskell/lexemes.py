"""The lexemes of a Haskell file as it is written, in all branches of the preprocessor at once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

_SYMBOL = rb"[!#$%&*+./<=>?@\\^|~:-]"
# Of other scripts; in UTF-8 what begins with E2 is no letter: arrows and other symbols.
_LETTER = rb"[\xc3-\xe1\xe3-\xf4][\x80-\xbf]+"
_PART = rb"(?:[\w']|" + _LETTER + rb")"
_UPPER = rb"[A-Z]" + _PART + rb"*"
_LOWER = rb"(?:[a-z_]|" + _LETTER + rb")" + _PART + rb"*"
_LEXEME = re.compile(
    rb"(?P<blank>\s+)"
    rb"|(?P<open>\{-)"
    rb"|(?P<multiline>\"\"\"(?:\\.|[^\\])*?\"\"\")"
    rb"|(?P<string>\"(?:\\\s+\\|\\.|[^\"\\\n])*\")"
    rb"|(?P<char>'(?:\\.[^'\n]*|[^\\'\n\x80-\xff]|[\x80-\xff]{1,4})')"
    rb"|(?P<quoted>\[(?:" + _UPPER + rb"\.)*" + _LOWER + rb"\|)"
    rb"|(?P<upper>" + _UPPER + rb"(?:\." + _UPPER + rb")*(?:\.(?P<name>" + _LOWER + rb"|" + _SYMBOL + rb"+))?)"
    rb"|(?P<lower>" + _LOWER + rb")"
    rb"|(?P<number>\d[\w.]*)"
    rb"|(?P<symbol>" + _SYMBOL + rb"+)"
    rb"|(?P<other>.)",
    re.DOTALL,
)
_COMMENT_MARK = re.compile(rb"\{-|-\}")
_DASHES = re.compile(rb"--+")
# Directives of the preprocessor with words that are no code.
_PROSE = re.compile(rb"[ \t]*(?:error|warning|include|line|pragma)\b")
_PRAGMA = re.compile(rb"\{-#(?!\s*(?:LANGUAGE|OPTIONS)\w*\b)", re.IGNORECASE)
# Brackets of Template Haskell look like quotations, and have code in them.
_CODE_BRACKETS = frozenset({b"[e|", b"[d|", b"[t|", b"[p|"})
_LONGEST_QUOTE = 50_000


class Sort(StrEnum):
    """What a lexeme is; comments, blanks and characters are none. A `quote` is a quasi-quoted text.

    What is `upper` begins with a capital: the name of a module or a constructor, or anything qualified.
    """

    UPPER = "upper"
    LOWER = "lower"
    STRING = "string"
    NUMBER = "number"
    SYMBOL = "symbol"
    QUOTE = "quote"
    OTHER = "other"


class Lexeme(NamedTuple):
    """A lexeme and where it stands; `qualifier` is what stands before the last dot of one that is `upper`."""

    sort: Sort
    start: int
    end: int
    text: bytes
    qualifier: bytes


def lexemes(data: bytes) -> Iterator[Lexeme]:
    """Yield the lexemes of a file in order. Never raises: what is no lexeme, such as an open quote, is `other`."""
    at = 0
    while at < len(data):
        found = _LEXEME.match(data, at)
        if found is None:  # the last alternative takes any byte
            return
        start, at = found.span()
        kind, text = found.lastgroup or "", found.group()
        if kind == "open":
            at = start + len(b"{-#") if _PRAGMA.match(data, start) else _after_comment(data, start)
        elif kind == "symbol" and (_DASHES.fullmatch(text) or _is_prose(data, start, text)):
            at = _line_end(data, at)
        elif kind == "quoted":
            end = -1 if text in _CODE_BRACKETS else data.find(b"|]", at, at + _LONGEST_QUOTE)
            is_quote = end >= 0 and b"<-" not in data[at:end]  # else it is a list comprehension
            at = end + len(b"|]") if is_quote else start + 1
            yield Lexeme(Sort.QUOTE if is_quote else Sort.OTHER, start, at, data[start:at], b"")
        elif kind == "upper":
            name = found.start("name") if found["name"] else start + text.rfind(b".") + 1
            yield Lexeme(Sort.UPPER, start, at, text, data[start : max(start, name - 1)])
        elif kind not in ("blank", "char"):
            sort = Sort.STRING if kind == "multiline" else Sort(kind)
            yield Lexeme(sort, start, at, text, b"")


def _after_comment(data: bytes, start: int) -> int:
    """Return where a comment ends, with those that are nested in it."""
    depth = 0
    for mark in _COMMENT_MARK.finditer(data, start):
        depth += 1 if mark.group() == b"{-" else -1
        if depth == 0:
            return mark.end()
    return len(data)


def _line_end(data: bytes, at: int) -> int:
    end = data.find(b"\n", at)
    return len(data) if end < 0 else end


def _is_prose(data: bytes, at: int, symbol: bytes) -> bool:
    """Tell whether a symbol begins a directive whose line is no code."""
    is_first = symbol == b"#" and not data[data.rfind(b"\n", 0, at) + 1 : at].strip()
    return is_first and _PROSE.match(data, at + 1) is not None
