"""The broker's environment variables in a text of any notation: where they are set, and where they are read."""

from __future__ import annotations

import re
from collections.abc import Iterator

from natsscan.catalog.broker import Broker
from natsscan.model.usage import Operation
from natsscan.surfaces.words import Hit, with_holes

_LONGEST = 200
_READ = re.compile(r"\$(?:\{[!#]?(\w+)|\((\w+)\)|(\w+))")
_VARIABLE = r"[\"']?(?:\$\{\w++[^{}\s\"']*+\}|\$\$?\(\w++\)|\$\$?\w++|\{\{[^{}\n]{1,80}+\}\})[\"']?"
# A name, also one that is put together from upper-case pieces and variables: `RABBITMQ_USERNAME_V${i}`.
_NAME = re.compile(rf"(?<!\w)(?:{_VARIABLE}|[A-Z0-9_])++")
_PIECE = re.compile(_VARIABLE)
_ASSIGNED = re.compile(r"[\"']?[ \t]*(?::{1,3}|[?+!])?=(?!=)")
_KEY = re.compile(r"[\"']?[ \t]*:(?=\s|$)")
_DECLARED = re.compile(r"(?:\b(?:export|declare|typeset|local|readonly|unset|read|ENV|ARG)\b[^;|&\n]*|-?\s*name:)\s$")


def find_variables(broker: Broker, text: str, config: bytearray) -> Iterator[Hit]:
    """Yield the places at which a text sets or reads an environment variable of the broker.

    A name put together from pieces is told with holes, `RABBITMQ_USERNAME_V{i}`. `config` marks, one byte per
    character, the parts of the text in which `NAME: value` sets a variable.
    """
    for match in _READ.finditer(text):
        group = match.lastindex or 0
        if _is_variable(broker, match[group]):
            yield _variable_hit(match[group], match.start(group), match.end(group), "read")
    for match in _NAME.finditer(text):
        yield from _written(broker, text, match, config)


def _written(broker: Broker, text: str, match: re.Match[str], config: bytearray) -> Iterator[Hit]:
    start, end = match.span()
    if end - start > _LONGEST or text[end : end + 1].isalpha():
        return
    start += len(match[0]) - len(match[0].lstrip("\"'"))
    end -= len(match[0]) - len(match[0].rstrip("\"'"))
    name = text[start:end]
    literal = _PIECE.sub("", name)
    if not literal.strip("_") or not _is_variable(broker, _PIECE.sub("0", name)):
        return
    assigned = _ASSIGNED.match(text, end) or (config[start] and _KEY.match(text, end))
    if literal == name and not assigned and not _stands_alone(text, start, end):
        return
    is_set = assigned or _DECLARED.search(text[max(0, start - _LONGEST) : start].rstrip("\"'"))
    yield _variable_hit(re.sub("[\"']", "", with_holes(name)), start, end, "set" if is_set else "read")


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Tell whether a bare upper-case word is the name of a variable, and not a word of a sentence or a file's name."""
    around = text[max(0, start - 1) : start] + text[end : end + 1]
    return "_" in text[start:end] and not any(character in "./-(" for character in around)


def _is_variable(broker: Broker, name: str) -> bool:
    return len(name) <= _LONGEST and broker.variable.match(name) is not None


def _variable_hit(name: str, start: int, end: int, role: str) -> Hit:
    return Hit(Operation.ENV, name, start, end, {"role": role})
