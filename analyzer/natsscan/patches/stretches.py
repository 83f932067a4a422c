"""Stretches of lines that go as a whole, with the comments above and the blank lines around that go with them."""

from __future__ import annotations

from natsscan.patches.lines import line_end, line_start

_COMMENT = b"#"


def alone(data: bytes, start: int, end: int) -> tuple[int, int] | None:
    """Return the whole lines of a stretch, None if it shares them with anything but blanks and a comment."""
    low, high = line_start(data, start), line_end(data, end)
    rest = data[end:high].strip().removeprefix(b";").lstrip()
    if data[low:start].strip() or (rest and not rest.startswith(_COMMENT)):
        return None
    return low, high


def comments_above(data: bytes, start: int) -> int:
    """Return where the comment lines directly above a line begin; its own start if there are none."""
    at = start
    while at:
        above = line_start(data, at - 1)
        text = data[above:at].strip()
        if not text.startswith(_COMMENT) or text.startswith(b"#!"):
            break
        at = above
    return at


def ends_paragraph(data: bytes, end: int) -> bool:
    """Tell whether a blank line or the end of the file comes behind a stretch of lines."""
    return not data[end : line_end(data, end)].strip()


def with_blank(data: bytes, start: int, end: int) -> tuple[int, int]:
    """Return a stretch with the blank line that would be one too many without it."""
    before = data[line_start(data, start - 1) : start].strip() if start else b""
    if before:
        return start, end
    if end < len(data):
        return (start, line_end(data, end)) if ends_paragraph(data, end) else (start, end)
    while start and not data[line_start(data, start - 1) : start].strip():
        start = line_start(data, start - 1)
    return start, end
