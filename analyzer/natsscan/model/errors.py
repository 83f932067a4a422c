from __future__ import annotations

from pathlib import Path


class InputError(Exception):
    """What the user gave cannot be used. Its text is one line: file and line where known, what is wrong, the remedy."""

    @classmethod
    def at(cls, path: Path | str, line: int | None, reason: str) -> InputError:
        """Return the error that names `path` and, where known, the line in it."""
        where = f"{path}:{line}" if line else f"{path}"
        return cls(f"{where}: {reason}")
