"""What stands against moving code as it is."""

from __future__ import annotations

from dataclasses import dataclass


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
