"""Texts with something put in, as `%` and `format` of Python do it, and numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import prod

from natsscan.core.value import MAX_LENGTH, TOO_MUCH, FieldOf, Items, Join, Local, Text, Value

_PERCENT = re.compile(r"%(?:\((?P<name>[^)]*)\))?[-+ 0#]*(?:\*|\d*)(?:\.(?:\*|\d+))?[hlL]?(?P<kind>[a-zA-Z%])")
_BRACES = re.compile(r"\{\{|\}\}|\{(?P<name>[^{}!:.\[]*)(?P<field>[^{}!:]*)(?:![rsa])?(?::[^{}]*)?\}")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")

# Methods that do to each piece of a text what they do to the whole.
_PIECEWISE = frozenset({"lower", "upper"})
_MOST_TIMES = 100

# A text in pieces: what is written, and what is put in.
Pieces = tuple[Value, ...]


def percent(template: Value, given: Value) -> Pieces | None:
    """Return the pieces of `template % given`; None if the template is not known."""
    if not isinstance(template, Text):
        return None
    waiting = list(given.items) if isinstance(given, Items) else [given]
    by_name = {
        item.items[0].text: item.items[1]
        for item in waiting
        if isinstance(item, Items) and len(item.items) == 2 and isinstance(item.items[0], Text)
    }
    parts: list[Value] = []
    last = 0
    for match in _PERCENT.finditer(template.text):
        parts.append(Text(template.text[last : match.start()]))
        last = match.end()
        name = match["name"]
        if match["kind"] == "%":
            parts.append(Text("%"))
        elif name is not None:
            parts.append(by_name.get(name, Local(name or "value")))
        else:
            parts.append(waiting.pop(0) if waiting else Local("value"))
    return (*parts, Text(template.text[last:]))


def braces(template: Value, given: Pieces, named: Mapping[str, Value]) -> Pieces | None:
    """Return the pieces of `template.format(...)`; None if the template is not known."""
    if not isinstance(template, Text):
        return None
    parts: list[Value] = []
    last = position = 0
    for match in _BRACES.finditer(template.text):
        parts.append(Text(template.text[last : match.start()]))
        last = match.end()
        if match[0] in ("{{", "}}"):
            parts.append(Text(match[0][0]))
            continue
        name, field = match["name"], match["field"]
        if not name:
            name, position = str(position), position + 1
        found = named.get(name) if not name.isdecimal() else given[int(name)] if int(name) < len(given) else None
        parts.append(_within(found or Local(name), field))
    return (*parts, Text(template.text[last:]))


def _within(value: Value, field: str) -> Value:
    """Return what a field of a format takes out of a value: `{0.name}`, `{user[name]}`."""
    attribute = field.lstrip(".[").rstrip("]")
    return FieldOf(value, attribute) if attribute.isidentifier() else value


def changed(method: str, value: Value, given: Pieces) -> Value:
    """Return what a method of a text gives, as far as texts are known."""
    if isinstance(value, Join) and method in _PIECEWISE:
        return Join(tuple(changed(method, part, given) for part in value.parts))
    if not isinstance(value, Text) or not all(isinstance(other, Text) for other in given):
        return value
    arguments = [other.text for other in given if isinstance(other, Text)]
    if len(value.text) * max(map(len, arguments), default=1) > MAX_LENGTH**2:
        return TOO_MUCH
    try:
        return Text(str(getattr(value.text, method)(*arguments)))
    except (AttributeError, TypeError, ValueError):
        return value


def product(factors: Pieces) -> Value | None:
    """Return the product of numbers as text, or a text repeated; None if one is not known."""
    texts = [factor.text if isinstance(factor, Text) else "" for factor in factors]
    times = [text for text in texts if text.isdecimal()]
    if len(texts) == 2 and len(times) == 1 and all(isinstance(factor, Text) for factor in factors):
        repeated = next(text for text in texts if text != times[0])
        return Text(repeated * min(int(times[0]), _MOST_TIMES)) if len(repeated) <= MAX_LENGTH else TOO_MUCH
    if not all(map(_NUMBER.fullmatch, texts)):
        return None
    try:
        result = prod(float(text) if "." in text else int(text) for text in texts)
        return Text(str(int(result)) if result == int(result) else str(result))
    except (OverflowError, ValueError):  # too large to be written
        return None
