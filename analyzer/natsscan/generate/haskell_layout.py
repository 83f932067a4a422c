"""How generated Haskell is laid out: comments as Haddock reads them, and declarations in lines of some width."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable

from natsscan.catalog.escape import visible
from natsscan.generate.gaps import gap_texts
from natsscan.model.mapping import Gap

WIDTH = 120
_LINES = 3  # of each gap
_SPECIAL = re.compile(r"([\\/\"@<#$`])")
_CODE = re.compile(r"(`[^`]+`)")
_ATOM = re.compile(r"\"(\\.|[^\"\\])*\"|[\w']+")
_OPERATORS = re.compile(r"((?:\"(?:\\.|[^\"\\])*\"|(?! <> ).)+)(?: <> )?")


def comment(*paragraphs: str) -> list[str]:
    """Return the lines of a comment for what follows."""
    found: list[str] = []
    for at, paragraph in enumerate(paragraphs):
        lines = textwrap.wrap(paragraph, WIDTH - 5, break_long_words=False, break_on_hyphens=False)
        found += ["--"] if at else []
        found += [f"{'-- |' if at == 0 and number == 0 else '--'} {line}" for number, line in enumerate(lines)]
    return found


def bullet(text: str, most: int | None = None) -> list[str]:
    """Return the lines of an item of a list, the first of them if there are too many."""
    lines = textwrap.wrap(text, WIDTH - 6, break_long_words=False, break_on_hyphens=False)
    return [f"{'--   ' if at else '-- * '}{line}" for at, line in enumerate(lines[:most])]


def gap_lines(gaps: Iterable[Gap]) -> list[str]:
    """Return what must survive and how it is kept, each in a few lines, with as many sentences as there is room for."""
    texts = gap_texts(gaps, plain, lambda text: len(bullet(text)) <= _LINES)
    found = [line for text in texts for line in bullet(text, _LINES)]
    return ["--", *found] if found else []


def plain(text: str) -> str:
    """Return text such that Haddock shows it as it is; what is in backquotes as code."""
    return "".join(
        code(part[1:-1]) if part.startswith("`") and part.endswith("`") and len(part) > 1 else escaped(part)
        for part in _CODE.split(text)
    )


def code(text: str) -> str:
    """Return text as code, whatever is in it."""
    return "@" + escaped(text).replace("'", "\\'") + "@"


def escaped(text: str) -> str:
    """Return text such that Haddock shows it as it is."""
    return _SPECIAL.sub(r"\\\1", visible(text))


def argument(expression: str) -> str:
    """Return an expression as an argument, in parentheses unless it needs none."""
    return expression if _ATOM.fullmatch(expression) or expression.startswith("[") else f"({expression})"


def signature(name: str, types: list[str]) -> list[str]:
    """Return the type of a function, each part on a line of its own if all are too long."""
    line = f"{name} :: {' -> '.join(types)}"
    if len(line) <= WIDTH:
        return [line]
    return [f"{name} ::", *(f"  {each} ->" for each in types[:-1]), f"  {types[-1]}"]


def applied(head: str, function: str, arguments: Iterable[str]) -> list[str]:
    """Return a definition by one call; each argument is an expression, on a line of its own if all are too long."""
    each = [argument(expression) for expression in arguments]
    call = " ".join([function, *each])
    for start in (f"{head} = ", f"{head} =\n  "):
        if len((start + call).rpartition("\n")[2]) <= WIDTH:
            return (start + call).split("\n")
    return [f"{head} =", f"  {function}", *(f"    {line}" for one in each for line in fitted(one))]


def fitted(text: str) -> list[str]:
    """Return an expression on one line, or if it is too long on several, each beginning with an operator."""
    if len(text) <= WIDTH - 8 or not text.startswith("("):
        return [text]
    first, *others = [piece for piece in _OPERATORS.split(text[1:-1]) if piece]
    return [f"( {first}", *(f"    <> {each}" for each in others), ")"]


def record(head: str, given: list[str]) -> list[str]:
    """Return a record with some of its fields, one on a line."""
    if not given:
        return fitted(head)
    lines = [
        f"{'    ' if at or number else '  { '}{line}"
        for at, field in enumerate(given)
        for number, line in enumerate((field + ("," if at < len(given) - 1 else "")).split("\n"))
    ]
    return [*fitted(f"({head})"), *lines, "  }"]


def listed(items: Iterable[list[str]], indent: str) -> list[str]:
    """Return a list of items that have several lines each."""
    each = list(items)
    found: list[str] = []
    for at, lines in enumerate(each):
        found += [f"{indent}{'  ' if at or number else '[ '}{line}" for number, line in enumerate(lines)]
        found[-1] += "," if at < len(each) - 1 else ""
    return [*found, f"{indent}]"] if found else [f"{indent}[]"]


def wide(name: str, values: list[str]) -> str:
    """Return a field that is a list, on several lines if it is long."""
    line = f"{name} = [{', '.join(values)}]"
    if len(line) <= WIDTH - 10:
        return line
    return "\n".join([f"{name} =", *listed([[each] for each in values], "  ")])
