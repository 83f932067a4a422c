from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of one file.

    `start` and `end` are byte offsets, the end exclusive. Lines and columns count from 1; columns count code points;
    `end_column` is the column after the last character.
    """

    path: str
    start: int
    end: int
    line: int
    column: int
    end_line: int
    end_column: int
