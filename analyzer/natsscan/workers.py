"""Work done aside, in processes of its own: on other processors, and where it may die without taking all else along."""

from __future__ import annotations

import mmap
import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress

_HELD = 4096
_FAILED, _NO_MEMORY = 1, 2


class WorkerFailedError(Exception):
    """The work raised an exception, which the process took with it."""


class WorkerDiedError(Exception):
    """A process ended before its work was done. `held` is what it had in hand, empty if that is not known."""

    def __init__(self, held: str, reason: str) -> None:
        super().__init__(reason)
        self.held = held


class Worker:
    """A forked process that does one piece of work, which changes nothing here and ends in bytes.

    The work gets a function to say what it has in hand, at most some 4,000 bytes of it. The process is ended with
    `stop`, whatever becomes of it.
    """

    def __init__(self, work: Callable[[Callable[[str], None]], bytes]) -> None:
        """Start the work. Raises OSError if no process can be made."""
        self._hand = mmap.mmap(-1, _HELD)  # shared with the process
        sys.stdout.flush()
        read_end, write_end = os.pipe()
        try:
            self._process = os.fork()
        except OSError:
            os.close(read_end)
            os.close(write_end)
            raise
        if self._process == 0:
            _do(work, self._hold, read_end, write_end)
        os.close(write_end)
        self._results = os.fdopen(read_end, "rb")
        self._ended = False

    def result(self) -> bytes:
        """Wait for the end of the work and return its result.

        Raises WorkerDiedError or WorkerFailedError if there is none.
        """
        with self._results:
            sent = self._results.read()
        _, status = os.waitpid(self._process, 0)
        self._ended = True
        if status == 0:
            return sent
        code = os.waitstatus_to_exitcode(status)
        if code == _FAILED:
            raise WorkerFailedError
        held = self._hand[4 : 4 + int.from_bytes(self._hand[:4], "little")].decode(errors="ignore")
        raise WorkerDiedError(held, "out of memory" if code == _NO_MEMORY else f"ended by signal {-code}")

    def stop(self) -> None:
        """End the process if it is there still."""
        if not self._ended:
            self._ended = True
            self._results.close()
            with suppress(OSError):
                os.kill(self._process, signal.SIGKILL)
                os.waitpid(self._process, 0)

    def _hold(self, what: str) -> None:
        told = what.encode(errors="replace")[: _HELD - 4]
        self._hand[: 4 + len(told)] = len(told).to_bytes(4, "little") + told


def _do(work: Callable[[Callable[[str], None]], bytes], hold: Callable[[str], None], read_end: int, end: int) -> None:
    """Do the work, write its result to a pipe and end the process. Nothing else of the parent's is touched."""
    code = _FAILED
    try:
        os.close(read_end)
        with os.fdopen(end, "wb") as results:
            results.write(work(hold))
        code = 0
    except MemoryError:
        code = _NO_MEMORY
    finally:
        os._exit(code)


def can_fork() -> bool:
    """Tell whether workers can be made: where there is fork, and no other thread that it would cut off."""
    return hasattr(os, "fork") and threading.active_count() == 1


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
