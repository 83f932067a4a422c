"""What the dots and variables of a Go template stand for: the chain of values that each action asks for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from natsscan.surfaces.helmmask import Action

Chain = tuple[str, ...]

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"|`[^`]*`')
_CHAIN = re.compile(r"(?<![\w.)\]$])(?P<start>\$\w*)?(?P<names>(?:\.[A-Za-z_]\w*)+|\.(?![\w.]))?")
_INDEX = re.compile(r"\bindex\s+\(?\s*(?P<chain>\$?[\w.]*)\s*\)?(?P<keys>(?:\s+\"[^\"]*\")+)")
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


@dataclass(frozen=True, slots=True)
class Quoted:
    """A string in an action: the byte span of its text without the quotes."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an action refers to."""

    references: tuple[Reference, ...]
    strings: tuple[Quoted, ...]


@dataclass(slots=True)
class _Block:
    word: str
    dot: Chain | None
    variables: dict[str, Chain | None]


def resolve(data: bytes, actions: Sequence[Action]) -> tuple[Meaning, ...]:
    """Return for each action of a template what it refers to.

    Inside `with .Values.broker` a `.host` is `broker.host`; inside `range` the elements have their list's path.
    Where the dot cannot be known (in a named template, behind a function), a chain holds only what is written.
    """
    blocks = [_Block("", (), {"$": ()})]
    return tuple(_step(data, action, blocks) for action in actions)


def _step(data: bytes, action: Action, blocks: list[_Block]) -> Meaning:
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
            blocks[-1].dot = ()
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
    found: list[tuple[int, int, Chain]] = []
    indexed: list[tuple[int, int]] = []
    for match in _INDEX.finditer(text):
        keys = tuple(re.findall(r'"([^"]*)"', match["keys"]))
        found.append((match.start("chain"), match.end("keys"), (*_chain(match["chain"], block), *keys)))
        indexed.append(match.span())
    bare = _STRING.sub(lambda string: " " * len(string.group()), text)
    found += [
        (match.start(), match.end(), _chain(match.group(), block))
        for match in _CHAIN.finditer(bare)
        if match.group() and not any(start <= match.start() < end for start, end in indexed)
    ]
    return found


def _chain(text: str, block: _Block) -> Chain:
    start, _, names = text.partition(".")
    base = block.variables.get(start) if start else block.dot
    chain = (*(base or ()), *(name for name in names.split(".") if name))
    return chain[1:] if chain[:1] == ("Values",) else chain


def _meaning(data: bytes, action: Action, block: _Block) -> Meaning:
    text = data[action.start + 2 : action.end - 2].decode("utf-8", errors="replace")
    offset = action.start + 2

    def at(position: int) -> int:
        return offset + (position if text.isascii() else len(text[:position].encode()))

    references = tuple(Reference(at(start), at(end), chain) for start, end, chain in _chains(text, block))
    strings = tuple(
        Quoted(at(match.start() + 1), at(match.end() - 1), match.group()[1:-1]) for match in _STRING.finditer(text)
    )
    return Meaning(references, strings)
