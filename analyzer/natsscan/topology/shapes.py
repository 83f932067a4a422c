"""When two names are the same though their holes are called differently."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

_HOLE = re.compile(r"\{[^{}]*\}")
_VAGUE = re.compile(r"\{(?:…|value|element|unknown|argument \d+)\}")


@cache
def shape(name: str) -> str:
    """Return what names of the same thing have in common.

    Beside some text, a hole may be called anything. A name that is nothing but holes is known by what they are called,
    of a path in a configuration the last part.
    """
    if is_said(name):
        return form(name)
    return _HOLE.sub(lambda hole: "{" + hole.group()[1:-1].rpartition(".")[2] + "}", name)


def is_said(name: str) -> bool:
    """Tell whether something of a name is spelled out, and not all of it left to the running program."""
    return bool(_HOLE.sub("", name).strip("."))


def form(name: str) -> str:
    """Return a name with all holes alike: a hole may hold any text."""
    return _HOLE.sub("{}", name)


def clearest(names: Iterable[str]) -> str:
    """Return, of names with one shape, the one that tells most: none of its holes is vague, and it is short."""
    return min(names, key=lambda name: (_VAGUE.search(name) is not None, len(name), name))
