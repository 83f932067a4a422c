"""How generated Python is laid out, in the style of formatters: docstrings, functions, and texts with holes."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

from natsscan.catalog.escape import visible
from natsscan.generate.gaps import gap_texts
from natsscan.generate.python_plan import quoted
from natsscan.model.mapping import Fidelity, Gap

WIDTH = 120
INDENT = "    "
_LINES = 3  # of each gap


def docstring(indent: str, first: str, *paragraphs: str, short: str = "", items: Iterable[str] = ()) -> list[str]:
    """Return the lines of a docstring: paragraphs, and a list; all of them are `shown` already.

    If the first one does not fit on a line, what is `short` stands before it.
    """
    width = WIDTH - len(indent)
    if len(first) > width - 7:
        first, paragraphs = short, (first, *paragraphs)
    lines = [f'"""{first}']
    for paragraph in filter(None, paragraphs):
        lines += ["", *_wrapped(paragraph, width)]
    listed = [line for item in items for line in bullet(item)]
    lines += ["", *listed] if listed else []
    lines = [*lines, '"""'] if len(lines) > 1 else [f'{lines[0]}"""']
    lines[0] = f"r{lines[0]}" if any("\\" in line for line in lines) else lines[0]
    return [f"{indent}{line}".rstrip() for line in lines]


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)


def bullet(text: str) -> list[str]:
    """Return the lines of an item of a list."""
    return [f"{'  ' if at else '- '}{line}" for at, line in enumerate(_wrapped(text, WIDTH - 6))]


def gap_items(gaps: Iterable[Gap]) -> list[str]:
    """Return what is not as it was, with what there is instead."""
    changed = (gap for gap in gaps if gap.fidelity in (Fidelity.APPROX, Fidelity.NONE))
    return gap_texts(changed, shown, lambda text: len(bullet(text)) <= _LINES)


def shown(text: str) -> str:
    """Return text such that a docstring shows it as it is."""
    return visible(text).replace('"""', "'''")


def code(text: str) -> str:
    """Return text as code in a docstring."""
    return f"`{shown(text)}`"


def filled(parts: Sequence[str]) -> str:
    """Return the expression for a text: parts are text and expressions in turn."""
    if len(parts) == 1:
        return quoted(parts[0])
    inner = ("{" + part + "}" if at % 2 else _literal(part) for at, part in enumerate(parts))
    return f'f"{"".join(inner)}"'


def _literal(text: str) -> str:
    """Return text as a part of a string in double quotes that has expressions in braces."""
    plain = "".join(each if each == "'" else repr(each)[1:-1] for each in text)
    return plain.replace('"', '\\"').replace("{", "{{").replace("}", "}}")


def function(name: str, positional: Sequence[str], named: Sequence[str], returns: str = "None") -> list[str]:
    """Return the head of an asynchronous function, each parameter on a line of its own if all are too long."""
    given = [*positional, *(["*", *named] if named else [])]
    line = f"async def {name}({', '.join(given)}) -> {returns}:"
    if len(line) <= WIDTH:
        return [line]
    return [
        f"async def {name}(",
        *(f"{INDENT}{each}," if each != "*" else f"{INDENT}*," for each in given),
        f") -> {returns}:",
    ]


def call(start: str, arguments: Sequence[str], end: str = ")") -> list[str]:
    """Return a call as a statement in a function, each argument on a line of its own if all are too long."""
    line = f"{INDENT}{start}({', '.join(arguments)}{end}"
    if len(line) <= WIDTH:
        return [line]
    return [f"{INDENT}{start}(", *(f"{INDENT * 2}{each}," for each in arguments), f"{INDENT}{end}"]
