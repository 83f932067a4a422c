from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Remark:
    """What is said of lines of a change, both ends included, where people review it.

    `key` is the same for the same remark on another run. `text` is Markdown that is safe to post. `replacement` is what
    would stand in place of exactly these lines, None without a suggestion. If `is_deleted` the line is one of the file
    before the change; the path is that after it in every case.
    """

    key: str
    path: str
    first: int
    last: int
    text: str
    replacement: str | None = None
    is_deleted: bool = False
