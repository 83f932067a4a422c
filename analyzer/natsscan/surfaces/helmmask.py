"""Makes a Go template readable as what it is a template of: every action is overwritten, every offset kept."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

# What stands between the braces: quoted strings may hold braces, comments anything. Possessive, so that a text
# without closing braces costs one pass and not two to the power of its quotes.
_ACTION = re.compile(
    rb"""\{\{(?:-?\s*/\*(?s:.)*?\*/\s*-?\}\}
        |(?:[^"'`}]|\}(?!\})|"(?:[^"\\\n]|\\.)*+"|`[^`]*+`|'(?:[^'\\\n]|\\.)*+')*+\}\})""",
    re.VERBOSE,
)
_LONGEST_ACTION = 20_000
_CONTROL = re.compile(r"(?:if|else|end|with|range|define|block|break|continue)\b|\$\w*(?:\s*,\s*\$\w+)?\s*:?=|/\*|$")
_KEY_BEFORE = re.compile(rb"^[ \t]*(?:- +)*[\w./-]+:$")
_MAKES_BLOCK = re.compile(r"\b(?:toYaml|nindent|indent)\b")
_FILLER = b"x"


@dataclass(frozen=True, slots=True)
class Action:
    """One `{{ ... }}`: its byte span and its text without braces, trim marks and surrounding blanks."""

    start: int
    end: int
    body: str

    @property
    def prints(self) -> bool:
        """Whether the action can print something; conditions, loops, assignments and comments do not."""
        return _CONTROL.match(self.body) is None

    @property
    def is_comment(self) -> bool:
        """Whether the action is a comment of the template."""
        return self.body.startswith("/*")


def find_actions(data: bytes) -> tuple[Action, ...]:
    """Return the template actions of a text, in order.

    An action whose quotes do not close ends at the next `}}`; braces that nothing closes are text.
    """
    found = []
    at = data.find(b"{{")
    while at >= 0:
        match = _ACTION.match(data, at, at + _LONGEST_ACTION)
        end = match.end() if match else data.find(b"}}", at) + 2
        if end < at + 2:
            break
        inner = data[at + 2 : end - 2].decode("utf-8", errors="replace")
        inner = inner[1:] if inner.startswith("-") else inner
        inner = inner[:-1] if inner.endswith("-") else inner
        found.append(Action(at, end, inner.strip()))
        at = data.find(b"{{", end)
    return tuple(found)


def mask(data: bytes, actions: Sequence[Action] | None = None) -> bytes:
    """Return a text of the same length in which no template action is left; `actions` are those of `data`, if known.

    Line ends stay where they are. Actions that have a line to themselves become a comment as deep as what follows,
    so that they end no block; others become letters, so that what they print stays one scalar.
    """
    found = find_actions(data) if actions is None else actions
    if not found:
        return data
    filled, blanked = bytearray(data), bytearray(data)
    for action in found:
        _fill(filled, blanked, data, action)
    filled_lines = bytes(filled).split(b"\n")
    blanked_lines = bytes(blanked).split(b"\n")
    below = 0
    for at in range(len(filled_lines) - 1, -1, -1):
        line = filled_lines[at]
        if blanked_lines[at].strip():
            below = len(line) - len(line.lstrip(b" \t"))
        elif line.strip():
            filled_lines[at] = _comment(line, below)
    return b"\n".join(filled_lines)


def _fill(filled: bytearray, blanked: bytearray, data: bytes, action: Action) -> None:
    """Put letters over an action's first line, blanks over its others; in `blanked` blanks over all of it."""
    first, *others = data[action.start : action.end].split(b"\n")
    end = b"\r" if first.endswith(b"\r") else b""
    letters = _FILLER * (len(first) - len(end))
    line_start = data.rfind(b"\n", 0, action.start) + 1
    if _MAKES_BLOCK.search(action.body) and _KEY_BEFORE.match(bytes(blanked[line_start : action.start])):
        letters = b" " + letters[1:]  # `key:{{- toYaml . | nindent 2 }}`: the colon needs its blank to be one
    blanks = [(b" " * (len(line) - 1) + b"\r") if line.endswith(b"\r") else b" " * len(line) for line in others]
    filled[action.start : action.end] = b"\n".join([letters + end, *blanks])
    blanked[action.start : action.end] = b"\n".join([b" " * len(letters) + end, *blanks])


def _comment(line: bytes, column: int) -> bytes:
    end = b"\r" if line.endswith(b"\r") else b""
    room = len(line) - len(end) - column
    return (b" " * column + b"#" + _FILLER * (room - 1) if room > 0 else b" " * (len(line) - len(end))) + end
