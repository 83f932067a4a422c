from __future__ import annotations

import re
from dataclasses import dataclass, field

_HEAD = re.compile(r"@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@")


@dataclass(frozen=True, slots=True)
class DiffHunk:
    """Lines after a change, each with its number before it, or None if it is new; and those that it takes away."""

    after: dict[int, int | None] = field(default_factory=dict)
    deleted: set[int] = field(default_factory=set)


def diff_hunks(patch: str) -> list[DiffHunk]:
    """Return the hunks of a unified diff of one file; what stands above the first one is left out."""
    hunks: list[DiffHunk] = []
    before = after = 0
    for line in patch.split("\n"):
        head = _HEAD.match(line)
        if head:
            before, after = int(head[1]), int(head[2])
            hunks.append(DiffHunk())
        elif not hunks or not line or line.startswith("\\"):
            continue
        elif line.startswith("-"):
            hunks[-1].deleted.add(before)
            before += 1
        elif line.startswith("+"):
            hunks[-1].after[after] = None
            after += 1
        else:
            hunks[-1].after[after] = before
            before, after = before + 1, after + 1
    return hunks
