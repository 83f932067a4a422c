"""Following a configuration key to the program that reads it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import cache

from natsscan.model.source import PROGRAMS
from natsscan.model.span import Span
from natsscan.model.usage import Argument, Operation, Provenance, Usage

Words = Callable[[str], frozenset[str]]
_WORD = re.compile(r"[A-Za-z0-9]+")


def mark_readers(
    usages: Iterable[Usage], options: Mapping[str, tuple[Span, ...]], names_broker: Callable[[str], bool]
) -> tuple[Usage, ...]:
    """Give each configuration key that a program reads the argument `read_by`, where that can be told.

    `options` says where keys are read. Of several places that read a key of this name, the one counts whose path has
    most words in common with the key and its file; if there is no such one, nothing is said. A plain key below one that
    names the broker (`rabbitmq.port`) is read by a file that names the broker itself.
    """
    words_of = cache(_words)  # many keys are read in the same files
    return tuple(_marked(usage, options, names_broker, words_of) for usage in usages)


def _marked(
    usage: Usage, options: Mapping[str, tuple[Span, ...]], names_broker: Callable[[str], bool], words_of: Words
) -> Usage:
    if usage.operation is not Operation.CONFIG or usage.language in PROGRAMS:
        return usage
    above, _, key = usage.symbol.rpartition(".")
    places = options.get(key, ())
    if names_broker(above) and not names_broker(key):
        places = tuple(place for place in places if names_broker(place.path))
    reader = _nearest(usage, places, words_of)
    if reader is None:
        return usage
    given = Argument("read_by", f"{reader.path}:{reader.line}", Provenance.COMPUTED, None)
    return replace(usage, arguments=(*usage.arguments, given))


def _nearest(usage: Usage, places: tuple[Span, ...], words_of: Words) -> Span | None:
    if len({place.path for place in places}) == 1:
        return places[0]
    words = _words(f"{usage.span.path} {usage.symbol} {usage.definition or ''}")
    shared = [len(words & words_of(place.path)) for place in places]
    most = max(shared, default=0)
    return places[shared.index(most)] if shared.count(most) == 1 else None


def _words(text: str) -> frozenset[str]:
    return frozenset(word.lower() for word in _WORD.findall(text))
