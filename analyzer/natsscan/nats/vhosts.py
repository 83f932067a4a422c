"""Which virtual hosts the code names."""

from __future__ import annotations

from collections.abc import Iterable

from natsscan.model.usage import Argument, Provenance, Usage

_NAMED = "vhost"
_KNOWN = (Provenance.LITERAL, Provenance.CONSTANT, Provenance.CONFIG)


def vhosts_of(usages: Iterable[Usage]) -> tuple[str, ...]:
    """Return the virtual hosts that calls and settings name whole, sorted; `/` if none is named."""
    found = {
        text
        for usage in usages
        for argument in usage.arguments
        if argument.provenance in _KNOWN
        and (argument.name == _NAMED or (argument.name == "value" and usage.symbol.lower().endswith(_NAMED)))
        for text in _texts(argument)
    }
    return tuple(sorted(found)) or ("/",)


def _texts(argument: Argument) -> Iterable[str]:
    if argument.value is not None and argument.value.is_literal:
        return argument.value.texts
    text = argument.text.strip("\"'")
    return () if not text or any(mark in text for mark in "{}$ ()") or argument.value is not None else (text,)
