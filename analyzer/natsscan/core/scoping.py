from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from natsscan.core.expression import (
    Application,
    AsPattern,
    Case,
    Constructor,
    ConstructorPattern,
    Expression,
    GroupPattern,
    Lambda,
    Let,
    Literal,
    Opaque,
    Pattern,
    Projection,
    Record,
    RecordPattern,
    Sequence,
    Update,
    Variable,
    VariablePattern,
    ViewPattern,
)

Names = frozenset[str]
FieldsOf = Callable[[Constructor], Iterable[str]]


def bound_names(pattern: Pattern, fields_of: FieldsOf) -> Iterator[str]:
    """Yield the names that a pattern binds; `fields_of` tells what a record wildcard `C {..}` brings into scope."""
    waiting: list[Pattern] = [pattern]
    while waiting:
        part = waiting.pop()
        if isinstance(part, VariablePattern | AsPattern):
            yield part.name
        if isinstance(part, RecordPattern) and part.wildcard:
            given = {field.name.name for field in part.fields}
            yield from (name for name in fields_of(part.constructor) if name not in given)
        waiting.extend(_inner_patterns(part))


def parts(
    node: Expression | Pattern, local: Names, fields_of: FieldsOf
) -> Iterator[tuple[Expression | Pattern, Names]]:
    """Yield the direct parts of an expression or pattern, each with the local names in scope there."""
    match node:
        case Variable() | Constructor() | Literal() | VariablePattern():
            return
        case Application():
            yield node.function, local
            yield from ((argument, local) for argument in node.arguments)
        case Sequence():
            yield from ((item, local) for item in node.items)
        case Opaque():
            yield from ((part, local) for part in node.parts)
        case Lambda():
            yield from _pattern_parts(node.parameters, local, fields_of)
            yield node.body, local.union(*(bound_names(parameter, fields_of) for parameter in node.parameters))
        case Let():
            yield from _let_parts(node, local, fields_of)
        case Case():
            yield node.subject, local
            for alternative in node.alternatives:
                yield alternative.pattern, local
                yield alternative.body, local.union(bound_names(alternative.pattern, fields_of))
        case Record():
            yield from ((field.value, local) for field in node.fields)
        case Update():
            yield node.record, local
            yield from ((field.value, local) for field in node.fields)
        case Projection():
            yield node.record, local
        case ViewPattern():
            yield node.function, local
            yield node.pattern, local
        case _:
            yield from _pattern_parts(_inner_patterns(node), local, fields_of)


def _pattern_parts(patterns: Iterable[Pattern], local: Names, fields_of: FieldsOf) -> Iterator[tuple[Pattern, Names]]:
    """Yield patterns side by side: a view pattern sees the names bound to its left (GHC User's Guide, ViewPatterns)."""
    for pattern in patterns:
        yield pattern, local
        local = local.union(bound_names(pattern, fields_of))


def _let_parts(node: Let, local: Names, fields_of: FieldsOf) -> Iterator[tuple[Expression | Pattern, Names]]:
    for group in node.groups:
        after = local.union(*(bound_names(binding.pattern, fields_of) for binding in group.bindings))
        inside = after if group.recursive else local
        for binding in group.bindings:
            yield binding.pattern, local
            yield binding.value, inside
        local = after
    yield node.body, local


def _inner_patterns(pattern: Pattern) -> Iterator[Pattern]:
    match pattern:
        case VariablePattern():
            return
        case AsPattern() | ViewPattern():
            yield pattern.pattern
        case ConstructorPattern():
            yield from pattern.arguments
        case RecordPattern():
            yield from (field.pattern for field in pattern.fields)
        case GroupPattern():
            yield from pattern.items
