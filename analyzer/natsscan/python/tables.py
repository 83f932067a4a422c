"""Where tables are written: the entries that a name, a call, a class or a module leads to, each with its place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from natsscan.core.arguments import SPREAD_TABLE, bind_call
from natsscan.core.binding import bind_group
from natsscan.core.expression import (
    Application,
    Binding,
    BindingGroup,
    Case,
    Expression,
    Let,
    Literal,
    Projection,
    Sequence,
    Variable,
    VariablePattern,
)
from natsscan.core.value import Class, Environment, Function, Made, Matched, Module, Text, Thunk
from natsscan.core.world import Defined
from natsscan.python.expressions import ENTRY
from natsscan.python.module import Imported
from natsscan.python.program import Program

# How far tables are followed.
_DEEPEST = 8
# What makes a table of others.
_OF_OTHERS = frozenset({"dict", "+"})


@dataclass(frozen=True, slots=True)
class Pair:
    """A name and what it is given, where the name is written."""

    name: str
    start: int
    end: int
    bound: Thunk


class Tables:
    """Follows tables to where they are written."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._evaluator = program.evaluator

    def of_module(self, name: str) -> Iterator[Pair]:
        """Yield what a module binds."""
        lowered = self._program.index.module(name)
        if lowered is not None:
            yield from _assigned(lowered.groups, self._program.environment(lowered))

    def of_class(self, name: str) -> Iterator[Pair]:
        """Yield what the body of a class of the code base binds, and of its bases what it binds not."""
        taken: set[str] = set()
        for own in self._program.classes.mro(name):
            found = self._program.classes.find(own)
            if found is not None:
                pairs = list(_assigned(found[1].groups, self._program.instances.class_environment(own)))
                yield from (pair for pair in pairs if pair.name not in taken)
                taken |= {pair.name for pair in pairs}

    def by_name(self, given: Mapping[str, Thunk], start: int, end: int) -> Iterator[Pair]:
        """Yield what a call is given by name, at the values; at `start` what has no place."""
        for name, bound in given.items():
            if name.startswith(SPREAD_TABLE):
                yield from self._entries(bound.expression, bound.environment, _DEEPEST)
            else:
                at = bound.expression
                yield Pair(name, *((at.start, at.end) if at.start < at.end else (start, end)), bound)

    def within(self, bound: Thunk) -> Iterator[Pair]:
        """Yield the names and values that a table, a class, a module or its name as a text holds."""
        yield from self._entries(bound.expression, bound.environment, _DEEPEST)
        self._evaluator.start()
        value = self._evaluator.force(bound)
        if isinstance(value, Function):
            yield from self._returned(value, [], {}, _DEEPEST)
        if isinstance(value, Text):
            module, _, name = value.text.replace(":", ".").rpartition(".")
            whole = self._program.index.find(value.text, bound.environment.module)
            named = self._program.imported(Imported(module, name), bound.environment.module) if module else None
            value = Module(whole) if whole is not None else named if isinstance(named, Class) else value
        match value:
            case Module(name=name):
                yield from self.of_module(name)
            case Class(name=name) | Made(constructor=name) if self._program.classes.find(name):
                yield from self.of_class(name)
            case _:
                pass

    def _entries(self, table: Expression, environment: Environment, depth: int) -> Iterator[Pair]:
        """Yield the entries of a table where they are written."""
        if depth <= 0:
            return
        match table:
            case Sequence(items=items):
                for item in items:
                    if (
                        isinstance(item, Sequence)
                        and len(item.items) == 2
                        and isinstance(key := item.items[0], Literal)
                    ):
                        yield Pair(key.text, key.start, key.end, Thunk(item.items[1], environment))
            case Variable():
                yield from self._entries_of(table, environment, depth)
            case Application():
                yield from self._entries_of_call(table, environment, depth)
            case Let(groups=groups, body=body):
                for group in groups:
                    environment = bind_group(self._program, group, environment)
                yield from self._entries(body, environment, depth - 1)
            case Case(alternatives=alternatives):
                for alternative in alternatives:
                    yield from self._entries(alternative.body, environment, depth - 1)
            case Projection(record=record, fields=(Variable(name=name),)):
                held = self._evaluator.value(record, environment)
                lowered = self._program.index.module(held.name) if isinstance(held, Module) else None
                if lowered is not None:
                    yield from self._entries_of(Variable(None, name, 0, 0), self._program.environment(lowered), depth)
            case _:
                pass

    def _entries_of_call(self, call: Application, environment: Environment, depth: int) -> Iterator[Pair]:
        """Yield the entries of a table that Python's own functions make of others, or a function of the code base."""
        named = {field.name.name: Thunk(field.value, environment) for field in call.named}
        match call:
            case Application(function=Variable(name=name), arguments=(base, key, value)) if name == ENTRY:
                yield from self._entries(base, environment, depth - 1)
                if isinstance(key, Literal):
                    yield Pair(key.text, key.start, key.end, Thunk(value, environment))
            case Application(function=Variable(name=name), arguments=parts) if name in _OF_OTHERS:
                for part in parts:
                    yield from self._entries(part, environment, depth - 1)
                yield from self.by_name(named, call.start, call.end)
            case _:
                called = self._evaluator.value(call.function, environment)
                if isinstance(called, Function):
                    given = [Thunk(argument, environment) for argument in call.arguments]
                    yield from self._returned(called, given, named, depth)

    def _returned(
        self, function: Function, given: list[Thunk], named: Mapping[str, Thunk], depth: int
    ) -> Iterator[Pair]:
        """Yield the entries of the table that a function of the code base returns."""
        if function.expression.signature is not None:
            names = bind_call(self._evaluator, function, given, dict(named))
            yield from self._entries(function.expression.body, function.environment.with_names(names), depth - 1)

    def _entries_of(self, name: Variable, environment: Environment, depth: int) -> Iterator[Pair]:
        """Yield the entries of a table that has a name; of one that ways bind otherwise, those of each way."""
        bound = environment.names.get(name.name) if name.qualifier is None else None
        if bound is None:
            meaning = self._program.meaning(environment.module, name)
            bound = meaning.body if isinstance(meaning, Defined) else None
        if isinstance(bound, Thunk):
            yield from self._entries(bound.expression, bound.environment, depth - 1)
        elif isinstance(bound, Matched) and isinstance(bound.source, Thunk) and len(bound.steps) == 1:
            source, at = bound.source, bound.steps[0].position
            for way in source.expression.alternatives if isinstance(source.expression, Case) else ():
                inner = source.environment
                for group in way.body.groups if isinstance(way.body, Let) else ():
                    inner = bind_group(self._program, group, inner)
                last = way.body.body if isinstance(way.body, Let) else way.body
                if isinstance(last, Sequence) and at < len(last.items):
                    yield from self._entries(last.items[at], inner, depth - 1)


def _assigned(groups: Iterable[BindingGroup], environment: Environment) -> Iterator[Pair]:
    """Yield the names that statements bind, in whatever branch, with what each is bound to."""
    for binding in _bindings(groups):
        pattern = binding.pattern
        if isinstance(pattern, VariablePattern) and pattern.start < pattern.end:
            yield Pair(pattern.name, pattern.start, pattern.end, Thunk(binding.value, environment))


def _bindings(groups: Iterable[BindingGroup]) -> Iterator[Binding]:
    for group in groups:
        for binding in group.bindings:
            yield binding
            for way in binding.value.alternatives if isinstance(binding.value, Case) else ():
                if isinstance(way.body, Let):
                    yield from _bindings(way.body.groups)
