"""Names for what is generated in Python, after names that may be anything."""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Iterable

from natsscan.generate.names import LONGEST, Style, distinct, words

SERVICE = "python-service"  # what modules for services are asked for by
MODULE = "nats_messaging"

_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
# What parameters of functions, and names in them, are called.
_OWN = (
    "js handler prefetch body headers message_id ttl timeout due url options holes config letters asyncio contextlib "
    "dataclass datetime field json math nats re timezone"
)


def snake(parts: Iterable[str]) -> str:
    """Return words as one name: `userNotifications`, `Sent` is user_notifications_sent."""
    return "_".join(word.lower() for part in parts for word in _CAPITAL.split(part))[:LONGEST].strip("_")


def _joined(*groups: Iterable[str]) -> str:
    return "_".join(filter(None, map(snake, groups)))


def python_style() -> Style:
    """Return how functions in modules of services are called."""
    return Style(
        join=_joined,
        queue_functions=lambda stem: frozenset({f"ensure_{stem}", f"consume_{stem}"}),
        publisher=lambda *groups: f"publish_{_joined(*groups)}",
        reserved=frozenset(),
        has_core=True,
    )


def parameters(holes: Iterable[str]) -> dict[str, str]:
    """Return for each hole, in order, the name of a parameter; none is taken twice or hides something."""
    found: dict[str, str] = {}
    taken = {*keyword.kwlist, *keyword.softkwlist, *dir(builtins), *_OWN.split()}
    for hole in dict.fromkeys(holes):
        name = snake(words(hole)) or "value"
        name = name if name[0].isalpha() else f"value_{name}"
        name = f"{name}_" if name in taken else name
        found[hole] = distinct(name, found.values())
    return found
