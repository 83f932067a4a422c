"""Putting arguments in the place of parameters, in values that were worked out without them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from natsscan.core import known
from natsscan.core.value import (
    TOO_MUCH,
    Call,
    Choice,
    Element,
    FieldOf,
    Items,
    Join,
    Known,
    Made,
    Parameter,
    Part,
    Selector,
    Step,
    Symbol,
    Value,
    one_of,
)

if TYPE_CHECKING:
    from natsscan.core.evaluate import Evaluator


def substitute(evaluator: Evaluator, value: Value, given: Mapping[Parameter, Value]) -> Value:
    """Return a value with arguments in the place of parameters, and what follows from them."""

    def again(inner: Value) -> Value:
        return substitute(evaluator, inner, given)

    if not evaluator.step():
        return TOO_MUCH
    match value:
        case Parameter():
            return given.get(value, value)
        case Choice(values=values):
            return one_of([again(inner) for inner in values])
        case Items(items=items):
            return Items(tuple(map(again, items)))
        case Made(arguments=arguments, fields=fields):
            named = tuple((name, again(evaluator.force(inner))) for name, inner in fields)
            built = tuple(again(evaluator.force(inner)) for inner in arguments)
            return replace(value, arguments=built, fields=named)
        case FieldOf(record=of, name=name, configured=configured, default=default):
            found = evaluator.project(again(of), Selector(name, configured))
            return replace(found, default=default) if default is not None and isinstance(found, FieldOf) else found
        case Part(of=of, index=index, name=name):
            whole = again(of)
            step = Step(whole.constructor if isinstance(whole, Made) else "", index)
            return evaluator.part(whole, step, name)
        case Call(function=function, arguments=arguments):
            return evaluator.apply(again(function), tuple(map(again, arguments)))
        case Known(name=name, arguments=arguments):
            return known.apply(evaluator, name, evaluator.world.functions[name], tuple(map(again, arguments)))
        case Symbol(symbol=symbol, arguments=arguments):
            return Symbol(symbol, tuple(map(again, arguments)))
        case Join(parts=parts):
            return known.joined(tuple(map(again, parts)))
        case Element(of=of, name=name):
            return one_of(replace(e, name=name) if isinstance(e, Element) else e for e in known.elements(again(of)))
        case _:
            return value
