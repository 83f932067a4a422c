"""Lists of names between blanks, in shell arrays, loops and variables of make: the target's beside the broker's."""

from __future__ import annotations

import re
from collections.abc import Sequence

from natsscan.model.usage import Usage
from natsscan.patches.lines import line_end, line_start
from natsscan.patches.place import Job, Place
from natsscan.patches.rewording import SAME_NAME

_NAME = re.compile(rb"[\"']?[\w.-]+[\"']?")
_ALONE = re.compile(rb"[ \t]*\\?[ \t]*(?:#[^\n]*)?\r?\n?")

Span = tuple[int, int]


def is_list(data: bytes, words: Sequence[Span], at: Sequence[int]) -> bool:
    """Tell whether words are names in a list, and not, say, options: `at` are offsets of those that are asked about."""
    about = [data[start:end] for start, end in words if any(start <= each < end for each in at)]
    return bool(about) and all(map(_NAME.fullmatch, about)) and not any(data[s : s + 1] == b"-" for s, _ in words)


def places(
    job: Job,
    words: Sequence[Span],
    usages: Sequence[Usage],
    *,
    is_safe: bool = True,
) -> tuple[Place, ...]:
    """Return a place for each word of a list that usages are in."""
    data = job.source.data
    there = {data[start:end].strip(b"\"'") for start, end in words}
    found = []
    for number, (start, end) in enumerate(words):
        answers = tuple(usage for usage in usages if start <= usage.span.start < end)
        if not answers:
            continue
        new = job.replacements.text(data[start:end])
        is_same = new == data[start:end]
        first, last, beside, twin = _around(data, words, number, new)
        text = None if is_same else b"" if new.strip(b"\"'") in there else twin
        found.append(Place(first, last, answers, text, beside, SAME_NAME if is_same else "", is_safe=is_safe))
    return tuple(found)


def without(job: Job, words: Sequence[Span], gone: Sequence[Span], usages: Sequence[Usage]) -> list[Place]:
    """Return a place for each word of a list that goes and that nothing takes the place of."""
    found = []
    for number, word in enumerate(words):
        if word in gone:
            start, end, beside, _ = _around(job.source.data, words, number, b"")
            answers = tuple(usage for usage in usages if word[0] <= usage.span.start < word[1])
            found.append(Place(start, end, answers, None, beside, ""))
    return found


def _around(data: bytes, words: Sequence[Span], number: int, new: bytes) -> tuple[int, int, int, bytes]:
    """Return what goes with a word, where another one comes in beside it, and as what."""
    start, end = words[number]
    low, high = line_start(data, start), line_end(data, end)
    after = words[number + 1][0] if number + 1 < len(words) else None
    blank_before = start - len(data[low:start]) + len(data[low:start].rstrip(b" \t"))
    is_first_of_line = blank_before == low
    is_last_of_line = after is None or after >= high
    if is_first_of_line and is_last_of_line and _ALONE.fullmatch(data, end, high) and _goes_on(data, end, high):
        return low, high, high, data[low:start] + new + _without_comment(data[end:high])
    if (is_first_of_line or blank_before == start) and after is not None and not is_last_of_line:
        return start, after, after, new + data[end:after]
    if is_first_of_line and number:
        return words[number - 1][1], end, end, b" " + new
    return blank_before, end, end, b" " + new


def _goes_on(data: bytes, end: int, high: int) -> bool:
    """Tell whether a line that ends there may be taken out of a list by itself."""
    before = data[: line_start(data, end)].rstrip(b"\r\n")
    return data[end:high].rstrip().endswith(b"\\") or not before.rstrip().endswith(b"\\")


def _without_comment(rest: bytes) -> bytes:
    newline = b"\r\n" if rest.endswith(b"\r\n") else b"\n" if rest.endswith(b"\n") else b""
    return rest if rest.rstrip().endswith(b"\\") else newline
