"""The broker in the text of programs: in string literals, in names of the code base, in comments."""

from __future__ import annotations

import re

from natsscan.model.source import FileKind
from natsscan.model.usage import Operation, Tier, Usage
from natsscan.surfaces.surface import Surface, SurfaceReading

_TEXT = {
    FileKind.HASKELL: re.compile(rb'"(?P<string>(?:\\.|[^"\\\n])*)"|--[^\n]*|\{-.*?(?:-\}|\Z)', re.DOTALL),
    FileKind.PYTHON: re.compile(
        rb"\"\"\".*?(?:\"\"\"|\Z)|'''.*?(?:'''|\Z)|#[^\n]*"
        rb"|(?P<quote>[\"'])(?P<string>(?:\\.|(?!(?P=quote))[^\\\n])*)(?P=quote)",
        re.DOTALL,
    ),
}
_WORD = re.compile(rb"[\w'.]+")
_KEY = re.compile(r"[\w.{}-]+")


def read(surface: Surface) -> SurfaceReading:
    """Return what the text of a program says of the broker.

    A string literal that is one word is a key, a variable or a header: tier `direct`. Without any of these, a name in
    code leads to the broker in some way (tier `indirect`); else comments and prose only mention it (tier `mention`).
    Of the last two kinds there is one usage, at the first place.
    """
    data = surface.source.data
    name = surface.broker.in_programs
    quiet = list(_TEXT[surface.source.kind].finditer(data))
    direct = [usage for match in quiet if (usage := _string(surface, match, name))]
    if direct:
        return SurfaceReading(tuple(direct))
    hits = [match.start() for match in name.finditer(data)]
    if not hits:
        return SurfaceReading()
    in_code = [hit for hit in hits if not any(match.start() <= hit < match.end() for match in quiet)]
    start, end = _word_at(data, (in_code or hits)[0])
    usage = surface.usage(
        Operation.WRAPPER if in_code else Operation.MENTION,
        surface.positions.text(start, end),
        start,
        end,
        tier=Tier.INDIRECT if in_code else Tier.MENTION,
        arguments={"count": str(len({data.count(b"\n", 0, hit) for hit in hits}))},
    )
    return SurfaceReading((usage,))


def _string(surface: Surface, match: re.Match[bytes], name: re.Pattern[bytes]) -> Usage | None:
    """Return the header, variable or key that a string literal names; prose, paths and URLs are neither."""
    content = match.group("string")
    if not content:
        return None
    text = content.decode(errors="replace")
    start, end = match.span("string")
    if surface.broker.message_headers.fullmatch(text):
        return surface.usage(Operation.MESSAGE, text, start, end, arguments={"header": text})
    if not name.search(content):
        return None
    if surface.broker.variable.match(text.rstrip("_")):
        symbol = text + "{}" if text.endswith("_") else text  # the rest is put on at run time
        return surface.usage(Operation.ENV, symbol, start, end, arguments={"role": "read"})
    if _KEY.fullmatch(text):
        return surface.usage(Operation.CONFIG, text, start, end)
    return None


def _word_at(data: bytes, offset: int) -> tuple[int, int]:
    """Return the place of the whole, possibly qualified, word around an offset."""
    line_start = data.rfind(b"\n", 0, offset) + 1
    for match in _WORD.finditer(data, line_start):
        if match.end() > offset:
            return match.span()
    return offset, offset + 1
