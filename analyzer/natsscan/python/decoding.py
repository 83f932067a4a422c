"""The text of a Python file: in the encoding that it declares, with its places in the file's own bytes."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from itertools import accumulate

from natsscan.source.read import declared_encoding

_FORM_FEED = re.compile(rb"(\r?\n)(\f+)")
_LONE_RETURN = re.compile(rb"\r(?!\n)")
# What a byte is read as that stands for no character, until it is shown as one.
_STRAY = "surrogateescape"
_STRAYS = re.compile("[\udc80-\udcff]")


@dataclass(frozen=True, slots=True)
class Decoded:
    """The text of a file. `offsets` tell at which byte each character begins, None if they are as many bytes.

    `undecoded` is the offset of the first byte that is no character of the encoding which the file declares.
    """

    text: str
    offsets: list[int] | None
    undecoded: int | None = None


def decode(data: bytes) -> Decoded:
    """Return the text of a file; a byte that is no character is read as one that nobody knows.

    Raises LookupError for an encoding that is not known, ValueError for one that is none of text, byte by byte.
    """
    declared = declared_encoding(data)
    encoding = codecs.lookup(declared).name.removesuffix("-sig") if declared else "utf-8"
    start = len(codecs.BOM_UTF8) if data.startswith(codecs.BOM_UTF8) else 0
    if start and encoding != "utf-8":
        raise ValueError(f"{encoding} has no such mark")
    while data[start : start + 1] == b"\f":
        start += 1
    text = _with_plain_lines(data[start:]).decode(encoding, errors=_STRAY)
    if data.isascii() and len(text) == len(data):
        return Decoded(text, None)
    offsets = list(accumulate((len(each.encode(encoding, errors=_STRAY)) for each in text), initial=start))
    if offsets[-1] != len(data):
        raise ValueError(f"{encoding} has no number of bytes for each character")
    stray = _STRAYS.search(text)
    if stray is None:
        return Decoded(text, offsets)
    shown = _STRAYS.sub("\N{REPLACEMENT CHARACTER}", text)
    return Decoded(shown, offsets, offsets[stray.start()] if declared else None)


def _with_plain_lines(data: bytes) -> bytes:
    """Return as many bytes without what the parser drops: form feeds between lines, returns that end lines alone."""
    if b"\f" in data:
        data = _FORM_FEED.sub(lambda match: b" " * len(match[2]) + match[1], data)
    return _LONE_RETURN.sub(b"\n", data) if b"\r" in data else data
