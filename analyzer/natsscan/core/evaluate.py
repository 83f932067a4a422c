"""Evaluating the core: what an expression is, as far as the code tells, without running anything.

Effects are ignored, as in all of the core: what an action gives is what it is. Steps and depth are bounded; who asks
for a value is told when a bound was hit.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from natsscan.catalog.functions import KnownFunctionRule
from natsscan.core import known
from natsscan.core.expression import (
    Alternative,
    Application,
    AsPattern,
    BindingGroup,
    Case,
    Constructor,
    ConstructorPattern,
    Expression,
    Field,
    GroupPattern,
    Lambda,
    Let,
    Literal,
    Pattern,
    Projection,
    Record,
    RecordPattern,
    Sequence,
    Update,
    Variable,
    VariablePattern,
)
from natsscan.core.scoping import bound_names
from natsscan.core.value import (
    ANY_ELEMENT,
    Bound,
    Call,
    Choice,
    Element,
    Environment,
    FieldOf,
    Function,
    Items,
    Known,
    Local,
    Made,
    Matched,
    Owner,
    Parameter,
    Part,
    Selector,
    Step,
    Symbol,
    Text,
    Thunk,
    Value,
    one_of,
)
from natsscan.model.symbol import LibrarySymbol

MAX_STEPS = 4000
MAX_DEPTH = 60

_ESCAPE = re.compile(r"\\(?:\s+\\|(&)|([\"'\\])|([abfnrtv0])|(\d+)|x([0-9A-Fa-f]+))")
_CONTROL = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "0": "\0"}


@dataclass(frozen=True, slots=True)
class Defined:
    """A definition of the code base that a name leads to."""

    owner: Owner
    body: Thunk


Meaning = Defined | Value


class World(Protocol):
    """What there is outside of an expression."""

    functions: Mapping[str, KnownFunctionRule]

    def meaning(self, module: str, name: Variable | Constructor) -> Meaning | None:
        """Return what a name that is not bound locally means in a module, None if nobody knows."""

    def fields(self, module: str, constructor: Constructor) -> tuple[str, ...]:
        """Return the fields of a record's constructor in order, as seen from a module; nothing for any other."""

    def selector(self, module: str, field: str) -> Selector:
        """Return a field that a module takes with a dot."""

    def is_transparent(self, constructor: str) -> bool:
        """Tell whether a constructor only wraps the one value it is given, as `Just` does."""

    def returns(self, symbol: LibrarySymbol, arguments: tuple[Value, ...]) -> Value | None:
        """Return what a call of a library gives, None if nothing is known of it."""


class Evaluator:
    """Evaluates expressions in a world.

    `visited` collects the definitions that an evaluation went through; `exceeded` tells whether it hit a bound.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.visited: set[Owner] = set()
        self.exceeded = False
        self._steps = 0
        self._depth = 0

    def start(self) -> None:
        """Begin a new evaluation: with all steps left, nothing visited, no bound hit."""
        self.visited, self.exceeded, self._steps = set(), False, 0

    def value(self, expression: Expression, environment: Environment) -> Value:
        """Return the value of an expression."""
        self._steps += 1
        if self._steps > MAX_STEPS or self._depth > MAX_DEPTH:
            self.exceeded = True
            return Local("…")
        self._depth += 1
        try:
            return self._value(expression, environment)
        finally:
            self._depth -= 1

    def force(self, bound: Bound) -> Value:
        """Return the value of what a name stands for; of one that needs itself, a hole."""
        if isinstance(bound, Matched):
            value = self.force(bound.source)
            for step in bound.steps:
                value = self.part(value, step, bound.name)
            return value
        if not isinstance(bound, Thunk):
            return bound
        if bound.value is None:
            if bound.running:
                return Local("…")
            bound.running = True
            bound.value = self.value(bound.expression, bound.environment)
            bound.running = False
        return bound.value

    def _value(self, expression: Expression, environment: Environment) -> Value:
        match expression:
            case Variable() | Constructor():
                return self.name(expression, environment)
            case Literal(text=text):
                return Text(literal_text(text))
            case Application(function=function, arguments=arguments):
                given = [Thunk(argument, environment) for argument in arguments]
                return self.apply(self.value(function, environment), given)
            case Lambda():
                return Function(expression, environment)
            case Let(groups=groups, body=body):
                for group in groups:
                    environment = self.bind_group(group, environment)
                return self.value(body, environment)
            case Case():
                return self._case(expression, environment)
            case Record():
                return self._record(expression, environment)
            case Update(record=record, fields=fields):
                return self.update(self.value(record, environment), self._fields(fields, environment))
            case Projection(record=record, fields=names):
                value = self.value(record, environment)
                for name in names:
                    value = self.project(value, self.world.selector(environment.module, name.name))
                return value
            case Sequence(items=items):
                return Items(tuple(self.value(item, environment) for item in items))
            case _:
                return Local("value")

    def name(self, name: Variable | Constructor, environment: Environment) -> Value:
        """Return what a name stands for."""
        if name.qualifier is None and name.name in environment.names:
            return self.force(environment.names[name.name])
        meaning = self.world.meaning(environment.module, name)
        if meaning is None:
            return Local(name.name)
        if isinstance(meaning, Defined):
            self.visited.add(meaning.owner)
            return self.force(meaning.body)
        return meaning

    def apply(self, function: Value, arguments: Iterable[Bound]) -> Value:
        """Return what a function makes of arguments."""
        given = list(arguments)
        if not given:
            return function
        match function:
            case Function():
                return self._call(function, given)
            case Choice(values=values):
                accepting = [value for value in values if self._accepts(value, given)]
                return one_of([self.apply(value, given) for value in accepting or values])
            case Made(constructor=constructor, arguments=had, fields=(), labels=labels):
                return self.made(constructor, (*had, *given), labels)
            case Known(name=name, arguments=had):
                return known.apply(self, name, self.world.functions[name], (*had, *map(self.force, given)))
            case Symbol(symbol=symbol, arguments=had):
                every = (*had, *map(self.force, given))
                if symbol.returns:
                    every = tuple(map(self.normal, every))
                result = self.world.returns(symbol, every)
                return Symbol(symbol, every) if result is None else result
            case Selector():
                return self.apply(self.project(self.force(given[0]), function), given[1:])
            case Local(name=name):
                return self._unknown(name, given)
            case Call(function=inner, arguments=had):
                return Call(inner, (*had, *map(self.force, given)))
            case _:
                return Call(function, tuple(map(self.force, given)))

    def _unknown(self, function: str, given: list[Bound]) -> Value:
        """Return what an unknown function gives: a hole that is called after what the function is given."""
        last = given[-1]
        is_operator = not (function[:1].isalpha() or function[:1] == "_")
        if len(given) == 1 or is_operator:
            value = self.force(given[0])
            if isinstance(value, Parameter | FieldOf | Part | Local | Text | Call | Element):
                return Call(Local(function), (value,))
        if isinstance(last, Thunk) and isinstance(last.expression, Variable):
            return Local(last.expression.name)
        if isinstance(last, Thunk) and isinstance(last.expression, Projection):
            return Local(last.expression.fields[-1].name.removeprefix("_"))
        return Local(function)

    def normal(self, value: Value, depth: int = 6) -> Value:
        """Return a value with all that it is built of evaluated, down to some depth."""
        if depth <= 0:
            return value
        match value:
            case Choice(values=values):
                return one_of([self.normal(single, depth - 1) for single in values])
            case Items(items=items):
                return Items(tuple(self.normal(item, depth - 1) for item in items))
            case Made(arguments=arguments, fields=fields):
                built = tuple(self.normal(self.force(argument), depth - 1) for argument in arguments)
                named = tuple((name, self.normal(self.force(given), depth - 1)) for name, given in fields)
                return replace(value, arguments=built, fields=named)
            case _:
                return value

    def made(self, constructor: str, arguments: tuple[Bound, ...], labels: tuple[str, ...] = ()) -> Value:
        """Return what a constructor makes of arguments; one that only wraps a value is that value."""
        if len(arguments) == 1 and self.world.is_transparent(constructor):
            return self.force(arguments[0])
        return Made(constructor, arguments, (), labels)

    def _call(self, function: Function, given: list[Bound]) -> Value:
        expression, names = function.expression, dict[str, Bound]()
        for pattern, argument in zip(expression.parameters, given, strict=False):
            names.update(self.bind(pattern, argument, function.environment.module))
        environment = function.environment.with_names(names)
        taken = len(expression.parameters)
        if len(given) < taken:
            rest = Lambda(expression.parameters[len(given) :], expression.body, expression.start, expression.end)
            return Function(rest, environment)
        return self.apply(self.value(expression.body, environment), given[taken:])

    def _accepts(self, function: Value, given: list[Bound]) -> bool:
        """Tell whether a clause of a function may be the one for some arguments, by the constructors it wants."""
        if not isinstance(function, Function):
            return True
        pairs = zip(function.expression.parameters, given, strict=False)
        return all(self.may_match(pattern, argument) for pattern, argument in pairs)

    def _case(self, case: Case, environment: Environment) -> Value:
        subject = Thunk(case.subject, environment)
        found = []
        for alternative in case.alternatives:
            if self.may_match(alternative.pattern, subject):
                names = self.bind(alternative.pattern, subject, environment.module)
                found.append(self.value(alternative.body, environment.with_names(names)))
        return one_of(found) if found else Local("value")

    def may_match(self, pattern: Pattern, subject: Bound) -> bool:
        """Tell whether a value may match a pattern: not if it is known to be built by another constructor."""
        if not isinstance(pattern, ConstructorPattern | RecordPattern):
            return True
        name = pattern.constructor.name
        value = self.force(subject)
        if self.world.is_transparent(name):
            return not isinstance(value, Made) or bool(value.arguments or value.fields)
        built = value.values if isinstance(value, Choice) else (value,)
        return any(not isinstance(single, Made) or single.constructor == name for single in built)

    def _record(self, record: Record, environment: Environment) -> Value:
        fields = self._fields(record.fields, environment)
        if record.wildcard:
            given = {name for name, _ in fields}
            for name in self.world.fields(environment.module, record.constructor):
                if name not in given:
                    fields.append((name, Thunk(Variable(None, name, record.start, record.end), environment)))
        return Made(record.constructor.name, (), tuple(fields))

    def _fields(self, fields: tuple[Field, ...], environment: Environment) -> list[tuple[str, Bound]]:
        return [(field.name.name, Thunk(field.value, environment)) for field in fields]

    def update(self, record: Value, fields: list[tuple[str, Bound]]) -> Value:
        """Return a record with some fields replaced."""
        if isinstance(record, Choice):
            return one_of([self.update(value, fields) for value in record.values])
        if isinstance(record, Made):
            kept = {**dict(record.fields), **dict(fields)}
            return Made(record.constructor, record.arguments, tuple(kept.items()), record.labels, record.record)
        return Made("", (record,), tuple(fields))

    def project(self, record: Value, field: Selector) -> Value:
        """Return a field of a record."""
        match record:
            case Choice(values=values):
                return one_of([self.project(value, field) for value in values])
            case Made(fields=fields, arguments=arguments, labels=labels, constructor=constructor):
                for given, value in (*fields, *zip(labels, arguments, strict=False)):
                    if given.removeprefix("_") == field.name.removeprefix("_"):
                        return self.force(value)
                if not constructor and arguments:
                    return self.project(self.force(arguments[0]), field)
            case _:
                pass
        return (
            record
            if field.sole and not field.configured
            else FieldOf(record, field.name.removeprefix("_"), field.configured)
        )

    def part(self, value: Value, step: Step, name: str) -> Value:
        """Return what a pattern takes out of a value."""
        if step is ANY_ELEMENT:
            return one_of(known.elements(value)) if known.elements(value) else Local(name)
        if isinstance(value, Choice):
            fitting = [single for single in value.values if _fits(single, step)]
            return one_of([self.part(single, step, name) for single in fitting]) if fitting else Local(name)
        if step.field:
            return self.project(value, Selector(step.field))
        if isinstance(value, Items) and not step.constructor and step.position < len(value.items):
            return value.items[step.position]
        if isinstance(value, Made) and step.constructor == value.constructor:
            if step.position < len(value.arguments):
                return self.force(value.arguments[step.position])
            if step.position < len(value.fields):
                return self.force(value.fields[step.position][1])
        return Part(value, step.position, name)

    # Binding names

    def bind(self, pattern: Pattern, source: Bound, module: str) -> dict[str, Bound]:
        """Return what the names in a pattern stand for when it matches a value, as seen from a module."""
        return dict(self._bind(pattern, source, (), module))

    def _bind(
        self, pattern: Pattern, source: Bound, steps: tuple[Step, ...], module: str
    ) -> Iterator[tuple[str, Bound]]:
        match pattern:
            case VariablePattern(name=name):
                yield name, (Matched(source, steps, name) if steps else source)
            case AsPattern(name=name, pattern=inner):
                yield name, (Matched(source, steps, name) if steps else source)
                yield from self._bind(inner, source, steps, module)
            case ConstructorPattern(constructor=constructor, arguments=arguments):
                if len(arguments) == 1 and self.world.is_transparent(constructor.name):
                    yield from self._bind(arguments[0], source, steps, module)
                    return
                for at, argument in enumerate(arguments):
                    yield from self._bind(argument, source, (*steps, Step(constructor.name, at)), module)
            case RecordPattern(constructor=constructor, fields=fields, wildcard=wildcard):
                for field in fields:
                    step = Step(constructor.name, 0, field.name.name)
                    yield from self._bind(field.pattern, source, (*steps, step), module)
                given = {field.name.name for field in fields}
                for name in self.world.fields(module, constructor) if wildcard else ():
                    if name not in given:
                        yield name, Matched(source, (*steps, Step(constructor.name, 0, name)), name)
            case GroupPattern(items=items):
                for at, item in enumerate(items):
                    yield from self._bind(item, source, (*steps, Step("", at)), module)
            case _:
                for name in _names(pattern):
                    yield name, Local(name)

    def bind_group(self, group: BindingGroup, environment: Environment) -> Environment:
        """Return an environment with the names of a group of bindings; clauses of one name are alternatives."""
        inner = environment.with_names({})
        inner = Environment(inner.module, inner.definition, dict(inner.names))
        scope = inner if group.recursive else environment
        clauses: dict[str, list[Expression]] = {}
        for binding in group.bindings:
            if isinstance(binding.pattern, VariablePattern):
                clauses.setdefault(binding.pattern.name, []).append(binding.value)
            else:
                inner.names.update(self.bind(binding.pattern, Thunk(binding.value, scope), environment.module))
        for name, values in clauses.items():
            inner.names[name] = Thunk(clauses_of(values), scope)
        return inner

    # Open values

    def substitute(self, value: Value, given: Mapping[Parameter, Value]) -> Value:
        """Return a value with arguments in the place of parameters, and what follows from them."""

        def again(inner: Value) -> Value:
            return self.substitute(inner, given)

        self._steps += 1
        if self._steps > MAX_STEPS:
            self.exceeded = True
            return value
        match value:
            case Parameter():
                return given.get(value, value)
            case Choice(values=values):
                return one_of([again(inner) for inner in values])
            case Items(items=items):
                return Items(tuple(map(again, items)))
            case Made(arguments=arguments, fields=fields):
                named = tuple((name, again(self.force(inner))) for name, inner in fields)
                return replace(value, arguments=tuple(again(self.force(inner)) for inner in arguments), fields=named)
            case FieldOf(record=of, name=name, configured=configured):
                return self.project(again(of), Selector(name, configured))
            case Part(of=of, index=index, name=name):
                whole = again(of)
                step = Step(whole.constructor if isinstance(whole, Made) else "", index)
                return self.part(whole, step, name)
            case Call(function=function, arguments=arguments):
                return self.apply(again(function), tuple(map(again, arguments)))
            case Known(name=name, arguments=arguments):
                return known.apply(self, name, self.world.functions[name], tuple(map(again, arguments)))
            case Symbol(symbol=symbol, arguments=arguments):
                return Symbol(symbol, tuple(map(again, arguments)))
            case _:
                return known.substitute(value, again)


def clauses_of(values: list[Expression]) -> Expression:
    """Return the clauses of a function as one expression: of several, any may be the one."""
    if len(values) == 1:
        return values[0]
    first, last = values[0], values[-1]
    tried = tuple(Alternative(GroupPattern(()), value) for value in values)
    return Case(Sequence((), first.start, first.start), tried, first.start, last.end)


def literal_text(text: str) -> str:
    """Return the text that a literal stands for: a string's or character's content, a number as written."""
    if len(text) >= 2 and text[0] in "\"'" and text[-1] == text[0]:
        return _ESCAPE.sub(_unescaped, text[1:-1]) if "\\" in text else text[1:-1]
    return text.replace("_", "") if text[:1].isdigit() else text


def _unescaped(match: re.Match[str]) -> str:
    empty, plain, control, decimal, hexadecimal = match.groups()
    if plain:
        return plain
    if control:
        return _CONTROL[control]
    number = int(decimal) if decimal else int(hexadecimal, 16) if hexadecimal else None
    return chr(number) if number is not None and number < 0x110000 and not empty else ""


def _fits(value: Value, step: Step) -> bool:
    return not isinstance(value, Made) or not step.constructor or value.constructor == step.constructor


def _names(pattern: Pattern) -> Iterator[str]:
    return bound_names(pattern, lambda _: ())
