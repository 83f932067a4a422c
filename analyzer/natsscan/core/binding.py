"""What the names that patterns and groups of bindings bring into scope stand for."""

from __future__ import annotations

from collections.abc import Iterator

from natsscan.core import build
from natsscan.core.expression import (
    ANYTHING,
    Alternative,
    AsPattern,
    BindingGroup,
    Case,
    ConstructorPattern,
    Expression,
    GroupPattern,
    Pattern,
    RecordPattern,
    Sequence,
    Variable,
    VariablePattern,
    ViewPattern,
)
from natsscan.core.value import Bound, Environment, Matched, Step, Thunk
from natsscan.core.world import World


def bind(world: World, pattern: Pattern, source: Bound, environment: Environment) -> dict[str, Bound]:
    """Return what the names in a pattern stand for when it matches a value; `environment` is where it is written."""
    return dict(_bind(world, pattern, source, (), environment))


def bind_group(world: World, group: BindingGroup, environment: Environment) -> Environment:
    """Return an environment with the names of a group of bindings; clauses of one name are alternatives."""
    inner = Environment(environment.module, environment.definition, dict(environment.names))
    scope = inner if group.recursive else environment
    clauses: dict[str, list[Expression]] = {}
    for binding in group.bindings:
        if isinstance(binding.pattern, VariablePattern):
            clauses.setdefault(binding.pattern.name, []).append(binding.value)
        else:
            inner.names.update(bind(world, binding.pattern, Thunk(binding.value, scope), environment))
    for name, values in clauses.items():
        inner.names[name] = Thunk(clauses_of(values), scope)
    return inner


def clauses_of(values: list[Expression]) -> Expression:
    """Return the clauses of a function as one expression: of several, any may be the one."""
    if len(values) == 1:
        return values[0]
    first, last = values[0], values[-1]
    tried = tuple(Alternative(ANYTHING, value) for value in values)
    return Case(Sequence((), first.start, first.start), tried, first.start, last.end)


def either(values: list[Bound], module: str) -> Bound:
    """Return what is one of several values, none of which is worked out before it is asked for."""
    if len(values) == 1:
        return values[0]
    names = {str(at): value for at, value in enumerate(values)}
    return Thunk(clauses_of([Variable(None, name, 0, 0) for name in names]), Environment(module, "", names))


def _bind(
    world: World, pattern: Pattern, source: Bound, steps: tuple[Step, ...], environment: Environment
) -> Iterator[tuple[str, Bound]]:
    match pattern:
        case VariablePattern(name=name):
            yield name, _part(source, steps, name)
        case AsPattern(name=name, pattern=inner):
            yield name, _part(source, steps, name)
            yield from _bind(world, inner, source, steps, environment)
        case ConstructorPattern(constructor=constructor, arguments=arguments):
            if len(arguments) == 1 and world.is_transparent(constructor.name):
                yield from _bind(world, arguments[0], source, steps, environment)
                return
            for at, argument in enumerate(arguments):
                yield from _bind(world, argument, source, (*steps, Step(constructor.name, at)), environment)
        case RecordPattern(constructor=constructor, fields=fields, wildcard=wildcard):
            for field in fields:
                step = Step(constructor.name, 0, field.name.name)
                yield from _bind(world, field.pattern, source, (*steps, step), environment)
            given = {field.name.name for field in fields}
            for name in world.fields(environment.module, constructor) if wildcard else ():
                if name not in given:
                    yield name, Matched(source, (*steps, Step(constructor.name, 0, name)), name)
        case GroupPattern(items=items):
            for at, item in enumerate(items):
                yield from _bind(world, item, source, (*steps, Step("", at)), environment)
        case ViewPattern(function=function, pattern=inner):
            viewed = build.held_back(function.start)
            applied = build.apply(function, (build.use(viewed),), function.start, function.end)
            scope = environment.with_names({viewed.name: _part(source, steps, "value")})
            yield from _bind(world, inner, Thunk(applied, scope), (), environment)


def _part(source: Bound, steps: tuple[Step, ...], name: str) -> Bound:
    return Matched(source, steps, name) if steps else source
