from __future__ import annotations

import sys
import time
from types import TracebackType

_PATIENCE = 1.0
_PAUSE = 0.1


class Progress:
    """One line on standard error that tells how far a scan is: only on a terminal, only after a second.

    Processes that do a part of the scan may draw it as well.
    """

    def __init__(self) -> None:
        self._visible = sys.stderr.isatty()
        self._next = self._first = time.monotonic() + _PATIENCE

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._visible and time.monotonic() >= self._first:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def update(self, stage: str, done: int, total: int) -> None:
        """Show the stage and how many files are done; `total` is 0 where it is not known."""
        if not self._visible or time.monotonic() < self._next:
            return
        self._next = time.monotonic() + _PAUSE
        of_all = f" of {total:,}" if total else ""
        sys.stderr.write(f"\r\x1b[K{stage} {done:,}{of_all} files")
        sys.stderr.flush()
