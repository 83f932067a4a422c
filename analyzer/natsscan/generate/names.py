"""Names for what is generated, after names that may be anything, in the manner of a language."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass

LONGEST = 60  # of what names are made of
_WORD = re.compile(r"[A-Za-z0-9]+")


@dataclass(frozen=True, slots=True)
class Style:
    """How a language calls the functions that a service has.

    `join` makes one name of groups of words, `queue_functions` gives the names of all that is made for a queue by its
    own, and `publisher` that of what publishes, by the words of where to. `reserved` are names that it may not take.
    With `has_core` there are functions for what no stream keeps, too.
    """

    join: Callable[..., str]
    queue_functions: Callable[[str], frozenset[str]]
    publisher: Callable[..., str]
    reserved: frozenset[str]
    has_core: bool = False


def words(text: str) -> tuple[str, ...]:
    """Return the parts of a text that a name can be made of."""
    return tuple(_WORD.findall(text))


def distinct(wanted: str, taken: Collection[str]) -> str:
    """Return a name that is not taken: the one that is wanted, else with a number."""
    at, found = 2, wanted
    while found in taken:
        at, found = at + 1, f"{wanted}{at}"
    return found
