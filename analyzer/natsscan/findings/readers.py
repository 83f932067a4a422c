"""Following a configuration key to the program that reads it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from natsscan.model.source import PROGRAMS
from natsscan.model.span import Span
from natsscan.model.usage import Argument, Operation, Provenance, Usage

_WORD = re.compile(r"[A-Za-z0-9]+")


def mark_readers(
    usages: Iterable[Usage], options: Mapping[str, tuple[Span, ...]], names_broker: Callable[[str], bool]
) -> tuple[Usage, ...]:
    """Give each configuration key that a program reads the argument `read_by`, where that can be told.

    `options` says where keys are read. Of several places that read a key of this name, the one counts whose path has
    most words in common with the key and its file; if there is no such one, nothing is said. A plain key below one that
    names the broker (`rabbitmq.port`) is read by a file that names the broker itself.
    """
    return tuple(_marked(usage, options, names_broker) for usage in usages)


def _marked(usage: Usage, options: Mapping[str, tuple[Span, ...]], names_broker: Callable[[str], bool]) -> Usage:
    if usage.operation is not Operation.CONFIG or usage.language in PROGRAMS:
        return usage
    above, _, key = usage.symbol.rpartition(".")
    places = options.get(key, ())
    if names_broker(above) and not names_broker(key):
        places = tuple(place for place in places if names_broker(place.path))
    reader = _nearest(usage, places)
    if reader is None:
        return usage
    given = Argument("read_by", f"{reader.path}:{reader.line}", Provenance.COMPUTED, None)
    return replace(usage, arguments=(*usage.arguments, given))


def _nearest(usage: Usage, places: tuple[Span, ...]) -> Span | None:
    if len({place.path for place in places}) == 1:
        return places[0]
    words = _words(f"{usage.span.path} {usage.symbol} {usage.definition or ''}")
    ranked = sorted(places, key=lambda place: (-len(words & _words(place.path)), place))
    if len(ranked) > 1 and len(words & _words(ranked[0].path)) > len(words & _words(ranked[1].path)):
        return ranked[0]
    return None


def _words(text: str) -> frozenset[str]:
    return frozenset(word.lower() for word in _WORD.findall(text))
