"""What stands against moving code as it is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

_PLACES = 12


@dataclass(frozen=True, slots=True, order=True)
class Hindrance:
    """A place because of which code cannot move, and why."""

    path: str
    line: int
    reason: str

    @property
    def place(self) -> str:
        """The place as people write it."""
        return f"{self.path}:{self.line}"


def told(hindrances: Iterable[Hindrance]) -> str:
    """Return what stands against something, a line for each reason with its places: a reason said once is read."""
    by_reason: dict[str, list[Hindrance]] = {}
    for hindrance in hindrances:
        by_reason.setdefault(hindrance.reason, []).append(hindrance)
    return "\n".join(f"{_places(each)}: {reason}" for reason, each in by_reason.items())


def _places(hindrances: list[Hindrance]) -> str:
    by_path: dict[str, list[str]] = {}
    for hindrance in hindrances[:_PLACES]:
        by_path.setdefault(hindrance.path, []).append(str(hindrance.line))
    shown = "; ".join(f"{path}:{', '.join(lines)}" for path, lines in by_path.items())
    more = len(hindrances) - _PLACES
    return f"{shown}; and {more} more" if more > 0 else shown
