"""What is asked of the bytes of every file of a tree, before any of them is looked into (`SourceFile.ask`)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

F = TypeVar("F", bound=Callable[..., object])
_MARK = "is_question"


def question(function: F) -> F:
    """Mark a function as a question: it goes by bytes and literals alone, and answers with a literal.

    Only what is marked is asked again by its name, whoever wrote that down (`source/watch.py`).
    """
    setattr(function, _MARK, True)
    return function


def is_question(function: object) -> bool:
    """Tell whether a function is marked as a question."""
    return getattr(function, _MARK, False) is True


@question
def holds(data: bytes, word: bytes) -> bool:
    """Tell whether a file holds some bytes."""
    return word in data


@question
def holds_any(data: bytes, words: tuple[bytes, ...]) -> bool:
    """Tell whether a file holds one of some stretches of bytes."""
    return any(word in data for word in words)


@question
def held(data: bytes, words: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """Return those of some stretches of bytes that a file holds."""
    return tuple(word for word in words if word in data)


@question
def held_in_lower_case(data: bytes, words: tuple[bytes, ...], stems: tuple[bytes, ...] = ()) -> tuple[bytes, ...]:
    """Return those of some stretches of bytes, in lower case, that a file holds in any case.

    With `stems`, each of them begins with one of these, so that few searches tell that none is there.
    """
    lowered = data.lower()
    return held(lowered, words) if not stems or holds_any(lowered, stems) else ()


@question
def matches(data: bytes, pattern: bytes, flags: int = 0) -> bool:
    """Tell whether a regular expression matches somewhere in a file."""
    return re.search(pattern, data, flags) is not None
