from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from natsscan.model.errors import StoppedError


@contextmanager
def told_if_stopped(told: str) -> Iterator[None]:
    """Have who stops the command in this block be told what has been done."""
    try:
        yield
    except StoppedError as error:
        raise StoppedError(error.signal, told) from None
