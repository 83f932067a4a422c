"""The lexemes of a Haskell file as it is written, in all branches of the preprocessor at once."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from enum import StrEnum
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

# Read where every character that is not of ASCII has one of ASCII in its place that counts alike.
_SYMBOL = r"[!#$%&*+./<=>?@\\^|~:-]"
_UPPER = r"[A-Z][\w']*"
_LOWER = r"[a-z_][\w']*"
_LEXEME = re.compile(
    r"(?P<blank>\s+)"
    r"|(?P<open>\{-)"
    r'|(?P<multiline>"""(?:\\.|[^\\])*?""")'
    r'|(?P<string>"(?:\\\s+\\|\\\^[@-_]|\\.|[^"\\\n])*")'
    r"|(?P<char>'(?:\\.[^'\n]*|[^\\'\n])')"
    r"|(?P<quoted>\[(?:" + _UPPER + r"\.)*" + _LOWER + r"\|)"
    r"|(?P<upper>" + _UPPER + r"(?:\." + _UPPER + r")*(?:\.(?P<name>" + _LOWER + r"|" + _SYMBOL + r"+))?)"
    r"|(?P<lower>" + _LOWER + r")"
    r"|(?P<number>0[xXoObB]\w+|\d[\d_]*(?:\.\d[\d_]*)?(?:[eE][+-]?\d[\d_]*)?)"
    r"|(?P<symbol>" + _SYMBOL + r"+)"
    r"|(?P<other>.)",
    re.DOTALL,
)
_COMMENT_MARK = re.compile(r"\{-|-\}")
_DASHES = re.compile(r"--+")
# Directives of the preprocessor with words that are no code.
_PROSE = re.compile(r"[ \t]*(?:error|warning|include|line|pragma)\b")
# Pragmas with names of the program in them. What GHC does not know is a comment to it.
_PRAGMA = re.compile(
    r"\{-#\s*(?:ANN|CORE|DEPRECATED|INLINE|INLINABLE|INLINEABLE|NOINLINE|NOTINLINE|OPAQUE|MINIMAL|COMPLETE|RULES|SCC"
    r"|SOURCE|SPECIALI[SZ]E|WARNING)\b",
    re.IGNORECASE,
)
# Brackets of Template Haskell look like quotations, and have code in them.
_CODE_BRACKETS = frozenset({"[e|", "[d|", "[t|", "[p|"})
_QUOTES_ARE_ON = re.compile(r"\{-#\s*LANGUAGE\b[^}]*\bQuasiQuotes\b", re.IGNORECASE)
_LONGEST_COMPREHENSION = 50_000
_BRACKET = re.compile(r"[\[\]]")
# By general category of Unicode, or its first letter.
_COUNTS_AS = {
    "Lu": "A",
    "Lt": "A",
    "Ll": "a",
    "Lo": "a",
    "Lm": "'",
    "Mn": "'",
    "No": "'",
    "Nd": "0",
    "S": "%",
    "P": "%",
    "Z": " ",
}


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
    text = data.decode("utf-8", "surrogateescape")
    offsets = None if text.isascii() else [0, *accumulate(len(c.encode("utf-8", "surrogateescape")) for c in text)]
    code = text if text.isascii() else "".join(map(_counting_alike, text))
    for sort, start, end, name in _lexemes(code):
        first, last, dot = (start, end, name) if offsets is None else (offsets[start], offsets[end], offsets[name])
        qualifier = data[first : max(first, dot - 1)] if sort is Sort.UPPER else b""
        yield Lexeme(sort, first, last, data[first:last], qualifier)


def _lexemes(code: str) -> Iterator[tuple[Sort, int, int, int]]:
    """Yield sort, start and end of each lexeme, and where its name begins behind a qualifier."""
    quotes_are_on = _QUOTES_ARE_ON.search(code) is not None
    at, closing = 0, -1
    while at < len(code):
        found = _LEXEME.match(code, at)
        if found is None:  # the last alternative takes any character
            return
        start, at = found.span()
        kind, text = found.lastgroup or "", found.group()
        if kind == "open":
            at = start + len("{-#") if _PRAGMA.match(code, start) else _after_comment(code, start)
        elif kind == "symbol" and (_DASHES.fullmatch(text) or _is_prose(code, start, text)):
            at = _line_end(code, at)
        elif kind == "quoted":
            if closing < at:
                closing = code.find("|]", at)
                closing = len(code) if closing < 0 else closing
            is_quote = text not in _CODE_BRACKETS and closing < len(code)
            is_quote = is_quote and (quotes_are_on or not _is_comprehension(code, at, closing))
            at = closing + len("|]") if is_quote else start + 1
            yield Sort.QUOTE if is_quote else Sort.OTHER, start, at, start
        elif kind == "upper":
            yield Sort.UPPER, start, at, found.start("name") if found["name"] else start + text.rfind(".") + 1
        elif kind not in ("blank", "char"):
            yield Sort.STRING if kind == "multiline" else Sort(kind), start, at, start


@lru_cache(maxsize=4096)
def _counting_alike(character: str) -> str:
    """Return a character of ASCII that counts as this one does (Haskell 2010 report, section 2.2)."""
    if character.isascii():
        return character
    category = unicodedata.category(character)
    return _COUNTS_AS.get(category) or _COUNTS_AS.get(category[0], "`")


def _is_comprehension(code: str, start: int, end: int) -> bool:
    """Tell whether what looks like a quasi-quoted text draws from a list: `[x|x <- xs]`, with its own bracket."""
    if code.find("<-", start, end) < 0:
        return False
    depth = 1
    for each in _BRACKET.finditer(code, start, min(end, start + _LONGEST_COMPREHENSION)):
        depth += 1 if each.group() == "[" else -1
        if depth == 0:
            return True
    return False


def _after_comment(code: str, start: int) -> int:
    """Return where a comment ends, with those that are nested in it."""
    depth = 0
    for mark in _COMMENT_MARK.finditer(code, start):
        depth += 1 if mark.group() == "{-" else -1
        if depth == 0:
            return mark.end()
    return len(code)


def _line_end(code: str, at: int) -> int:
    end = code.find("\n", at)
    return len(code) if end < 0 else end


def _is_prose(code: str, at: int, symbol: str) -> bool:
    """Tell whether a symbol begins a directive whose line is no code: those stand at the begin of their line."""
    return symbol == "#" and (at == 0 or code[at - 1] == "\n") and _PROSE.match(code, at + 1) is not None
