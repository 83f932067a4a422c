"""The named templates of a Go template file: `{{ define "x" }} ... {{ end }}`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from natsscan.model.questions import question
from natsscan.surfaces.helmmask import Action

_OPENS = re.compile(r"(?:if|with|range|define|block)\b")
_DEFINES = re.compile(rb"\{\{-?\s*define\s+([\"`])([^\"`\n]+)\1")


@dataclass(frozen=True, slots=True)
class NamedTemplate:
    """A named template: its name, the byte span of the name, and that of its body."""

    name: str
    name_span: tuple[int, int]
    body: tuple[int, int]


@question
def defined_names(data: bytes) -> tuple[str, ...]:
    """Return the names of the templates that a file defines, without looking where they end."""
    if b"define" not in data:
        return ()
    return tuple(match[2].decode("utf-8", errors="replace") for match in _DEFINES.finditer(data))


def named_templates(data: bytes, actions: Sequence[Action]) -> tuple[NamedTemplate, ...]:
    """Return the named templates of a file, in order; one that nothing ends goes on to the end of the file."""
    found: list[NamedTemplate] = []
    depth, opened = 0, None
    for action in actions:
        if action.body.startswith("end") and depth:
            depth -= 1
            if depth == 0 and opened is not None:
                found.append(_named(opened, action.start))
                opened = None
        elif _OPENS.match(action.body):
            if depth == 0:
                match = _DEFINES.match(data, action.start, action.end)
                opened = (match, action.end) if match else None
            depth += 1
    if opened is not None:
        found.append(_named(opened, len(data)))
    return tuple(found)


def _named(opened: tuple[re.Match[bytes], int], end: int) -> NamedTemplate:
    match, start = opened
    return NamedTemplate(match[2].decode("utf-8", errors="replace"), match.span(2), (start, end))
