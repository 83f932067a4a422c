"""Diffs as `git apply` takes them, of bytes: line ends, missing final newlines and any encoding stay as they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

_CONTEXT = 3
_NO_NEWLINE = b"\\ No newline at end of file\n"
_ESCAPES = {7: "\\a", 8: "\\b", 9: "\\t", 10: "\\n", 11: "\\v", 12: "\\f", 13: "\\r", 34: '\\"', 92: "\\\\"}


def file_diff(path: str, old: bytes | None, new: bytes | None, *, is_executable: bool = False) -> bytes:
    """Return the diff of one file, empty if it stays; None stands for a file that is not there."""
    if old == new:
        return b""
    mode = "100755" if is_executable else "100644"
    head = [f"diff --git {_quoted('a/' + path)} {_quoted('b/' + path)}"]
    if old is None:
        head.append(f"new file mode {mode}")
    elif new is None:
        head.append(f"deleted file mode {mode}")
    body = b"".join(_hunks(_lines(old or b""), _lines(new or b"")))
    if body:
        head.append(f"--- {_name('a/', path) if old is not None else '/dev/null'}")
        head.append(f"+++ {_name('b/', path) if new is not None else '/dev/null'}")
    return "".join(f"{line}\n" for line in head).encode() + body


def _hunks(old: Sequence[bytes], new: Sequence[bytes]) -> Iterator[bytes]:
    """Yield hunks; only what stands between the first and the last difference is compared line by line."""
    same = 0
    while same < min(len(old), len(new)) and old[same] == new[same]:
        same += 1
    tail = 0
    while tail < min(len(old), len(new)) - same and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    matcher = SequenceMatcher(None, old[same : len(old) - tail], new[same : len(new) - tail], autojunk=False)
    changes = [
        (same + i1, same + i2, same + j1, same + j2)
        for what, i1, i2, j1, j2 in matcher.get_opcodes()
        if what != "equal"
    ]
    group: list[tuple[int, int, int, int]] = []
    for change in changes:
        if group and change[0] - group[-1][1] > 2 * _CONTEXT:
            yield from _hunk(old, new, group)
            group = []
        group.append(change)
    if group:
        yield from _hunk(old, new, group)


def _hunk(old: Sequence[bytes], new: Sequence[bytes], group: Sequence[tuple[int, int, int, int]]) -> Iterator[bytes]:
    """Yield the lines of one hunk, with the lines around its changes."""
    first, last = group[0], group[-1]
    before = min(first[0], _CONTEXT)
    after = min(len(old) - last[1], _CONTEXT)
    yield _range(first[0] - before, last[1] + after, first[2] - before, last[3] + after)
    at = first[0] - before
    for i1, i2, j1, j2 in group:
        yield from (_line(b" ", line) for line in old[at:i1])
        yield from (_line(b"-", line) for line in old[i1:i2])
        yield from (_line(b"+", line) for line in new[j1:j2])
        at = i2
    yield from (_line(b" ", line) for line in old[at : at + after])


def _range(i1: int, i2: int, j1: int, j2: int) -> bytes:
    return f"@@ -{_span(i1, i2)} +{_span(j1, j2)} @@\n".encode()


def _span(start: int, end: int) -> str:
    return f"{start + (end > start)},{end - start}"


def _line(mark: bytes, line: bytes) -> bytes:
    return mark + line if line.endswith(b"\n") else mark + line + b"\n" + _NO_NEWLINE


def _lines(data: bytes) -> list[bytes]:
    lines = data.split(b"\n")
    whole = [line + b"\n" for line in lines[:-1]]
    return [*whole, lines[-1]] if lines[-1] else whole


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
