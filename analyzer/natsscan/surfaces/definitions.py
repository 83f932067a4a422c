"""Exports of a broker's definitions: the JSON that declares its objects from outside, also as a template of it."""

from __future__ import annotations

import json
import re
from collections.abc import Container, Iterator
from dataclasses import dataclass, field

from natsscan.catalog.broker import Export
from natsscan.model.coverage import Loss, Problem
from natsscan.model.usage import Operation, Usage
from natsscan.surfaces.helmmask import find_actions
from natsscan.surfaces.hiding import SECRET, without_credentials
from natsscan.surfaces.mentions import mentions
from natsscan.surfaces.surface import Surface, SurfaceReading
from natsscan.surfaces.words import Place, byte_text

_TOKEN = re.compile(r"[ \t\r\n]*+(?:(\"(?:[^\"\\]|\\.)*+\")|([{}\[\]:,])|([^\s\"{}\[\]:,]+)|(.))", re.DOTALL)
_BYTE_ORDER_MARK = "\xef\xbb\xbf"
_SECTIONS_ENOUGH = 2
_ITEM_DEPTH = 2
_DEEPEST = 16


@dataclass(slots=True)
class DeclaredObject:
    """An object of a section: its fields by dotted path, each with its text and place."""

    section: str
    start: int
    fields: dict[str, tuple[str, Place]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unread:
    """What was not read of an export, from where on, and why."""

    at: int
    reason: str
    loss: Loss


@dataclass(slots=True)
class _Open:
    """An object or array that the tokens are inside of."""

    is_object: bool
    key: str = ""
    value_next: bool = False


def read(surface: Surface) -> SurfaceReading:
    """Return the objects that an export of definitions declares; of any other JSON, a mention of the broker."""
    export = surface.broker.export
    if export is None or not is_export(surface.source.data, export):
        return SurfaceReading(mentions(surface))
    usages: list[Usage] = []
    problems: list[Problem] = []
    for item in declared_objects(byte_text(surface), export.sections):
        if isinstance(item, DeclaredObject):
            usages.append(_usage(surface, item, export))
        elif item.loss is Loss.PART:
            problems.append(surface.problem(item.at, item.reason))
    return SurfaceReading(tuple(usages) or mentions(surface), tuple(problems))


def is_export(data: bytes, export: Export) -> bool:
    """Tell whether JSON is an export of definitions: it says the broker's version, or has several of its sections."""
    if not any(gate in data for gate in export.gates):
        return False  # spares long files of another sort the patterns
    if export.version.search(data):
        return export.section.search(data) is not None
    return len({match[1] for match in export.section.finditer(data)}) >= _SECTIONS_ENOUGH


def declared_objects(text: str, sections: Container[str]) -> Iterator[DeclaredObject | Unread]:
    """Yield the objects of all sections in order, and what could not be read: the rest from where it is no JSON.

    Each character of `text` stands for one byte. Template actions that stand for a value leave it out.
    """
    text = _without_actions(text)
    stack: list[_Open] = []
    item: DeclaredObject | None = None
    at = len(_BYTE_ORDER_MARK) if text.startswith(_BYTE_ORDER_MARK) else 0
    while (match := _TOKEN.match(text, at)) is not None:
        at, start = match.end(), match.start(match.lastindex or 0)
        mark = match[2] or ""
        if match[4] or (mark in ("}", "]") and not (stack and stack[-1].is_object is (mark == "}"))):
            yield Unread(start, "the JSON of these definitions is broken here", Loss.PART)
            return
        if mark in ("{", "["):
            if mark == "[" and len(stack) == 1 and stack[0].key not in sections:
                yield Unread(start, f"nothing is known of {stack[0].key!r} here: it is left out", Loss.NONE)
            if mark == "{" and item is None and _is_section(stack, sections):
                item = DeclaredObject(stack[0].key, start)
            stack.append(_Open(mark == "{"))
        elif mark in ("}", "]"):
            stack.pop()
            if item is not None and len(stack) == _ITEM_DEPTH:
                yield item
                item = None
            _value_ends(stack)
        elif mark == ":" and stack:
            stack[-1].value_next = True
        elif mark == ",":
            _value_ends(stack)
        elif stack and stack[-1].is_object and not stack[-1].value_next:
            stack[-1].key = _string(text[start:at])
        elif item is not None and len(stack) < _DEEPEST:
            path = ".".join(frame.key for frame in stack[_ITEM_DEPTH:] if frame.is_object)
            item.fields.setdefault(path, (_string(text[start:at]), (start, at)))
    if stack:
        yield Unread(len(text), "the JSON of these definitions is broken here", Loss.PART)


def _without_actions(text: str) -> str:
    """Return a text without template actions, those within strings without their quotes; every offset stays."""
    if "{{" not in text:
        return text
    data = bytearray(text.encode("latin-1"))
    for action in find_actions(bytes(data)):
        line = data[data.rfind(b"\n", 0, action.start) + 1 : action.start]
        within_string = line.replace(b'\\"', b"").count(b'"') % 2 == 1
        body = data[action.start : action.end]
        data[action.start : action.end] = body.replace(b'"', b"'") if within_string else re.sub(rb"[^\n]", b" ", body)
    return data.decode("latin-1")


def _is_section(stack: list[_Open], sections: Container[str]) -> bool:
    """Tell whether the next object is one of a section: an element of an array under one of the top's keys."""
    return len(stack) == _ITEM_DEPTH and not stack[1].is_object and stack[0].key in sections


def _value_ends(stack: list[_Open]) -> None:
    if stack:
        stack[-1].value_next = False


def _string(token: str) -> str:
    """Return what a JSON string or literal stands for. What is no valid string is returned as it stands."""
    text = token.encode("latin-1").decode("utf-8", errors="replace")
    if not text.startswith('"'):
        return text
    try:
        value = str(json.loads(text, strict=False))
    except ValueError:
        return text.strip('"')
    return value.encode("utf-8", errors="replace").decode()


def _usage(surface: Surface, item: DeclaredObject, export: Export) -> Usage:
    section = export.sections[item.section]
    anchors = (item.fields[key][1] for key in export.anchors if key in item.fields)
    start, end = next(anchors, (item.start, item.start + 1))
    fields = {key: text for key, (text, _) in item.fields.items()}
    arguments = {
        section.known(key, fields): SECRET if surface.secrets.key.search(key) else without_credentials(text)
        for key, text in fields.items()
    }
    is_call = section.operation is not Operation.CONFIG
    return surface.usage(section.operation, item.section, start, end, is_call=is_call, arguments=arguments)
