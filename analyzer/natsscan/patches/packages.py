"""Dependencies on packages, in cabal, hpack and nix files: the target's package beside the broker's."""

from __future__ import annotations

import re
from collections.abc import Iterable

from natsscan.model.source import FileKind
from natsscan.model.usage import Operation, Usage
from natsscan.patches.items import Item, insertion, removal, split
from natsscan.patches.lines import line_end, line_start, whole
from natsscan.patches.place import Job, Place, Reading
from natsscan.surfaces.cabal_fields import Field, parse

_COMMA = re.compile(rb",(?:[ \t]*--[^\n]*)?")
_SPACE = re.compile(rb"\s+")
_NAME = re.compile(rb"[A-Za-z_][\w'-]*")
_OTHER = "What this package or module is for has to be decided first: it may move to NATS, or go."
_UNKNOWN = "No rule says which package takes its place on NATS."
_NESTED = "It stands among expressions; write the one for NATS by hand."


def read(job: Job) -> Reading:
    """Return the places of a file with dependencies."""
    places: list[Place] = []
    others: list[tuple[Usage, str]] = []
    packages = job.replacements.rules.packages.get("haskell", {})
    fields = parse(job.source.data).fields if job.source.kind is FileKind.CABAL else ()
    for usage in job.usages:
        new = packages.get(usage.symbol)
        if usage.operation is not Operation.DEPENDENCY or new is None:
            others.append((usage, _UNKNOWN if usage.operation is Operation.DEPENDENCY else _OTHER))
            continue
        place = _hpack(job, usage, new) if job.source.kind is FileKind.HPACK else _listed(job, usage, new, fields)
        if place is None:
            others.append((usage, _NESTED))
        else:
            places.append(place)
    return Reading(tuple(sorted(places, key=lambda place: place.start)), tuple(others))


def _hpack(job: Job, usage: Usage, new: str) -> Place | None:
    data, span = job.source.data, usage.span
    if data[line_start(data, span.start) : span.start].strip() != b"-":
        return None
    start, end = line_start(data, span.start), line_end(data, span.start)
    text = data[start : span.start] + new.encode()
    is_there = re.search(rb"(?m)^\s*- +[\"']?" + re.escape(new.encode()) + rb"\b", data) is not None
    return Place(start, end, (usage,), b"" if is_there else whole(data, text, end), end, "")


def _listed(job: Job, usage: Usage, new: str, fields: Iterable[Field]) -> Place | None:
    data, at = job.source.data, usage.span.start
    found = _cabal_items(data, fields, at) if job.source.kind is FileKind.CABAL else _nix_items(data, at)
    if found is None:
        return None
    items, otherwise = found
    place = next((number for number, item in enumerate(items) if item.start <= at < item.end), None)
    if place is None:
        return None
    start, end = removal(items, place)
    if any(item.name == new for item in items):
        return Place(start, end, (usage,), b"", end, "")
    beside, text = insertion(data, items, place, new, otherwise)
    return Place(start, end, (usage,), text, beside, "")


def _cabal_items(data: bytes, fields: Iterable[Field], at: int) -> tuple[tuple[Item, ...], bytes] | None:
    for field in fields:
        end = field.start + len(field.value)
        if field.start <= at < end:
            blanked = data[: field.start] + field.value + data[end:]  # comments are blank there
            return split(blanked, field.start, end, _COMMA), b", "
    return None


def _nix_items(data: bytes, at: int) -> tuple[tuple[Item, ...], bytes] | None:
    """Return the names of the list or of the arguments around an offset, None if there is anything but names."""
    opening = max(data.rfind(b"[", 0, at), data.rfind(b"{", 0, at))
    if opening < 0:
        return None
    is_list = data[opening : opening + 1] == b"["
    end = data.find(b"]" if is_list else b"}", at)
    if end < 0:
        return None
    items = split(data, opening + 1, end, _SPACE if is_list else _COMMA)
    simple = all(_NAME.fullmatch(data[item.start : item.end]) for item in _without_ellipsis(data, items))
    return (items, b" " if is_list else b", ") if simple else None


def _without_ellipsis(data: bytes, items: Iterable[Item]) -> list[Item]:
    return [item for item in items if data[item.start : item.end] != b"..."]
