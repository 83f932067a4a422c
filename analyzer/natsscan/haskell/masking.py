"""Readings of a Haskell file: what of its bytes is code, with every offset kept.

What is left out is overwritten with spaces, so that spans in a reading are spans in the file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_DIRECTIVE = re.compile(rb"^[ \t]*#[ \t]*(if|ifdef|ifndef|elif|else|endif)\b[^\r\n]*", re.MULTILINE)
_NOT_BLANK = re.compile(rb"[^\s]")
_MAX_READINGS = 16


@dataclass(slots=True)
class _Branch:
    """The stretch of a file between two directives of one conditional; `choice` is its place in that conditional."""

    conditional: int
    choice: int
    start: int
    end: int
    outer: tuple[tuple[int, int], ...] = field(default=())


def readings(data: bytes) -> tuple[bytes, ...]:
    """Return the texts that the C preprocessor may make of a file, such that each branch of each `#if` is in one.

    A file without conditionals has one reading, itself. At most 16 readings are made.
    """
    if b"#" not in data:
        return (data,)
    branches, directives = _branches(data)
    if not branches:
        return (data,)
    plain = bytearray(data)
    for start, end in directives:
        _blank(plain, start, end)
    texts: list[bytes] = []
    unread = {(branch.conditional, branch.choice) for branch in branches}
    while unread and len(texts) < _MAX_READINGS:
        chosen = _choose(branches, unread)
        text = bytearray(plain)
        for branch in branches:
            if chosen.get(branch.conditional, branch.choice) != branch.choice:
                _blank(text, branch.start, branch.end)
        texts.append(bytes(text))
        unread -= set(chosen.items())
    return tuple(texts)


def mask_literate(data: bytes) -> bytes:
    r"""Blank all of a literate file but its code: lines after `>` and lines between `\begin{code}` and `\end{code}`."""
    lines = []
    in_block = False
    for line in data.splitlines(keepends=True):
        if line.startswith(b"\\begin{code}"):
            in_block = True
            lines.append(_NOT_BLANK.sub(b" ", line))
        elif line.startswith(b"\\end{code}"):
            in_block = False
            lines.append(_NOT_BLANK.sub(b" ", line))
        elif in_block:
            lines.append(line)
        elif line.startswith(b">"):
            lines.append(b" " + line[1:])
        else:
            lines.append(_NOT_BLANK.sub(b" ", line))
    return b"".join(lines)


def _branches(data: bytes) -> tuple[list[_Branch], list[tuple[int, int]]]:
    found: list[_Branch] = []
    directives = []
    open_branches: list[_Branch] = []
    conditionals = 0
    for match in _DIRECTIVE.finditer(data):
        word = match.group(1)
        directives.append(match.span())
        choice = 0
        if word.startswith(b"if"):
            conditional = conditionals
            conditionals += 1
        elif open_branches:
            closed = open_branches.pop()
            closed.end = match.start()
            conditional, choice = closed.conditional, closed.choice + 1
        else:
            continue
        if word != b"endif":
            outer = tuple((branch.conditional, branch.choice) for branch in open_branches)
            branch = _Branch(conditional, choice, match.end(), len(data), outer)
            open_branches.append(branch)
            found.append(branch)
    return found, directives


def _choose(branches: list[_Branch], unread: set[tuple[int, int]]) -> dict[int, int]:
    """Choose one branch of each conditional: an unread one where the branches around it can be chosen too."""
    chosen: dict[int, int] = {}
    for branch in branches:
        if (branch.conditional, branch.choice) not in unread:
            continue
        wanted = dict((*branch.outer, (branch.conditional, branch.choice)))
        if all(chosen.get(conditional, choice) == choice for conditional, choice in wanted.items()):
            chosen.update(wanted)
    for branch in branches:
        chosen.setdefault(branch.conditional, branch.choice)
    return chosen


def _blank(text: bytearray, start: int, end: int) -> None:
    text[start:end] = _NOT_BLANK.sub(b" ", bytes(text[start:end]))
