"""A makefile as assignments, rules with their recipes, and the rest, by byte offsets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum, auto

from natsscan.surfaces.make import logical_lines

_ASSIGNMENT = re.compile(rb"[ ]*(?:(?:export|override|private)[ \t]+)*([\w.-]+)[ \t]*(?:::?:?|[?+!])?=[ \t]*")
_EXPORT = re.compile(rb"[ ]*export[ \t]+([\w.-]+)[ \t]*\r?$")
_RULE = re.compile(rb"([^\s:#=][^:#=\n]*):(?!:?:?=):?([^=\n;]*(?:\\\r?\n[^=\n;]*)*)$", re.DOTALL)
_DIRECTIVE = re.compile(rb"[ ]*(?:ifn?def|ifn?eq|else|endif|include|-include|sinclude|export|unexport|vpath)\b")
_DEFINE = re.compile(rb"[ ]*(?:(?:export|override)[ \t]+)?define\b")
_ENDEF = re.compile(rb"[ ]*endef\b")
_WORD = re.compile(rb"(?:\$[({][^(){}\n]*[)}]|\\[^\r\n]|[^\s\\])+")
_PREFIX = re.compile(rb"[ \t]*[@+-]*[ \t]*")

Span = tuple[int, int]


class Sort(Enum):
    """What a logical line of a makefile is."""

    ASSIGNMENT = auto()
    RULE = auto()
    RECIPE = auto()
    COMMENT = auto()
    BLANK = auto()
    OTHER = auto()


@dataclass(frozen=True, slots=True)
class Line:
    """One logical line, its end included. `name` is the variable that it assigns, `words` are those of its value.

    Of a rule `targets` are what is made and `words` what that needs; of a recipe line `words` is the command as one.
    """

    sort: Sort
    start: int
    end: int
    name: bytes = b""
    targets: tuple[Span, ...] = ()
    words: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: its header, and the lines of its recipe with the blank lines and comments between them."""

    header: Line
    recipe: tuple[Line, ...] = field(default=())

    @property
    def end(self) -> int:
        """Where its last line ends."""
        return self.recipe[-1].end if self.recipe else self.header.end


def lines(data: bytes) -> list[Line]:
    """Return the logical lines of a makefile."""
    found: list[Line] = []
    text = data.decode("latin-1")
    in_rule = in_define = False
    for start, stop in logical_lines(text):
        end = stop + (data[stop : stop + 1] == b"\n")
        line = data[start:stop]
        if in_define:
            in_define = not _ENDEF.match(line)
            found.append(Line(Sort.OTHER, start, end))
            continue
        in_define = _DEFINE.match(line) is not None
        made = Line(Sort.OTHER, start, end) if in_define else _line(data, start, stop, end, in_rule=in_rule)
        if made.sort in (Sort.RULE, Sort.ASSIGNMENT):
            in_rule = made.sort is Sort.RULE
        found.append(made)
    return found


def rules(every: list[Line]) -> Iterator[Rule]:
    """Yield the rules of a makefile; a comment or blank line behind the last command is no part of one."""
    for number, line in enumerate(every):
        if line.sort is Sort.RULE:
            recipe: list[Line] = []
            for following in every[number + 1 :]:
                if following.sort not in (Sort.RECIPE, Sort.BLANK, Sort.COMMENT):
                    break
                recipe.append(following)
            while recipe and recipe[-1].sort is not Sort.RECIPE:
                recipe.pop()
            yield Rule(line, tuple(recipe))


def _line(data: bytes, start: int, stop: int, end: int, *, in_rule: bool) -> Line:
    line = data[start:stop]
    if not line.strip():
        return Line(Sort.BLANK, start, end)
    if line.startswith(b"\t") and in_rule:
        prefix = _PREFIX.match(data, start)
        first = prefix.end() if prefix is not None else start
        return Line(Sort.RECIPE, start, end, words=((first, first + len(data[first:stop].rstrip())),))
    if line.lstrip().startswith(b"#"):
        return Line(Sort.COMMENT, start, end)
    code = _without_comment(data, start, stop)
    assigned = _ASSIGNMENT.match(data, start, code)
    if assigned is not None:
        return Line(Sort.ASSIGNMENT, start, end, assigned[1], words=_words(data, assigned.end(), code))
    exported = _EXPORT.match(data, start, code)
    if exported is not None:
        return Line(Sort.ASSIGNMENT, start, end, exported[1])
    rule = None if _DIRECTIVE.match(line) else _RULE.match(data, start, code)
    if rule is None:
        return Line(Sort.OTHER, start, end)
    return Line(
        Sort.RULE, start, end, targets=_words(data, *rule.span(1)), words=_words(data, rule.start(2), rule.end(2))
    )


def _words(data: bytes, start: int, end: int) -> tuple[Span, ...]:
    return tuple(match.span() for match in _WORD.finditer(data, start, end))


def _without_comment(data: bytes, start: int, stop: int) -> int:
    at = data.find(b"#", start, stop)
    while at > 0 and data[at - 1 : at] == b"\\":
        at = data.find(b"#", at + 1, stop)
    return stop if at < 0 else at
