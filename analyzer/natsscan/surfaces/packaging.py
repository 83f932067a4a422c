"""What files that declare packages have in common: dependency entries, locations, the mention of last resort."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from natsscan.model.coverage import Problem
from natsscan.model.usage import Usage
from natsscan.surfaces.mentions import mentions
from natsscan.surfaces.surface import Surface, SurfaceReading

_SEPARATOR = re.compile(rb"[,(){}]")
_ENTRY = re.compile(rb"\s*([A-Za-z0-9][\w-]*)(?:\s*:\s*(?:\{[^}]*\}|[\w-]+))?(?![\w.:/-])(.*)", re.DOTALL)
_SHORT_ADDRESS = re.compile(r"(?:[\w.+-]+@)?[\w.+-]+:")
# Names of packages and modules have dashes in them.
_PACKAGE = re.compile(r"[\w-]+", re.ASCII)
_OWNED = re.compile(r"[\w-]+/[\w.-]+")
_PINNED = re.compile(r"@(?:sha256:|rev:).*$")
_QUERY = re.compile(r"[?#]")
_SUFFIX = re.compile(r"(?:-\d[\w.]*)?(?:\.git|\.tar\.\w+|\.tgz|\.zip|\.cabal)?$")


class Entry(NamedTuple):
    """A name in a list of dependencies, where it stands, and what follows it: bounds, renamings, flags."""

    name: str
    start: int
    end: int
    rest: str


def entries(value: bytes, offset: int) -> Iterator[Entry]:
    """Yield the entries of a list that begins at a byte offset. Commas separate them, except commas in brackets."""
    for start, end in _pieces(value):
        if found := _ENTRY.fullmatch(value, start, end):
            rest = " ".join(found.group(2).decode("utf-8", errors="replace").split())
            yield Entry(found.group(1).decode("ascii"), offset + found.start(1), offset + found.end(1), rest)


def _pieces(value: bytes) -> Iterator[tuple[int, int]]:
    start = depth = 0
    for found in _SEPARATOR.finditer(value):
        if found.group() in b"({":
            depth += 1
        elif found.group() in b")}":
            depth = max(0, depth - 1)
        elif not depth:
            yield start, found.start()
            start = found.end()
    yield start, len(value)


def package_at(location: str, packages: frozenset[str]) -> str | None:
    """Return the package that a URL, a path, a `name-version` or a forge's `owner/name` leads to, None for another.

    Of an address, the host and the owner do not count.
    """
    text = _PINNED.sub("", _QUERY.split(location, maxsplit=1)[0])
    _, scheme, rest = text.partition("://")
    short = _SHORT_ADDRESS.match(text)
    if scheme:
        text = rest.partition("/")[2]
    elif short:
        text = text[short.end() :]
    parts = [part for part in text.split("/") if part]
    if len(parts) > 1 and (scheme or short or _OWNED.fullmatch(text)):
        parts = parts[1:]
    names = (_SUFFIX.sub("", part) for part in reversed(parts))
    return next((name for name in names if name in packages), None)


def named(surface: Surface, text: bytes) -> re.Match[bytes] | None:
    """Return the first match of the broker's name in bytes, with byte offsets."""
    return surface.broker.name_in.search(text)


def given(**arguments: str) -> dict[str, str]:
    """Return the arguments that have a text."""
    return {name: text for name, text in arguments.items() if text}


def reading(surface: Surface, usages: Iterable[Usage], problems: Iterable[Problem] = ()) -> SurfaceReading:
    """Return what was found, in order; if that is nothing, the first place where the file mentions the broker."""
    found = sorted(usages, key=lambda usage: (usage.span.start, usage.span.end, usage.symbol))
    if not found:
        found = [*mentions(surface, _PACKAGE)]
    return SurfaceReading(tuple(found), tuple(problems))
