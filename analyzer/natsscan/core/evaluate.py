"""Evaluating the core: what an expression is, as far as the code tells, without running anything.

Effects are ignored, as in all of the core: what an action gives is what it is. Steps and depth are bounded; what is
beyond is the hole `{…}`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from natsscan.core import known
from natsscan.core.arguments import bind_call
from natsscan.core.binding import bind, bind_group
from natsscan.core.expression import (
    Application,
    Case,
    Constructor,
    ConstructorPattern,
    Expression,
    Field,
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
)
from natsscan.core.value import (
    ANY_ELEMENT,
    TOO_MUCH,
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
    is_large,
    one_of,
)
from natsscan.core.world import Defined, World

MAX_STEPS = 4000
MAX_DEPTH = 60


class Evaluator:
    """Evaluates expressions in a world; `visited` collects the definitions that an evaluation went through."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.visited: set[Owner] = set()
        self._steps = 0
        self._depth = 0

    def start(self) -> None:
        """Begin a new evaluation: with all steps left and nothing visited."""
        self.visited, self._steps = set(), 0

    def step(self) -> bool:
        """Take one step; tell whether there was one left."""
        self._steps += 1
        return self._steps <= MAX_STEPS

    def value(self, expression: Expression, environment: Environment) -> Value:
        """Return the value of an expression."""
        if not self.step() or self._depth > MAX_DEPTH:
            return TOO_MUCH
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
                return TOO_MUCH
            if bound.passing is not None and bound.passing[0] == self.world.horizon:
                self.world.left_out += 1
                return bound.passing[1]
            bound.running = True
            outer, self.visited = self.visited, set()
            left_out = self.world.left_out
            value = self.value(bound.expression, bound.environment)
            if is_large(value):
                value = TOO_MUCH
            visited, self.visited = frozenset(self.visited), outer
            bound.running = False
            if self.world.left_out != left_out:
                bound.passing = self.world.horizon, value
                self.visited |= visited
                return value
            bound.value, bound.visited = value, visited
        self.visited |= bound.visited
        return bound.value

    def _value(self, expression: Expression, environment: Environment) -> Value:
        match expression:
            case Variable() | Constructor():
                return self.name(expression, environment)
            case Literal(text=text):
                return Text(text)
            case Application(function=function, arguments=arguments, named=fields):
                given: list[Bound] = [Thunk(argument, environment) for argument in arguments]
                named: dict[str, Bound] = {field.name.name: Thunk(field.value, environment) for field in fields}
                return self.call(self.value(function, environment), given, named)
            case Lambda():
                return Function(expression, environment)
            case Let(groups=groups, body=body):
                for group in groups:
                    environment = bind_group(self.world, group, environment)
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
                return Items(tuple(_written(item) or self.value(item, environment) for item in items))
            case _:
                return Local("value")

    def name(self, name: Variable | Constructor, environment: Environment) -> Value:
        """Return what a name stands for."""
        if name.qualifier is None and name.name in environment.names:
            return self.world.called(self.force(environment.names[name.name]), name.name)
        meaning = self.world.meaning(environment.module, name)
        if meaning is None:
            return Local(name.name)
        if isinstance(meaning, Defined):
            self.visited.add(meaning.owner)
            return self.world.called(self.force(meaning.body), name.name)
        return meaning

    def call(self, function: Value, given: list[Bound], named: Mapping[str, Bound]) -> Value:
        """Return what a call with these arguments gives; in a curried language it may have too few of them."""
        if isinstance(function, Function) and function.expression.signature is not None:
            names = bind_call(self, function, given, named)
            return self.world.result(
                function, self.value(function.expression.body, function.environment.with_names(names))
            )
        found = self.world.call(function, tuple(given), named)
        return self.apply(function, given) if found is None else found

    def apply(self, function: Value, arguments: Iterable[Bound]) -> Value:
        """Return what a function makes of arguments."""
        given = list(arguments)
        if not given:
            return function
        match function:
            case Function(expression=code):
                return self._call(function, given) if code.signature is None else self.call(function, given, {})
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
            names.update(bind(self.world, pattern, argument, function.environment))
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
                names = bind(self.world, alternative.pattern, subject, environment)
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
        found = self.world.member(record, field.name)
        if found is not None:
            return found
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


def _fits(value: Value, step: Step) -> bool:
    return not isinstance(value, Made) or not step.constructor or value.constructor == step.constructor


def _written(expression: Expression) -> Value | None:
    """Return a text that is written out, or a pair of such, as tables have thousands; None for anything else."""
    if isinstance(expression, Literal):
        return Text(expression.text)
    if isinstance(expression, Sequence) and all(isinstance(item, Literal) for item in expression.items):
        return Items(tuple(Text(item.text) for item in expression.items if isinstance(item, Literal)))
    return None
