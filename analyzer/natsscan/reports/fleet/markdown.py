"""A fleet as a document in Markdown, as forges and wikis render it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from natsscan import __version__
from natsscan.catalog.markdown import Safe, cell, code
from natsscan.model.fleet import Fleet
from natsscan.model.mapping import Fidelity
from natsscan.reports.fleet.parts import parts_of
from natsscan.reports.fleet.templates import templates
from natsscan.reports.fleet.words import answer, briefly, kept
from natsscan.reports.inventory.markdown import bar, places_of

DOCUMENT = "fleet.md"
# GitHub renders no document of more than 512 KB, and a list of thousands is read by nobody.
_MOST_BYTES = 500_000
_MOST_ROWS = 500
_MOST_NAMES = 5
_CUT = "\n\nThe rest is left out, as forges render no longer documents: `inventory.html` has all of it.\n"


def render(fleet: Fleet) -> str:
    """Return the document, which ends before it is too long for GitHub to render."""
    parts = parts_of(fleet)
    filters: dict[str, Callable[..., object]] = {
        "c": code,
        "cell": cell,
        "cells": _cells,
        "names": _names,
        "places": places_of,
        "briefly": briefly,
        "commas": _commas,
        "safe": Safe,
    }
    values = {
        "parts": parts,
        "fleet": fleet,
        "answer": answer(parts),
        "kept": kept(parts),
        "lost": parts.properties(Fidelity.NONE),
        "most": _MOST_ROWS,
        "bar": bar,
        "version": __version__,
    }
    return _cut(templates().render(DOCUMENT, filters, values))


def _cut(text: str) -> str:
    """Return a document that is not too long, cut between two of its lines."""
    encoded = text.encode()
    if len(encoded) <= _MOST_BYTES:
        return text
    return encoded[: encoded.rindex(b"\n", 0, _MOST_BYTES - len(_CUT))].decode() + _CUT


def _cells(names: Sequence[str]) -> Safe:
    """Return names for a cell of a table; of many the first."""
    return _listed([cell(name) for name in names[:_MOST_NAMES]], len(names))


def _names(names: Sequence[str]) -> Safe:
    """Return names for a line; of many the first."""
    return _listed([code(name) for name in names[:_MOST_NAMES]], len(names))


def _listed(shown: Sequence[str], total: int) -> Safe:
    text = ", ".join(shown) or "nobody"
    return Safe(f"{text} and {total - len(shown):,} more" if total > len(shown) else text)


def _commas(number: int) -> Safe:
    return Safe(f"{number:,}")
