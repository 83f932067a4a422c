from __future__ import annotations

from collections.abc import Iterable

import msgspec

from natsscan.model.span import Span


class Place(msgspec.Struct, frozen=True):
    """A place in a file; lines count from 1."""

    path: str
    line: int


def places(spans: Iterable[Span]) -> list[Place]:
    """Return where spans begin."""
    return [Place(span.path, span.line) for span in spans]
