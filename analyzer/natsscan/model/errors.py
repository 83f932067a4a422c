from __future__ import annotations

import signal
from pathlib import Path


class InputError(Exception):
    """What the user gave cannot be used. Its text is one line: file and line where known, what is wrong, the remedy."""

    @classmethod
    def at(cls, path: Path | str, line: int | None, reason: str) -> InputError:
        """Return the error that names `path` and, where known, the line in it."""
        where = f"{path}:{line}" if line else f"{path}"
        return cls(f"{where}: {reason}")


class StoppedError(KeyboardInterrupt):
    """A signal has come that ends the command. Its text says what was written, and is empty where that is nothing."""

    def __init__(self, number: int, told: str = "") -> None:
        super().__init__(told)
        self.signal = signal.Signals(number)
