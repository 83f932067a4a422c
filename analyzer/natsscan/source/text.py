from __future__ import annotations

from bisect import bisect_right

from natsscan.model.span import Span


class TextPositions:
    """Turns byte offsets of one file into lines and columns.

    Lines end at LF, so that CRLF counts once and a lone CR not at all, as git and editors count them. Bytes that are
    not UTF-8 count as one code point each.
    """

    def __init__(self, path: str, data: bytes) -> None:
        self.path = path
        self._data = data
        self._starts = [0]
        at = data.find(b"\n")
        while at >= 0:
            self._starts.append(at + 1)
            at = data.find(b"\n", at + 1)

    def position(self, offset: int) -> tuple[int, int]:
        """Return line and column, both from 1, of a byte offset; the column counts code points."""
        line = bisect_right(self._starts, offset)
        return line, len(_decode(self._data[self._starts[line - 1] : offset])) + 1

    def line_start(self, line: int) -> int:
        """Return the byte offset at which a line, counted from 1, begins."""
        return self._starts[line - 1]

    def line_text(self, line: int) -> str:
        """Return a line, counted from 1, without its line ending."""
        end = self._starts[line] if line < len(self._starts) else len(self._data)
        return _decode(self._data[self._starts[line - 1] : end]).rstrip("\r\n")

    def text(self, start: int, end: int) -> str:
        """Return the text between two byte offsets."""
        return _decode(self._data[start:end])

    def span(self, start: int, end: int) -> Span:
        """Return the span between two byte offsets."""
        line, column = self.position(start)
        end_line, end_column = self.position(end)
        return Span(self.path, start, end, line, column, end_line, end_column)


def _decode(data: bytes) -> str:
    return data.decode("utf-8", errors="replace") if not data.isascii() else data.decode("ascii")
