"""What functions of common libraries give, by what the rules say of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING

from natsscan.catalog.functions import KnownFunctionRule
from natsscan.core import tables, texts
from natsscan.core.build import is_held_back
from natsscan.core.expression import Application, Expression, Projection, Variable
from natsscan.core.value import (
    MAX_ALTERNATIVES,
    MAX_LENGTH,
    NONE,
    TOO_MUCH,
    Call,
    Choice,
    Element,
    FieldOf,
    Function,
    Items,
    Join,
    Known,
    Local,
    Made,
    Selector,
    Step,
    Text,
    Value,
    each,
    join,
    one_of,
)

if TYPE_CHECKING:
    from natsscan.core.evaluate import Evaluator

_IDENTITY = "id"
_FORMAT = re.compile(r"%(?:[-+ 0#]*[\d*]*(?:\.\d+)?[a-zA-Z]|%)")


def apply(
    evaluator: Evaluator,
    name: str,
    rule: KnownFunctionRule,
    given: tuple[Value, ...],
    named: Mapping[str, Value] = MappingProxyType({}),
    curried: bool = True,
) -> Value:
    """Return what a known function makes of arguments; with too few of them, itself with those.

    In a `curried` language its result is a function of the arguments beyond those that it takes.
    """
    if len(given) < rule.arity:
        return Known(name, given)
    if rule.view is not None and rule.of is None and len(given) > 1:  # a function's record, not the environment's
        return evaluator.apply(_viewed(evaluator, given[rule.view], given[1], name), given[2:])
    result = _result(evaluator, name, rule, given, named)
    takes_all = rule.fill is not None or rule.braces is not None or rule.fallback is not None
    return result if takes_all or not curried else evaluator.apply(result, given[rule.arity :])


def elements(value: Value) -> tuple[Value, ...]:
    """Return the elements of a collection; of an unknown one, one that stands for any."""
    match value:
        case Items(items=items):
            return items
        case Choice(values=values):
            return tuple(item for single in values for item in elements(single))
        case _:
            return (Element(value),)


def _collected(items: Iterable[Value]) -> Items:
    """Return a collection; of one that is too long, the beginning."""
    kept = tuple(islice(items, MAX_LENGTH + 1))
    return Items(kept if len(kept) <= MAX_LENGTH else (*kept[:MAX_LENGTH], TOO_MUCH))


def joined(parts: tuple[Value, ...]) -> Value:
    """Return texts put together: a choice of one text for each combination of alternatives; nothing is no text."""
    found: list[tuple[Value, ...]] = [()]
    for part in parts:
        told = [single for single in each(part) if single != NONE] or [part]
        found = [(*before, after) for before in found for after in told][: MAX_ALTERNATIVES + 1]
    return one_of([join(combination) for combination in found])


def _result(
    evaluator: Evaluator, name: str, rule: KnownFunctionRule, given: tuple[Value, ...], named: Mapping[str, Value]
) -> Value:
    if rule.result is not None:
        return given[rule.result]
    if rule.join:
        return _concatenated(tuple(given[at] for at in rule.join))
    if rule.cons is not None:
        first, rest = given[rule.cons], given[rule.cons + 1]
        return Items((first, *elements(rest))) if isinstance(rest, Items) else _concatenated((first, rest))
    if rule.join_list is not None:
        separator = Text(rule.separator) if isinstance(rule.separator, str) else given[rule.separator]
        return _join_list(given[rule.join_list], separator, name)
    if rule.items:
        return Items(tuple(given[at] for at in rule.items))
    if rule.flatten is not None:
        return _flatten(given[rule.flatten])
    if rule.each is not None or rule.apply is not None or rule.resume is not None:
        return _higher(evaluator, rule, given)
    if rule.part is not None:
        return evaluator.part(given[rule.part], Step("", rule.at), name)
    if rule.show is not None:
        shown = given[rule.show]
        return shown if not isinstance(shown, Made) or shown.arguments else Text(shown.constructor)
    if rule.fill is not None:
        return _filled(given[rule.fill], given[rule.fill + 1 :], name)
    if rule.choice:
        return one_of([given[at] for at in rule.choice])
    if rule.view is not None or rule.of is not None:
        return _viewed(
            evaluator, given[rule.view or 0], given[rule.of] if rule.of is not None else Local("environment"), name
        )
    return _of_data(evaluator, name, rule, given, named)


def _higher(evaluator: Evaluator, rule: KnownFunctionRule, given: tuple[Value, ...]) -> Value:
    """Return what a function gives that takes one."""
    if rule.each is not None:
        found = Items(tuple(evaluator.apply(given[rule.each], (item,)) for item in elements(given[rule.over])))
        return _flatten(found) if rule.concat else found
    if rule.apply is not None:
        return evaluator.apply(given[rule.apply], [given[at] for at in rule.to] or [Local("value")])
    if rule.resume is not None:
        return evaluator.apply(given[rule.resume], [Known(_IDENTITY)])
    return given[0]


def _of_data(
    evaluator: Evaluator, name: str, rule: KnownFunctionRule, given: tuple[Value, ...], named: Mapping[str, Value]
) -> Value:
    """Return what a function of tables, lists, numbers or of texts with places to fill gives."""
    if rule.lookup is not None:
        fallback = given[rule.fallback] if rule.fallback is not None and rule.fallback < len(given) else None
        return tables.lookup(evaluator, given[rule.lookup], given[rule.key], fallback)
    if rule.entry is not None:
        return tables.with_entry(given[rule.entry], given[rule.entry + 1], given[rule.entry + 2])
    if rule.with_item is not None:
        return Items((*elements(given[rule.with_item]), given[rule.with_item + 1]))
    if rule.element is not None:
        return one_of(elements(given[rule.element]))
    if rule.keys is not None:
        return tables.keys(given[rule.keys])
    if rule.values is not None:
        return tables.values(given[rule.values])
    if rule.table:
        return tables.table(given[0] if len(given) > len(named) else None, named)
    return _of_texts(name, rule, given, named)


def _of_texts(name: str, rule: KnownFunctionRule, given: tuple[Value, ...], named: Mapping[str, Value]) -> Value:
    """Return what a function of numbers or of texts gives."""
    if rule.percent is not None:
        template = given[rule.percent]
        return _put_together(texts.percent(template, given[rule.percent + 1]), template, name)
    if rule.braces is not None:
        template = given[rule.braces]
        return _put_together(texts.braces(template, given[rule.braces + 1 :], named), template, name)
    if rule.text:
        return one_of(texts.changed(rule.text, single, given[1:]) for single in each(given[0]))
    if rule.variable is not None:
        fallback = given[rule.fallback] if rule.fallback is not None and rule.fallback < len(given) else None
        return tables.variable(given[rule.variable], fallback)
    if rule.product:
        factors = tuple(given[at] for at in rule.product)
        return texts.product(factors) or Call(
            Local(name), tuple(sorted(factors, key=lambda each: isinstance(each, Text)))
        )
    return Local(name)


def _put_together(pieces: tuple[Value, ...] | None, template: Value, name: str) -> Value:
    """Return the pieces of a text put together; of an unknown template, what is computed from that."""
    return Call(Local(name), (template,)) if pieces is None else joined(pieces)


def _concatenated(parts: tuple[Value, ...]) -> Value:
    """Return texts put together, or collections as one."""
    if any(isinstance(part, Items) for part in parts):
        return _collected(item for part in parts for item in elements(part))
    return joined(parts)


def _join_list(value: Value, separator: Value, name: str) -> Value:
    if not isinstance(value, Items):
        return Call(Local(name), (value,))
    parts: list[Value] = []
    for item in value.items:
        parts += [separator, item] if parts else [item]
    return joined(tuple(parts))


def _flatten(value: Value) -> Value:
    if not isinstance(value, Items):
        return value
    if all(isinstance(item, Text | Join) for item in value.items):
        return join(value.items)
    return _collected(inner for item in value.items for inner in elements(item))


def _filled(template: Value, arguments: tuple[Value, ...], name: str) -> Value:
    """Return a printf-like text with its arguments in place, as many as are given."""
    if not isinstance(template, Text):
        return Local(name)
    parts: list[Value] = []
    waiting = list(arguments)
    last = 0
    for match in _FORMAT.finditer(template.text):
        parts.append(Text(template.text[last : match.start()]))
        last = match.end()
        if match.group() == "%%":
            parts.append(Text("%"))
        else:
            parts.append(waiting.pop(0) if waiting else Local("value"))
    return joined((*parts, Text(template.text[last:])))


def _viewed(evaluator: Evaluator, lens: Value, value: Value, name: str) -> Value:
    """Return the field that a lens, or a chain of them, shows of a record."""
    steps = [lens]
    if isinstance(lens, Function):
        steps = _composed(evaluator, lens)
    for step in steps:
        match step:
            case Selector():
                value = evaluator.project(value, step)
            case Local(name=field):
                value = FieldOf(value, field)
            case Known():
                pass
            case _:
                return Local(name)
    return value


def _composed(evaluator: Evaluator, function: Function) -> list[Value]:
    """Return the lenses of a composition in order: `f . g` is the lens `g` within what `f` shows."""
    found: list[Value] = []
    body: Expression = function.expression.body
    while True:
        if isinstance(body, Projection):  # without spaces, a composition reads like a record dot
            first = evaluator.value(body.record, function.environment)
            return [*found, first, *(Selector(field.name) for field in body.fields)]
        if not isinstance(body, Application) or not body.arguments:
            return found
        found.append(evaluator.value(body.function, function.environment))
        body = body.arguments[-1]
        if isinstance(body, Variable) and is_held_back(body):
            return found
