"""Cabal and hpack files: the target's package beside the broker's, and modules named after the broker."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Sequence

from natsscan.model.source import FileKind
from natsscan.model.usage import Operation, Usage
from natsscan.patches.items import Item, insertion, removals, split
from natsscan.patches.lines import line_end, line_start, whole
from natsscan.patches.place import Job, Place, Reading
from natsscan.patches.yamllines import YamlLines
from natsscan.surfaces.cabal_fields import Field, parse
from natsscan.surfaces.yamltree import Entry

_COMMA = re.compile(rb",(?:[ \t]*--[^\n]*)?")
_BLANK = re.compile(rb"[\s,]+")
_COMMENT = b"--"
_MODULE = "No module is put beside it: somebody writes that one first. The line goes when nothing imports the module."
_FOLDER = "The package goes from the list when its folder goes, or is called otherwise."
_VERSION = "A version has to be chosen for what takes its place: add that by hand."
_UNKNOWN = "No rule says which package takes its place on NATS."
_MIXIN = "It gives modules of the package other names: see what they are to be of the package that takes its place."
_NESTED = "It stands among other things on its line; take it out by hand."


def read(job: Job) -> Reading:
    """Return the places of a cabal file, of a package.yaml, or of what lists the packages of a project."""
    if job.source.kind in (FileKind.HPACK, FileKind.STACK):
        return _yaml(job)
    places: list[Place] = []
    others: list[tuple[Usage, str]] = []
    kept = _names(job)
    left = [usage for usage in job.usages if usage not in kept]
    for field in parse(job.source.data).fields:
        end = field.start + len(field.value)
        mine = [usage for usage in left if field.start <= usage.span.start < end]
        left = [usage for usage in left if usage not in mine]
        found, rest = _field(job, field, mine)
        places += found
        others += rest
    others += [(usage, _NESTED) for usage in left]
    return Reading(tuple(sorted(places, key=lambda place: place.start)), tuple(others), (), kept)


def _names(job: Job) -> tuple[Usage, ...]:
    """Return the usages that only name modules or folders which stay, as programs move as they are."""
    if job.route is None:
        return ()
    near = posixpath.dirname(job.source.path)
    gone = job.route.provided
    names = (usage for usage in job.usages if usage.operation is Operation.CONFIG)
    return tuple(usage for usage in names if posixpath.normpath(posixpath.join(near, usage.symbol)) not in gone)


def _field(job: Job, field: Field, usages: Sequence[Usage]) -> tuple[list[Place], list[tuple[Usage, str]]]:
    """Return the places of a field with a list in it."""
    if not usages:
        return [], []
    if field.name == "mixins":
        return [], [(usage, _MIXIN) for usage in usages]
    data, end = job.source.data, field.start + len(field.value)
    blanked = data[: field.start] + field.value + data[end:]  # lines of comments are blank there
    is_dependency = usages[0].operation is Operation.DEPENDENCY
    items = split(blanked, field.start, end, _COMMA if is_dependency else _BLANK)
    at = {
        number: usage
        for usage in usages
        for number, item in enumerate(items)
        if item.start <= usage.span.start < item.end
    }
    others = [(usage, _NESTED) for usage in usages if usage not in at.values()]
    if len(at) == len(items) and not is_dependency:  # nothing would be left of the field
        first, last = line_start(data, field.start), line_end(data, items[-1].end)
        return [Place(first, last, tuple(usages), None, last, _reason(job))], others
    gone = {number: _whole_line(data, items, number, span) for number, span in removals(items, at).items()}
    places = []
    for number, usage in at.items():
        start, stop = gone[number]
        new = job.replacements.rules.packages.get("haskell", {}).get(usage.symbol) if is_dependency else None
        if new is not None and job.route is not None and job.source.kind is FileKind.CABAL_PROJECT:
            places.append(
                Place(start, stop, (usage,), None, stop, "")
            )  # of a package in the project no version is told
        elif new is None:
            reason = _UNKNOWN if is_dependency else _reason(job)
            if is_dependency:
                others.append((usage, reason))
            else:
                places.append(Place(start, stop, (usage,), None, stop, reason))
        elif any(item.name == new for item in items):
            places.append(Place(start, stop, (usage,), b"", stop, ""))
        else:
            beside, text = insertion(data, items, number, new, b", ")
            places.append(Place(start, stop, (usage,), text, beside, ""))
    return places, others


def _whole_line(data: bytes, items: Sequence[Item], at: int, span: tuple[int, int]) -> tuple[int, int]:
    """Return the span that goes with an item: its line alone, where comments stand on the way to its neighbour."""
    if _COMMENT not in data[slice(*span)]:
        return span
    start, end = line_start(data, items[at].start), line_end(data, items[at].end)
    is_alone = data[start:end].strip(b" \t\r\n,") == data[items[at].start : items[at].end]
    return (start, end) if is_alone else (items[at].start, items[at].end)


def _reason(job: Job) -> str:
    if job.route is not None:
        return ""
    return _MODULE if job.source.kind is FileKind.CABAL else _FOLDER


def _yaml(job: Job) -> Reading:
    """Return the places of a package.yaml or a stack.yaml: items of lists, on lines of their own."""
    file = YamlLines(job.source)
    places: list[Place] = []
    others: list[tuple[Usage, str]] = []
    kept = _names(job)
    for usage in job.usages:
        if usage in kept:
            continue
        item = _item(file, usage.span.start)
        lines = file.lines(item) if item is not None else None
        if item is None or lines is None:
            others.append((usage, _NESTED))
            continue
        is_dependency = usage.operation is Operation.DEPENDENCY
        new = job.replacements.rules.packages.get("haskell", {}).get(usage.symbol) if is_dependency else None
        if job.source.kind is FileKind.STACK:
            is_ours = job.route is not None and (not is_dependency or usage.symbol in job.route.packages)
            reason = "" if is_ours else _VERSION if is_dependency else _FOLDER
            places.append(Place(lines.start, lines.end, (usage,), None, lines.end, reason))
        elif not is_dependency:
            places.append(Place(lines.start, lines.end, (usage,), None, lines.end, _MODULE))
        elif new is None:
            others.append((usage, _UNKNOWN))
        else:
            twin = b"" if _is_there(file, item, new) else whole(file.data, _dash(file, item) + new.encode(), lines.end)
            places.append(Place(lines.start, lines.end, (usage,), twin, lines.end, ""))
    return Reading(tuple(places), tuple(others), (), kept)


def _item(file: YamlLines, at: int) -> Entry | None:
    """Return the item of a list around an offset, the innermost one."""
    around: Iterable[Entry] = file.around(at)
    return next((entry for entry in around if entry.key is None and entry.parent >= 0), None)


def _dash(file: YamlLines, item: Entry) -> bytes:
    """Return what stands before the text of an item on its line."""
    start = min([item.value[0], *(child.key[0] for child in file.children(item) if child.key)])
    return file.data[line_start(file.data, start) : start]


def _is_there(file: YamlLines, item: Entry, name: str) -> bool:
    return any(re.split(r"[\s<>=^]", file.name(other))[0] == name for other in file.siblings(item))
