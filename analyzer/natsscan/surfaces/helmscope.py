"""What the dots and variables of a Go template stand for: the chain of values that each action asks for."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from natsscan.surfaces.helmmask import Action

Chain = tuple[str, ...]
_BUILT_IN = frozenset({"Capabilities", "Chart", "Files", "Release", "Subcharts", "Template"})

# What stands for a byte that is no UTF-8 (PEP 383).
_UNDECODED = re.compile("[\udc80-\udcff]")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"|`[^`]*`')
_CHAIN = re.compile(r"(?<![\w.)\]$])(?P<start>\$\w*)?(?P<names>(?:\.[A-Za-z_]\w*)+|\.(?![\w.]))?")
# Functions that take keys as strings: behind the map (`hasKey . "a"`; in `index . "a" "b"` each below the one before),
# or in front of it (`dig "a" "b" "default" .`, `pluck "a" . $other`).
_MAP = r"(?:\(\s*+)?(?P<chain>(?:\$\w*+|(?=[\w.]))[\w.]*+)"
_KEYS = r"(?P<keys>(?:\s++(?:\"[^\"\\]*+\"|`[^`]*+`))++)"
_KEYS_AFTER = re.compile(rf"\b(?P<function>index|hasKey|get|set|unset|pick|omit)\s++{_MAP}(?:\s*+\))?{_KEYS}")
_KEYS_BEFORE = re.compile(
    rf"\b(?P<function>dig|pluck){_KEYS}(?P<default>\s++(?:\([^()]*+\)|[^\s\"`.$()|]++))?\s++{_MAP}"
)
_ONE_KEY = frozenset({"hasKey", "get", "set", "unset", "pluck"})
_KEYS_OF_ONE_MAP = frozenset({"pick", "omit"})
_INCLUDES = re.compile(r"\b(?:include|template)\s+[\"`]([^\"`]+)[\"`]\s+(\(|[^\s()|]+)")
_DEFINES = re.compile(r"define\s+[\"`]([^\"`]+)")
_OPENS = re.compile(r"(if|with|range|define|block)\b")
_ASSIGNED = re.compile(r"(?:(?:with|range|if)\s+)?(?:\$\w*\s*,\s*)?(\$\w+)\s*:?=\s*(.*)", re.DOTALL)
# Blocks within blocks beyond this share their variables: no template nests so deep, and copying would be quadratic.
_DEEPEST = 100


@dataclass(frozen=True, slots=True)
class Reference:
    """A chain of values that an action asks for, from the root of the values, and the byte span that says so."""

    start: int
    end: int
    chain: Chain

    @property
    def dotted(self) -> str:
        """The chain as a key path, without the `Values` that every chain begins with."""
        return ".".join(self.chain)

    @property
    def is_value(self) -> bool:
        """Whether the chain is one of values, and not of what Helm itself knows (`.Chart.Name`, `.Release.Name`)."""
        return bool(self.chain) and self.chain[0] not in _BUILT_IN


@dataclass(frozen=True, slots=True)
class Quoted:
    """A string in an action: the byte span of its text without the quotes."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an action refers to; `included` are the templates it includes, each with its dot, None if it is computed."""

    references: tuple[Reference, ...]
    strings: tuple[Quoted, ...]
    included: tuple[tuple[str, Chain | None], ...] = ()


@dataclass(slots=True)
class _Block:
    word: str
    dot: Chain | None
    variables: dict[str, Chain | None]


def resolve(
    data: bytes, actions: Sequence[Action], dots: Mapping[str, Chain] = MappingProxyType({})
) -> tuple[Meaning, ...]:
    """Return for each action of a template what it refers to. `dots` are those of named templates, as far as known.

    Inside `with .Values.broker` a `.host` is `broker.host`; inside `range` the elements have their list's path.
    Where the dot cannot be known (behind a function), a chain holds only what is written.
    """
    blocks = [_Block("", (), {"$": ()})]
    return tuple(_step(data, action, blocks, dots) for action in actions)


def _step(data: bytes, action: Action, blocks: list[_Block], dots: Mapping[str, Chain]) -> Meaning:
    body, word = action.body, ""
    if body.startswith("/*"):
        return Meaning((), ())
    if body.startswith("end") and len(blocks) > 1:
        blocks.pop()
        return Meaning((), ())
    if body.startswith("else"):
        if len(blocks) > 1:
            blocks[-1].dot = blocks[-2].dot
        body = body[4:].lstrip()
        opened = _OPENS.match(body)
        word = opened.group() if opened else ""
        meaning = _meaning(data, action, blocks[-1])
        if len(blocks) > 1 and word == "with":
            blocks[-1].dot = _value(body[4:], blocks[-1])
        return meaning
    meaning = _meaning(data, action, blocks[-1])
    if opened := _OPENS.match(body):
        word = opened.group()
        inner = blocks[-1].variables if len(blocks) > _DEEPEST else dict(blocks[-1].variables)
        blocks.append(_Block(word, blocks[-1].dot, inner))
        if word in ("define", "block"):
            named = _DEFINES.match(body)
            blocks[-1].dot = dots.get(named[1], ()) if named else ()
            blocks[-1].variables["$"] = blocks[-1].dot
        elif word in ("with", "range"):
            blocks[-1].dot = _value(body[len(word) :], blocks[-1])
    if assigned := _ASSIGNED.match(body):
        name, expression = assigned.groups()
        outer = blocks[-2] if word and len(blocks) > 1 else blocks[-1]
        value = _value(expression, outer)
        blocks[-1].variables[name] = value
        if word in ("with", "range"):
            blocks[-1].dot = value
    return meaning


def _value(expression: str, block: _Block) -> Chain | None:
    """Return the one chain that an expression is about; None if there is no or more than one, or it is computed."""
    expression = expression.strip()
    if "include" in expression or "tpl " in expression:
        return None
    chains = {chain for _, _, chain in _chains(expression, block)}
    return chains.pop() if len(chains) == 1 else None


def _chains(text: str, block: _Block) -> list[tuple[int, int, Chain]]:
    found = [key for match in _keyed(text) for key in _keys(match, block)]
    taken = [match.span() for match in _keyed(text)]
    bare = _STRING.sub(lambda string: " " * len(string.group()), text)
    found += [
        (match.start(), match.end(), _chain(match.group(), block))
        for match in _CHAIN.finditer(bare)
        if match.group() and not any(start <= match.start() < end for start, end in taken)
    ]
    return found


def _keyed(text: str) -> list[re.Match[str]]:
    """Return the calls in an action that ask a map for keys that are written as strings."""
    if '"' not in text and "`" not in text:
        return []
    return [*_KEYS_AFTER.finditer(text), *_KEYS_BEFORE.finditer(text)]


def _keys(call: re.Match[str], block: _Block) -> list[tuple[int, int, Chain]]:
    """Return the chain of each key that a call asks for, with the span of the key, or of all of `index . "a" "b"`."""
    function, base = call["function"], _chain(call["chain"], block)
    strings = [
        (call.start("keys") + string.start() + 1, call.start("keys") + string.end() - 1)
        for string in _STRING.finditer(call["keys"])
    ]
    if function == "dig" and not call["default"]:
        strings = strings[:-1]  # the last one is what `dig` gives if there is no such key
    elif function in _ONE_KEY:
        strings = strings[:1]
    if function in _KEYS_OF_ONE_MAP:
        return [(start, end, (*base, call.string[start:end])) for start, end in strings]
    if not strings:
        return []
    first, last = (call.start("chain"), call.end("keys")) if function == "index" else (strings[0][0], strings[-1][1])
    return [(first, last, (*base, *(call.string[start:end] for start, end in strings)))]


def _chain(text: str, block: _Block) -> Chain:
    start, _, names = text.partition(".")
    base = block.variables.get(start) if start else block.dot
    chain = (*(base or ()), *(name for name in names.split(".") if name))
    return chain[1:] if chain[:1] == ("Values",) else chain


def _meaning(data: bytes, action: Action, block: _Block) -> Meaning:
    read = data[action.start + 2 : action.end - 2].decode("utf-8", errors="surrogateescape")
    text = read if read.isascii() else _UNDECODED.sub("\ufffd", read)  # one character for each byte that is no UTF-8
    offset = action.start + 2

    def at(position: int) -> int:
        return offset + (position if read.isascii() else len(read[:position].encode(errors="surrogateescape")))

    chains = _chains(text, block)
    references = tuple(Reference(at(start), at(end), chain) for start, end, chain in chains)
    # A string that is a key is in the chain already.
    quoted = tuple(
        Quoted(at(match.start() + 1), at(match.end() - 1), match.group()[1:-1])
        for match in _STRING.finditer(text)
        if not any(start <= match.start() + 1 and match.end() - 1 <= end for start, end, _ in chains)
    )
    included = tuple((call[1], None if call[2] == "(" else _value(call[2], block)) for call in _INCLUDES.finditer(text))
    return Meaning(references, quoted, included)
