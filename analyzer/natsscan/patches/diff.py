"""Diffs as `git apply` takes them, of bytes: line ends, missing final newlines and any encoding stay as they are.

They are made of the edits themselves and not by comparing texts: exact, and as fast for large files as for small ones.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from natsscan.patches.engine import Replacement
from natsscan.patches.lines import runs

_CONTEXT = 3
_NO_NEWLINE = b"\\ No newline at end of file\n"
_ESCAPES = {7: "\\a", 8: "\\b", 9: "\\t", 10: "\\n", 11: "\\v", 12: "\\f", 13: "\\r", 34: '\\"', 92: "\\\\"}


@dataclass(frozen=True, slots=True)
class LineChange:
    """Old lines, by their indices from 0, the end exclusive, and the new ones in their place, with their line ends."""

    start: int
    end: int
    new: tuple[bytes, ...]


def edited_diff(path: str, old: bytes, replacements: Iterable[Replacement]) -> bytes:
    """Return the diff that makes replacements, sorted and without overlaps, in a file; empty if nothing changes."""
    lines = split_lines(old)
    changes = list(line_changes(old, replacements))
    if not changes:
        return b""
    head = [_title(path), f"--- {_name('a/', path)}", f"+++ {_name('b/', path)}"]
    return _joined(head) + b"".join(_hunks(lines, changes))


def whole_diff(path: str, data: bytes, *, is_new: bool, is_executable: bool = False) -> bytes:
    """Return the diff that adds or removes a file."""
    mode = "100755" if is_executable else "100644"
    head = [_title(path), f"{'new' if is_new else 'deleted'} file mode {mode}"]
    lines = split_lines(data)
    if not lines:
        return _joined(head)
    head.append("--- /dev/null" if is_new else f"--- {_name('a/', path)}")
    head.append(f"+++ {_name('b/', path)}" if is_new else "+++ /dev/null")
    change = LineChange(0, 0, tuple(lines)) if is_new else LineChange(0, len(lines), ())
    return _joined(head) + b"".join(_hunks([] if is_new else lines, [change]))


def line_changes(old: bytes, replacements: Iterable[Replacement]) -> Iterator[LineChange]:
    """Yield the lines that replacements without overlaps change; those that share a line are one change."""
    replacements = sorted(replacements, key=lambda each: each[:2])
    lines = split_lines(old)
    starts = [0, *accumulate(map(len, lines))]
    is_open = bool(lines) and not lines[-1].endswith(b"\n")  # what is put behind such a line is put into it
    at = 0
    while at < len(replacements):
        first = max(bisect_right(starts, replacements[at][0]) - 1, 0)
        if first == len(lines) and is_open:
            first -= 1
        parts: list[bytes] = []
        begin = end = starts[first]
        while at < len(replacements) and (not parts or replacements[at][0] < end or (is_open and end == len(old))):
            start, stop, new = replacements[at]
            parts += [old[begin:start], new]
            begin = stop
            end = max(end, _end_of(starts, start, stop, new))
            at += 1
        text = split_lines(b"".join([*parts, old[begin:end]]))
        change = _trimmed(lines, first, bisect_left(starts, end), text)
        if change.start < change.end or change.new:
            yield change


def _end_of(starts: Sequence[int], start: int, stop: int, new: bytes) -> int:
    """Return where the last line that a replacement touches ends."""
    place = bisect_left(starts, stop)
    whole = place < len(starts) and starts[place] == stop
    if whole and (new.endswith(b"\n") or (not new and starts[bisect_left(starts, start)] == start)):
        return stop
    return starts[min(bisect_right(starts, stop), len(starts) - 1)]


def _trimmed(lines: Sequence[bytes], start: int, end: int, new: Sequence[bytes]) -> LineChange:
    """Return a change without the lines that stay as they are at its beginning and end."""
    before = 0
    while start + before < end and before < len(new) and lines[start + before] == new[before]:
        before += 1
    after = 0
    while end - after > start + before and len(new) - after > before and lines[end - after - 1] == new[-1 - after]:
        after += 1
    return LineChange(start + before, end - after, tuple(new[before : len(new) - after]))


def _hunks(old: Sequence[bytes], changes: Sequence[LineChange]) -> Iterator[bytes]:
    shift = 0
    for group in runs(changes, lambda one, other: other.start - one.end <= 2 * _CONTEXT):
        yield from _hunk(old, group, shift)
        shift += sum(len(each.new) - (each.end - each.start) for each in group)


def _hunk(old: Sequence[bytes], group: Sequence[LineChange], shift: int) -> Iterator[bytes]:
    """Yield the lines of one hunk, with the lines around its changes."""
    first = max(group[0].start - _CONTEXT, 0)
    last = min(group[-1].end + _CONTEXT, len(old))
    grown = sum(len(change.new) - (change.end - change.start) for change in group)
    yield f"@@ -{_span(first, last)} +{_span(first + shift, last + shift + grown)} @@\n".encode()
    at = first
    for change in group:
        yield from (_line(b" ", line) for line in old[at : change.start])
        yield from (_line(b"-", line) for line in old[change.start : change.end])
        yield from (_line(b"+", line) for line in change.new)
        at = change.end
    yield from (_line(b" ", line) for line in old[at:last])


def _span(start: int, end: int) -> str:
    return f"{start + (end > start)},{end - start}"


def _line(mark: bytes, line: bytes) -> bytes:
    return mark + line if line.endswith(b"\n") else mark + line + b"\n" + _NO_NEWLINE


def split_lines(data: bytes) -> list[bytes]:
    """Return the lines of a file, each with its line end; the last one may have none."""
    lines = data.split(b"\n")
    whole = [line + b"\n" for line in lines[:-1]]
    return [*whole, lines[-1]] if lines[-1] else whole


def _title(path: str) -> str:
    return f"diff --git {_quoted('a/' + path)} {_quoted('b/' + path)}"


def _joined(head: Iterable[str]) -> bytes:
    return "".join(f"{line}\n" for line in head).encode()


def _name(side: str, path: str) -> str:
    """Return a path as it stands after `---`: git ends a name with blanks in it with a tab."""
    quoted = _quoted(side + path)
    return f"{quoted}\t" if " " in path and not quoted.startswith('"') else quoted


def _quoted(path: str) -> str:
    """Return a path as git writes it: in C quotes if it has control characters, quotes or bytes beyond ASCII."""
    data = path.encode("utf-8", errors="surrogateescape")
    if all(32 <= byte < 127 and byte not in (34, 92) for byte in data):
        return path
    return '"' + "".join(_ESCAPES.get(b) or (chr(b) if 32 <= b < 127 else f"\\{b:03o}") for b in data) + '"'
