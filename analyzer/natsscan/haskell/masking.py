"""Readings of a Haskell file: what of its bytes is code, with every offset kept.

What is left out is overwritten with spaces, so that spans in a reading are spans in the file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_DIRECTIVE = re.compile(rb"^[ \t]*#[ \t]*(if|ifdef|ifndef|elif|else|endif)\b(?:[^\r\n\\]|\\\r?\n|\\)*", re.MULTILINE)
_NOT_BLANK = re.compile(rb"[^\s]")
_MAX_READINGS = 16


@dataclass(slots=True)
class _Branch:
    """The stretch of a file between two directives of one conditional; `choice` is its place in that conditional.

    `condition` is the text of the `#if` line; `around` are the branches it stands in.
    """

    conditional: int
    choice: int
    condition: bytes
    start: int
    end: int
    around: tuple[_Branch, ...]

    def is_seen(self, chosen: dict[int, int]) -> bool:
        """Tell whether the branch is part of the text when these choices are made."""
        return all(chosen[part.conditional] == part.choice for part in (*self.around, self))


def readings(data: bytes) -> tuple[bytes, ...]:
    """Return the texts that the C preprocessor may make of a file, such that each branch of each `#if` is in one.

    A file without conditionals has one reading, itself. At most 16 readings are made.
    """
    if b"#" not in data:
        return (data,)
    branches, directives = _branches(data)
    _join_conditions(branches)
    if not branches:
        return (data,)
    plain = bytearray(data)
    for start, end in directives:
        _blank(plain, start, end)
    texts: list[bytes] = []
    unread = branches
    while unread and len(texts) < _MAX_READINGS:
        chosen = _choose(branches, unread)
        text = bytearray(plain)
        for branch in branches:
            if not branch.is_seen(chosen):
                _blank(text, branch.start, branch.end)
        texts.append(bytes(text))
        left = [branch for branch in unread if not branch.is_seen(chosen)]
        if len(left) == len(unread):  # what is left stands under a condition and its opposite: no compiler sees it
            break
        unread = left
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
        choice, condition = 0, match.group()
        if word.startswith(b"if"):
            conditional = conditionals
            conditionals += 1
        elif open_branches:
            closed = open_branches.pop()
            closed.end = match.start()
            conditional, choice, condition = closed.conditional, closed.choice + 1, closed.condition
        else:
            continue
        if word != b"endif":
            branch = _Branch(conditional, choice, condition, match.end(), len(data), tuple(open_branches))
            open_branches.append(branch)
            found.append(branch)
    return found, directives


def _join_conditions(branches: list[_Branch]) -> None:
    """Make two-way conditionals on one condition a single choice, so that no reading takes it as true and as false."""
    with_elif = {branch.conditional for branch in branches if branch.choice > 1}
    first: dict[bytes, int] = {}
    for branch in branches:
        if branch.conditional in with_elif:
            continue
        condition, holds = _normalise(branch.condition)
        branch.conditional = first.setdefault(condition, branch.conditional)
        branch.choice = branch.choice if holds else 1 - branch.choice


def _normalise(directive: bytes) -> tuple[bytes, bool]:
    """Return what an `#if` line tests, and whether it tests that it holds: `#ifndef X` is `X`, negated."""
    text = re.sub(rb"\\\r?\n", b" ", directive).strip().lstrip(b"#").strip()
    word, _, rest = text.partition(b" ")
    condition, holds = rest.strip(), word != b"ifndef"
    if word == b"if":
        condition, holds = (condition[1:].strip(), False) if condition.startswith(b"!") else (condition, True)
        if match := re.fullmatch(rb"defined\s*\(?\s*(\w+)\s*\)?", condition):
            return match.group(1), holds
        return b"if " + condition, holds
    return condition, holds


def _choose(branches: list[_Branch], unread: list[_Branch]) -> dict[int, int]:
    """Choose one branch of each conditional: unread ones first, where the branches around them can be chosen too."""
    chosen: dict[int, int] = {}
    for branch in unread:
        wanted: dict[int, int] = {}
        path = (*branch.around, branch)
        consistent = all(wanted.setdefault(part.conditional, part.choice) == part.choice for part in path)
        if consistent and all(chosen.get(conditional, choice) == choice for conditional, choice in wanted.items()):
            chosen.update(wanted)
    for branch in branches:
        chosen.setdefault(branch.conditional, branch.choice)
    return chosen


def _blank(text: bytearray, start: int, end: int) -> None:
    text[start:end] = _NOT_BLANK.sub(b" ", bytes(text[start:end]))
