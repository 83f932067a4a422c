"""Makefiles and justfiles: variables, targets and the shell in their recipes."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

from natsscan.surfaces.shell import Script, lex, reading
from natsscan.surfaces.surface import Surface, SurfaceReading
from natsscan.surfaces.words import Place, byte_text

_LOGICAL_LINE = re.compile(r"(?:[^\\\n]|\\\r\n|\\(?s:.)|\\\Z)*+(?:\n|\Z)")
_TARGET = re.compile(r"([^\s:#=][^:#=\n]*):(?!:?=)")
_COMMENT = re.compile(r"(?<!\\)#")
_NO_RULE = re.compile(r"#|(?:ifn?def|ifn?eq|else|endif)\b")
_PREFIX = re.compile(r"[ \t]+[@+-]*")


def read(surface: Surface) -> SurfaceReading:
    """Return what the variables, targets and recipes of a makefile do with the broker, each with its target."""
    text = byte_text(surface)
    script = Script()
    starts, names = [0], [""]
    for start, end in logical_lines(text):
        line = text[start:end]
        prefix = _PREFIX.match(line)
        if prefix is not None:
            lex(text, start + prefix.end(), end, script)
            continue
        if line.strip() and not _NO_RULE.match(line):
            target = _TARGET.match(line)
            starts.append(start)
            names.append(target[1].split()[0] if target is not None else "")
        comment = _COMMENT.search(line)
        if comment is not None:
            script.comments.append((start + comment.start(), end))
        lex(text, start, end if comment is None else start + comment.start(), script)
    # A quote that is open at the end of a line of make is an apostrophe, and nothing is lost by it.
    script.unclosed.clear()
    return reading(surface, text, script, lambda offset: _target(names[bisect_right(starts, offset) - 1]))


def _target(name: str) -> str | None:
    """Return a target's name; those that begin with a dot and a capital are orders to make."""
    return None if not name or (name[0] == "." and name[1:2].isupper()) else name


def logical_lines(text: str) -> Iterator[Place]:
    """Yield the lines of a makefile without their ends, those that a backslash continues as one."""
    at = 0
    while at < len(text):
        match = _LOGICAL_LINE.match(text, at)
        if match is None:
            return
        yield at, match.end() - (text[match.end() - 1] == "\n")
        at = match.end()
