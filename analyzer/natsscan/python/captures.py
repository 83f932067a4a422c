"""What the patterns of `match` bind."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst


def captured(pattern: cst.CSTNode) -> Iterator[cst.Name]:
    """Yield the names that a pattern binds."""
    named = pattern.name if isinstance(pattern, cst.MatchAs | cst.MatchStar) else None
    rest = pattern.rest if isinstance(pattern, cst.MatchMapping) else None
    yield from (name for name in (named, rest) if name is not None)
    for child in pattern.children:
        yield from captured(child)
