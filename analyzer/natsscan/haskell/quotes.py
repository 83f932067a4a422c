"""Quasi-quoted texts: `[i|jobs.#{kind}|]` is `"jobs." <> kind`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import reduce

from natsscan.core import build
from natsscan.core.expression import Expression, Literal, Opaque, Projection, Variable
from natsscan.haskell.module import split_qualified

# What a quoter puts in, by its name without qualifier: a pattern whose groups hold the code, None for a raw text.
Quoters = Mapping[str, re.Pattern[str] | None]

_WORD = re.compile(r"((?:[A-Z][\w']*\.)*)([A-Za-z_][\w']*)")
_ANY_HOLE = re.compile(r"[#$]\{([^}]*)\}")
_NAME = re.compile(r"\s*((?:[A-Z][\w']*\.)*[a-z_][\w']*)((?:\.[a-z_][\w']*)*)\s*")


def names_in_holes(body: str, quoter: str, quoters: Quoters) -> Iterator[tuple[str | None, str]]:
    """Yield qualifier and name of each word in code that a quotation puts in, also by a quoter that no rule knows."""
    holes = quoters.get(quoter, _ANY_HOLE)
    for match in holes.finditer(body) if holes else ():
        for code in filter(None, match.groups()):
            yield from ((word[1][:-1] or None, word[2]) for word in _WORD.finditer(code))


def quoted_text(body: str, holes: re.Pattern[str] | None, start: int, end: int) -> Expression:
    """Return the text that a quotation stands for; code in it that is more than a name or its fields is opaque."""
    parts: list[Expression] = []
    last = 0
    for match in holes.finditer(body) if holes else ():
        parts += _literal(body[last : match.start()], start, end)
        parts.append(_hole(next((group for group in match.groups() if group is not None), ""), start, end))
        last = match.end()
    parts += _literal(body[last:], start, end)
    if not parts:
        return Literal("", start, end)
    join = Variable(None, "<>", start, end)
    return reduce(lambda left, right: build.apply(join, (left, right), start, end), parts)


def _literal(text: str, start: int, end: int) -> list[Expression]:
    return [Literal(text, start, end)] if text else []


def _hole(code: str, start: int, end: int) -> Expression:
    match = _NAME.fullmatch(code)
    if match is None:
        return Opaque((), start, end)
    variable = Variable(*split_qualified(match.group(1)), start, end)
    fields = tuple(Variable(None, name, start, end) for name in match.group(2).split(".")[1:])
    return Projection(variable, fields, start, end) if fields else variable
