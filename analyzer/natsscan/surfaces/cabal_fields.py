"""The syntax that .cabal files and cabal.project share: fields and sections, by layout or by braces."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

_BOM = b"\xef\xbb\xbf"
_COMMENT = re.compile(rb"^[ \t]*--[^\n]*", re.MULTILINE)
_FIELD = re.compile(rb"([A-Za-z][\w.-]*)[ \t]*:")
_SECTION = re.compile(rb"([A-Za-z][\w-]*)([^{\r\n]*)")
_BLANK = b" \t\r\f\v"
_ATOM = re.compile(r"!?\w+(\([^()&|]*\))?")

# Nested or chained more deeply than this, a condition no longer helps who reads it, and would cost quadratic time.
_CONDITIONS_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Section:
    """A stanza: its name in lower case, what follows the name, where that begins, and the conditions it is under.

    What stands outside of every stanza is in the section without a name.
    """

    name: str = ""
    argument: str = ""
    start: int = 0
    conditions: tuple[str, ...] = ()

    def titled(self, title: str) -> str:
        """Return a title followed by the conditions: `library if os(linux)`."""
        return title + "".join(f" if {condition}" for condition in self.conditions)

    @property
    def title(self) -> str:
        """The stanza as one writes it, without conditions: `executable server`."""
        return f"{self.name} {self.argument}".strip()


@dataclass(frozen=True, slots=True)
class Field:
    """A field: its name in lower case, its value with comment lines blanked, and where that value begins."""

    name: str
    value: bytes
    start: int
    section: Section


@dataclass(frozen=True, slots=True)
class CabalFile:
    """What a file holds, in the order written; `unclosed` is the offset of the first brace nothing closes."""

    fields: tuple[Field, ...]
    sections: tuple[Section, ...]
    unclosed: int | None


def parse(data: bytes) -> CabalFile:
    """Return the fields and sections of a file; lines that are neither are left out. Never raises."""
    parser = _Parser(_COMMENT.sub(lambda comment: b" " * len(comment.group()), data))
    parser.run(len(_BOM) if data.startswith(_BOM) else 0)
    return CabalFile(tuple(parser.fields), tuple(parser.sections), min(parser.unclosed, default=None))


def negated(condition: str) -> str:
    """Return the condition that holds where this one does not, as cabal writes it."""
    return f"!{_grouped(condition)}"


def otherwise(conditions: list[str], condition: str | None = None) -> str:
    """Return the condition of an `elif` (or, without one, `else`) branch after these conditions."""
    denied = [negated(earlier) for earlier in conditions]
    return " && ".join(denied if condition is None else [*denied, _grouped(condition)])


def _grouped(condition: str) -> str:
    return condition if _ATOM.fullmatch(condition) and not condition.startswith("!") else f"({condition})"


@dataclass(slots=True)
class _Block:
    """A section or conditional that is still open; `chain` are the conditions of its last if, elif, ..."""

    section: Section
    indent: int
    brace: int | None = None
    chain: list[str] = field(default_factory=list)


class _Parser:
    """Reads elements line by line; a stack instead of recursion, so that no nesting is too deep."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._last_closing = data.rfind(b"}") + 1
        self._open = [_Block(Section(), -1)]
        self.fields: list[Field] = []
        self.sections: list[Section] = []
        self.unclosed: list[int] = []

    def run(self, at: int) -> None:
        indent: int | None = None
        fresh = True
        while (start := self._skip_blanks(at)) < len(self._data):
            if self._data[start] == ord("\n"):
                at, fresh = start + 1, True
                continue
            indent = start - at if fresh else None
            if indent is not None:
                # A brace on a line of its own opens the section before it, which it is not indented from.
                self._close(indent + (self._data[start] == ord("{")))
            at = self._element(start, indent)
            fresh = self._data[at - 1] == ord("\n")
        self.unclosed.extend(block.brace for block in self._open if block.brace is not None)

    def _line_end(self, at: int) -> int:
        end = self._data.find(b"\n", at)
        return len(self._data) if end < 0 else end

    def _skip_blanks(self, at: int) -> int:
        while at < len(self._data) and self._data[at] in _BLANK:
            at += 1
        return at

    def _close(self, indent: int) -> None:
        """Close what a line with this indentation is no longer part of."""
        while self._open[-1].indent >= indent and self._open[-1].brace is None:
            self._open.pop()

    def _element(self, at: int, indent: int | None) -> int:
        """Read what begins here and return where it ends; `indent` is None for what does not begin its line."""
        if self._data[at] in b"{}":
            return self._brace(at)
        if found := _FIELD.match(self._data, at):
            return self._field(found, indent)
        if found := _SECTION.match(self._data, at):
            self._section(found, self._open[-1].indent + 1 if indent is None else indent)
            return found.end()
        return self._line_end(at)

    def _brace(self, at: int) -> int:
        if self._data[at] == ord("{"):
            if len(self._open) > 1 and self._open[-1].brace is None:
                self._open[-1].brace = at
        elif any(block.brace is not None for block in self._open):
            while self._open.pop().brace is None:
                pass
        return at + 1

    def _field(self, found: re.Match[bytes], indent: int | None) -> int:
        """Add a field and return where it ends. `indent` is None for one that shares its line with a brace."""
        start = self._skip_blanks(found.end())
        closing = self._closing(start) if self._data[start : start + 1] == b"{" else None
        if closing is not None and closing >= 0:
            start, end, after = start + 1, closing, closing + 1
        elif indent is None:
            end = after = self._inline_end(found.end())
        else:
            end = after = self._layout_end(found.end(), indent)
        if closing == -1:
            self.unclosed.append(start)
        name = found.group(1).decode().lower()
        self.fields.append(Field(name, self._data[start:end], start, self._open[-1].section))
        return after

    def _inline_end(self, at: int) -> int:
        closing = self._closing(at)
        end = self._data.find(b"\n", at, closing) if closing >= 0 else self._line_end(at)
        return closing if end < 0 else end

    def _closing(self, at: int) -> int:
        """Return the offset of the next closing brace, -1 for none; that there are no more is found out once."""
        if at < self._last_closing:
            return self._data.find(b"}", at)
        return -1

    def _layout_end(self, at: int, indent: int) -> int:
        """Return the end of a value that goes on as long as its lines are blank or indented more than its field."""
        end = self._line_end(at) + 1
        while end < len(self._data):
            start = self._skip_blanks(end)
            if start < len(self._data) and self._data[start] != ord("\n") and start - end <= indent:
                return end
            end = self._line_end(start) + 1
        return len(self._data)

    def _section(self, found: re.Match[bytes], indent: int) -> None:
        name, written = found.group(1).decode().lower(), found.group(2).decode("utf-8", errors="replace")
        argument = " ".join(written.split())
        parent = self._open[-1]
        if name in ("if", "elif", "else"):
            section = _conditional(name, argument, parent)
        else:
            start = found.end() - len(found.group(2).lstrip(b' \t"'))
            section = Section(name, argument.strip('"'), start, parent.section.conditions)
            self.sections.append(section)
        self._open.append(_Block(section, indent))


def _conditional(word: str, argument: str, parent: _Block) -> Section:
    """Return the section of a conditional's branch: its parent's, under one more condition."""
    if word == "if":
        parent.chain = []
    if word == "else":
        condition = otherwise(parent.chain)
    else:
        condition = otherwise(parent.chain, argument) if parent.chain else argument
        parent.chain = [*parent.chain, argument][-_CONDITIONS_SHOWN:]
    conditions = (*parent.section.conditions, *filter(None, [condition]))
    return replace(parent.section, conditions=conditions[-_CONDITIONS_SHOWN:])
