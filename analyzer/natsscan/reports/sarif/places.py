from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from urllib.parse import quote

from natsscan.model.patch import Edit
from natsscan.model.span import Span
from natsscan.reports.sarif.linehash import line_hashes
from natsscan.reports.sarif.schema import ArtifactLocation, Message, PhysicalLocation, Region, Replacement
from natsscan.source.text import TextPositions

ROOT = "%SRCROOT%"
_MARK = b"\xef\xbb\xbf"  # a byte order mark, which SARIF does not count


class Places:
    """The places of findings and edits, as SARIF has them. `read` gives the bytes of a file, None if it is gone."""

    def __init__(self, read: Callable[[str], bytes | None]) -> None:
        self._read = read
        self._files: dict[str, _File] = {}

    def location(self, span: Span) -> PhysicalLocation:
        """Return where a span stands, on one line: what it begins with, so that a change that touches it shows it."""
        file = self._file(span.path)
        whole = file.region(span)
        line = file.first_line(span)
        return PhysicalLocation(artifact(span.path), line, whole if whole != line else None)

    def line_hash(self, span: Span) -> str | None:
        """Return the hash of the line that a span begins on; None if the file is not there."""
        hashes = self._file(span.path).hashes
        return hashes[span.line - 1] if span.line <= len(hashes) else None

    def replacement(self, edit: Edit) -> Replacement | None:
        """Return an edit; None if its text is not UTF-8."""
        file = self._file(edit.path)
        try:
            text = edit.replacement.decode()
        except UnicodeDecodeError:
            return None
        start, end = edit.start, edit.end
        if start == end == len(file.data):
            # Behind the last line end there is no line to SARIF: the line end is put in front of the text instead.
            newline = "\r\n" if file.data.endswith(b"\r\n") else "\n"
            if file.data.endswith(newline.encode()) and text.endswith(newline):
                start = end = start - len(newline)
                text = newline + text.removesuffix(newline)
        region = file.region(file.positions.span(start, end))
        return Replacement(region, Message(text) if text else None)

    def _file(self, path: str) -> _File:
        if path not in self._files:
            self._files[path] = _File(path, self._read(path))
        return self._files[path]


def artifact(path: str) -> ArtifactLocation:
    """Return a path relative to the root as a URI."""
    return ArtifactLocation(quote(path.encode("utf-8", errors="surrogateescape"), safe="/"), ROOT)


class _File:
    """A file and its lines; of one that is not there a span tells all that is known."""

    def __init__(self, path: str, data: bytes | None) -> None:
        self.data = data or b""
        self.positions = TextPositions(path, self.data)
        self._lines = data.split(b"\n") if data is not None else None
        self._is_marked = self.data.startswith(_MARK)

    @cached_property
    def hashes(self) -> list[str]:
        return line_hashes(self.data) if self._lines is not None else []

    def region(self, span: Span) -> Region:
        return Region(
            span.line, self._column(span.line, span.column), span.end_line, self._column(span.end_line, span.end_column)
        )

    def first_line(self, span: Span) -> Region:
        """Return the part of a span that is on its first line; one character at least, where there is one."""
        start, end = span.column, span.end_column if span.end_line == span.line else span.column + 1
        if self._lines is not None and span.line <= len(self._lines):
            behind = len(self._lines[span.line - 1].removesuffix(b"\r").decode("utf-8", errors="replace")) + 1
            end = behind if span.end_line > span.line else max(span.end_column, min(start + 1, behind))
        return Region(span.line, self._column(span.line, start), span.line, self._column(span.line, max(start, end)))

    def _column(self, line: int, column: int) -> int:
        return max(column - 1, 1) if line == 1 and self._is_marked else column
