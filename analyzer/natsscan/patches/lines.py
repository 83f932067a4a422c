"""Stretches of whole lines, and what stands beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")


def line_start(data: bytes, at: int) -> int:
    """Return where the line of an offset begins."""
    return data.rfind(b"\n", 0, at) + 1


def line_end(data: bytes, at: int) -> int:
    """Return where the line of an offset ends, its line end included."""
    end = data.find(b"\n", at)
    return len(data) if end < 0 else end + 1


def is_alone(data: bytes, start: int, end: int) -> bool:
    """Tell whether only blanks, list marks, a comma and a comment share the first and last line of a stretch."""
    rest = data[end : line_end(data, end)].lstrip(b" \t,")
    return not data[line_start(data, start) : start].strip(b" \t-") and (not rest.strip() or rest.startswith(b"#"))


def whole(data: bytes, text: bytes, at: int) -> bytes:
    """Return lines to insert at an offset: where the file ends without a line end, one comes before them."""
    if at and data[at - 1 : at] != b"\n":
        return newline(data) + text.rstrip(b"\r\n")
    return text if text.endswith(b"\n") else text + newline(data)


def newline(data: bytes) -> bytes:
    """Return how lines of a text end, by its first one."""
    return b"\r\n" if data[: line_end(data, 0)].endswith(b"\r\n") else b"\n"


def is_blank(data: bytes, at: int) -> bool:
    """Tell whether the line of an offset has nothing in it; the end of a text is no line."""
    return at < len(data) and not data[line_start(data, at) : line_end(data, at)].strip()


def runs(items: Iterable[T], follows: Callable[[T, T], bool]) -> Iterator[list[T]]:
    """Yield items in runs: in each, every one follows the one before it."""
    run: list[T] = []
    for item in items:
        if run and not follows(run[-1], item):
            yield run
            run = []
        run.append(item)
    if run:
        yield run
