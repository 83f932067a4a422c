"""Two pieces of work at once, on two processors."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
U = TypeVar("U")


def both(aside: Callable[[], T], here: Callable[[], U]) -> tuple[T, U]:
    """Return the results of both functions. `aside` runs in a forked process meanwhile, where that can be.

    It must change nothing and give a result that pickle takes. If the process dies, `aside` is run here instead, so
    that the results are the same in every case.
    """
    if not hasattr(os, "fork") or processors() < 2:
        return aside(), here()
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        _work(aside, read_end, write_end)
    os.close(write_end)
    try:
        with os.fdopen(read_end, "rb") as results:
            mine = here()
            sent = results.read()
    finally:
        _, status = os.waitpid(child, 0)
    if status != 0:
        return aside(), mine
    result: T = pickle.loads(sent)  # noqa: S301 - from our own process
    return result, mine


def _work(task: Callable[[], object], read_end: int, write_end: int) -> None:
    """Run a task, write its result to a pipe and end the process. Nothing else of the parent's is touched."""
    code = 1
    try:
        os.close(read_end)
        with os.fdopen(write_end, "wb") as results:
            pickle.dump(task(), results, protocol=pickle.HIGHEST_PROTOCOL)
        code = 0
    finally:
        os._exit(code)


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
