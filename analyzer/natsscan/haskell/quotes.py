"""Quasi-quoted texts: `[i|jobs.#{kind}|]` is `"jobs." <> kind`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import reduce

from natsscan.core import build
from natsscan.core.expression import Expression, Literal, Opaque, Projection, Variable
from natsscan.haskell.module import split_qualified

# What a quoter puts in, by its name without qualifier: a pattern whose groups hold the code, None for a raw text.
Quoters = Mapping[str, re.Pattern[str] | None]

_NAME = re.compile(r"\s*((?:[A-Z][\w']*\.)*[a-z_][\w']*)((?:\.[a-z_][\w']*)*)\s*")


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
        return Literal('""', start, end)
    join = Variable(None, "<>", start, end)
    return reduce(lambda left, right: build.apply(join, (left, right), start, end), parts)


def _literal(text: str, start: int, end: int) -> list[Expression]:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return [Literal(f'"{escaped}"', start, end)] if text else []


def _hole(code: str, start: int, end: int) -> Expression:
    match = _NAME.fullmatch(code)
    if match is None:
        return Opaque((), start, end)
    variable = Variable(*split_qualified(match.group(1)), start, end)
    fields = tuple(Variable(None, name, start, end) for name in match.group(2).split(".")[1:])
    return Projection(variable, fields, start, end) if fields else variable
