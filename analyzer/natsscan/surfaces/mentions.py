"""The mention of the broker: what is said of a file that names it, and does nothing with it that a reader knows."""

from __future__ import annotations

import re

from natsscan.catalog.broker import Broker
from natsscan.model.usage import Operation, Tier, Usage
from natsscan.surfaces.hiding import SECRET, secrets_in
from natsscan.surfaces.surface import Surface
from natsscan.surfaces.words import Place

_WORD = re.compile(r"\w+", re.ASCII)
# How much of a line is looked at around a name, in bytes: files made by programs have lines of megabytes.
_AROUND = 200
_NEAR = 40


def mentions(surface: Surface, word_pattern: re.Pattern[str] = _WORD) -> tuple[Usage, ...]:
    """Return the mention of the broker in a file, with the number of lines that name it; nothing if none does.

    `word_pattern` says what belongs to the word that is shown.
    """
    named = _first_names(surface.broker, surface.source.data)
    if not named:
        return ()
    start, end, word = _mentioned_word(surface, *named[0], word_pattern)
    arguments = {"count": str(len(named))}
    return (surface.usage(Operation.MENTION, word, start, end, tier=Tier.MENTION, arguments=arguments),)


def _first_names(broker: Broker, data: bytes) -> list[Place]:
    """Return the first name of the broker on each line that has one; only what is around its words is looked at."""
    lowered = data.lower()
    found: dict[int, Place] = {}
    for word in broker.names:
        at = lowered.find(word)
        while at >= 0:
            line, end = data.rfind(b"\n", 0, at) + 1, _at(data.find(b"\n", at), len(data))
            match = broker.name_in.search(data, max(line, at - _NEAR), min(end, at + _NEAR))
            if match is not None and (line not in found or match.start() < found[line][0]):
                found[line] = match.span()
            at = lowered.find(word, at + len(word) if match is None else end)
    return [found[line] for line in sorted(found)]


def _mentioned_word(surface: Surface, start: int, end: int, word_pattern: re.Pattern[str]) -> tuple[int, int, str]:
    """Return the word around a name and where it stands, `(secret)` if it is part of a secret."""
    data = surface.source.data
    near = max(data.rfind(b"\n", 0, start) + 1, start - _AROUND)
    stop = min(_at(data.find(b"\n", end), len(data)), end + _AROUND)
    line = data[near:stop].decode("latin-1")
    if any(low <= start - near < high for low, high in secrets_in(surface.secrets, line)):
        return start, end, SECRET
    word = next((word for word in word_pattern.finditer(line) if word.start() <= start - near < word.end()), None)
    if word is None:
        return start, end, data[start:end].decode(errors="replace")
    return near + word.start(), near + word.end(), word[0]


def _at(found: int, otherwise: int) -> int:
    return found if found >= 0 else otherwise
