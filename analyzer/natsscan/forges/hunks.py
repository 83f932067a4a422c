"""The lines that a forge's own diff of a file shows, as far as it can be commented on."""

from __future__ import annotations

import re
from collections.abc import Iterable

_HEAD = re.compile(r"@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@")

# Lines after the change, each with its number before it, or None if it is new.
HunkLines = dict[int, int | None]


def hunk_lines(patch: str) -> list[HunkLines]:
    """Return the lines of each hunk of a unified diff of one file."""
    hunks: list[HunkLines] = []
    before = after = 0
    for line in patch.split("\n"):
        head = _HEAD.match(line)
        if head:
            before, after = int(head[1]), int(head[2])
            hunks.append({})
        elif not hunks or not line or line.startswith("\\"):
            continue
        elif line.startswith("-"):
            before += 1
        elif line.startswith("+"):
            hunks[-1][after] = None
            after += 1
        else:
            hunks[-1][after] = before
            before, after = before + 1, after + 1
    return hunks


def hunk_of(hunks: Iterable[HunkLines], first: int, last: int) -> HunkLines | None:
    """Return the hunk that has both lines, and so all between; None if there is none."""
    return next((hunk for hunk in hunks if first in hunk and last in hunk), None)
