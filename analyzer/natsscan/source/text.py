from __future__ import annotations

from bisect import bisect_right
from functools import cached_property
from itertools import accumulate

from natsscan.model.span import Span

# From so many questions about one file on, an index of its lines is quicker than counting.
_INDEX_PAYS = 64
_NEAR = 1_000  # bytes; files made by programs have lines of megabytes


class TextPositions:
    """Turns byte offsets of one file into lines and columns.

    Lines end at LF, so that CRLF counts once and a lone CR not at all, as git and editors count them. Bytes that are
    not UTF-8 count as one code point each.
    """

    def __init__(self, path: str, data: bytes) -> None:
        self.path = path
        self.data = data
        self._asked = 0

    @cached_property
    def _starts(self) -> list[int]:
        """The byte offset at which each line begins, and one past the end."""
        return list(accumulate((len(line) + 1 for line in self.data.split(b"\n")), initial=0))

    def position(self, offset: int) -> tuple[int, int]:
        """Return line and column, both from 1, of a byte offset; the column counts code points."""
        self._asked += 1
        if self._asked < _INDEX_PAYS:
            start = self.data.rfind(b"\n", 0, offset) + 1
            return self.data.count(b"\n", 0, offset) + 1, len(_decode(self.data[start:offset])) + 1
        line = bisect_right(self._starts, offset)
        return line, len(_decode(self.data[self._starts[line - 1] : offset])) + 1

    def line_at(self, offset: int) -> str:
        """Return the line around a byte offset without its line ending; of a very long one, what is near the offset."""
        end = self.data.find(b"\n", offset)
        start = max(self.data.rfind(b"\n", 0, offset) + 1, offset - _NEAR)
        line = self.data[start : min(end if end >= 0 else len(self.data), offset + _NEAR)]
        return _decode(line).rstrip("\r")

    def text(self, start: int, end: int) -> str:
        """Return the text between two byte offsets."""
        return _decode(self.data[start:end])

    def span(self, start: int, end: int) -> Span:
        """Return the span between two byte offsets."""
        line, column = self.position(start)
        end_line, end_column = self.position(end)
        return Span(self.path, start, end, line, column, end_line, end_column)


def _decode(data: bytes) -> str:
    return data.decode("utf-8", errors="replace") if not data.isascii() else data.decode("ascii")
