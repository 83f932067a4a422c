"""Building the core so that its invariants hold: flat application, and no plumbing left behind."""

from __future__ import annotations

from natsscan.core.expression import (
    Application,
    Binding,
    BindingGroup,
    Case,
    Expression,
    Lambda,
    Let,
    Pattern,
    Projection,
    Variable,
    VariablePattern,
)

_HELD_BACK = "%"


def apply(function: Expression, arguments: tuple[Expression, ...], start: int, end: int) -> Expression:
    """Apply a function to arguments: spines are flattened, lambdas become `let`, compositions are carried out."""
    if not arguments:
        return function
    if isinstance(function, Application):
        return Application(function.function, function.arguments + arguments, start, end)
    if isinstance(function, Lambda):
        return _apply_lambda(function, arguments, start, end)
    return Application(function, arguments, start, end)


def compose(outer: Expression, inner: Expression, start: int, end: int) -> Expression:
    """Return the function that applies `inner` and then `outer`: `outer . inner`."""
    if isinstance(inner, Lambda) and _is_held_back(inner.parameters[0]):
        first, rest = inner.parameters[0], inner.parameters[1:]
        result = Lambda(rest, inner.body, start, end) if rest else inner.body
        return Lambda((first,), apply(outer, (result,), start, end), start, end)
    parameter = held_back(start)
    return Lambda((parameter,), apply(outer, (apply(inner, (use(parameter),), start, end),), start, end), start, end)


def flip(arguments: tuple[Expression, ...], start: int, end: int) -> Expression:
    """Apply `flip` to its arguments, the function first; the function's first two arguments change places."""
    function, *given = arguments
    first, second = held_back(start), held_back(end)
    if not given:
        body = apply(function, (use(second), use(first)), start, end)
        return Lambda((first, second), body, start, end)
    if len(given) == 1:
        return Lambda((first,), apply(function, (use(first), given[0]), start, end), start, end)
    return apply(function, (given[1], given[0], *given[2:]), start, end)


def held_back(offset: int) -> VariablePattern:
    """Return a parameter for an argument that the code leaves out, as a section or a composition does."""
    return VariablePattern(f"{_HELD_BACK}{offset}", offset, offset)


def use(parameter: VariablePattern) -> Variable:
    """Return the use of a held-back parameter."""
    return Variable(None, parameter.name, parameter.start, parameter.end)


def is_held_back(expression: Expression) -> bool:
    """Tell whether this is an argument that the code leaves out."""
    return isinstance(expression, Variable) and expression.name.startswith(_HELD_BACK)


def _is_held_back(pattern: Pattern) -> bool:
    return isinstance(pattern, VariablePattern) and pattern.name.startswith(_HELD_BACK)


def _apply_lambda(function: Lambda, arguments: tuple[Expression, ...], start: int, end: int) -> Expression:
    taken = min(len(function.parameters), len(arguments))
    body = function.body
    bindings: list[Binding] = []
    for parameter, argument in zip(function.parameters, arguments, strict=False):
        if isinstance(parameter, VariablePattern) and _is_held_back(parameter):
            body = _substitute(body, parameter.name, argument)
        else:
            bindings.append(Binding(parameter, argument))
    if rest := function.parameters[taken:]:
        body = Lambda(rest, body, start, end)
    if bindings:
        body = Let((BindingGroup(tuple(bindings), recursive=False),), body, start, end)
    return apply(body, arguments[taken:], start, end)


def _substitute(expression: Expression, name: str, value: Expression) -> Expression:
    """Put `value` in the place of a held-back parameter, wherever this module or lowering may have put one."""
    start, end = expression.start, expression.end
    match expression:
        case Variable():
            return value if expression.name == name else expression
        case Lambda(parameters=parameters, body=body):
            return Lambda(parameters, _substitute(body, name, value), start, end)
        case Application(function=function, arguments=arguments):
            given = tuple(_substitute(argument, name, value) for argument in arguments)
            return apply(_substitute(function, name, value), given, start, end)
        case Case(subject=subject, alternatives=alternatives):
            return Case(_substitute(subject, name, value), alternatives, start, end)
        case Projection(record=record, fields=fields):
            return Projection(_substitute(record, name, value), fields, start, end)
        case Let(groups=groups, body=body):
            return Let(
                tuple(_substitute_group(group, name, value) for group in groups),
                _substitute(body, name, value),
                start,
                end,
            )
        case _:
            return expression


def _substitute_group(group: BindingGroup, name: str, value: Expression) -> BindingGroup:
    bindings = tuple(Binding(binding.pattern, _substitute(binding.value, name, value)) for binding in group.bindings)
    return BindingGroup(bindings, group.recursive)
