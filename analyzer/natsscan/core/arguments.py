"""Giving a function its arguments by position and by name, in languages where a call has all of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from natsscan.core.expression import Application, Lambda, Variable, VariablePattern
from natsscan.core.value import Bound, Function, Items, Local, Text, Thunk

if TYPE_CHECKING:
    from natsscan.core.evaluate import Evaluator

# What stands for `*items` and, as the beginning of a name, for `**table` among arguments.
SPREAD = "*spread"
SPREAD_TABLE = "**"


def bind_call(
    evaluator: Evaluator, function: Function, given: Iterable[Bound], named: Mapping[str, Bound]
) -> dict[str, Bound]:
    """Return what each parameter of a function with a signature stands for in a call."""
    expression, environment = function.expression, function.environment
    signature = expression.signature
    assert signature is not None
    given, named = spread(evaluator, given, named)
    names = parameter_names(expression)
    found: dict[str, Bound] = dict(zip(names[: signature.positional], given, strict=False))
    found |= {name: value for name, value in named.items() if name in names}
    for field in signature.defaults:
        found.setdefault(field.name.name, Thunk(field.value, environment))
    for name in names:
        found.setdefault(name, Local(name))
    if signature.rest:
        found[signature.rest] = Items(tuple(map(evaluator.force, given[signature.positional :])))
    if signature.keywords:
        left = {name: value for name, value in named.items() if name not in names}
        found[signature.keywords] = Items(tuple(Items((Text(n), evaluator.force(v))) for n, v in left.items()))
    return found


def spread(
    evaluator: Evaluator, given: Iterable[Bound], named: Mapping[str, Bound]
) -> tuple[list[Bound], dict[str, Bound]]:
    """Return arguments with those that collections hold one by one; what comes after an unknown one is left out."""
    positional: list[Bound] = []
    for bound in given:
        if not _is_spread(bound):
            positional.append(bound)
            continue
        collection = evaluator.force(bound)
        if not isinstance(collection, Items):
            break
        positional += collection.items
    by_name: dict[str, Bound] = {}
    for name, bound in named.items():
        if not name.startswith(SPREAD_TABLE):
            by_name[name] = bound
            continue
        table = evaluator.force(bound)
        for item in table.items if isinstance(table, Items) else ():
            if isinstance(item, Items) and len(item.items) == 2 and isinstance(item.items[0], Text):
                by_name[item.items[0].text] = item.items[1]
    return positional, by_name


def parameter_names(function: Lambda) -> tuple[str, ...]:
    """Return the names of the parameters that take one argument each."""
    signature = function.signature
    collecting = (signature.rest, signature.keywords) if signature else ()
    names = (pattern.name for pattern in function.parameters if isinstance(pattern, VariablePattern))
    return tuple(name for name in names if name not in collecting)


def _is_spread(bound: Bound) -> bool:
    if not isinstance(bound, Thunk) or not isinstance(bound.expression, Application):
        return False
    function = bound.expression.function
    return isinstance(function, Variable) and function.name == SPREAD and function.qualifier is None
