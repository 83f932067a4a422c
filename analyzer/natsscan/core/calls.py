"""Walking a definition for what it calls, with what each name stands for at that place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from natsscan.core import build
from natsscan.core.binding import bind, bind_group
from natsscan.core.evaluate import Evaluator
from natsscan.core.expression import (
    ANYTHING,
    Application,
    AsPattern,
    Binding,
    Case,
    Constructor,
    ConstructorPattern,
    Expression,
    Field,
    GroupPattern,
    Lambda,
    Let,
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
from natsscan.core.value import ANY_ELEMENT, Bound, Environment, Known, Local, Matched, Owner, Parameter, Thunk
from natsscan.model.symbol import LibrarySymbol, SymbolId

Target = LibrarySymbol | SymbolId

N = TypeVar("N", Variable, Constructor)


@dataclass(frozen=True, slots=True, eq=False)
class Site:
    """A place that calls or names something: of a library, of the code base, or a local function (an Owner).

    A method's `instance` is that of a class: whose parameters its arguments are, and these.
    """

    target: Target | Owner
    arguments: tuple[Bound, ...]
    start: int
    end: int
    name: str
    instance: tuple[Owner, tuple[Bound, ...]] | None = None

    @property
    def is_implied(self) -> bool:
        """Whether nothing is written here: a method that an object of its class is there for."""
        return self.start == self.end


@dataclass(slots=True)
class Sites:
    """The places in a definition, by the function they stand in.

    `inner` are the functions that others know by another name than the definition's: by the constructor of an effect
    that they interpret, or the field of a record that holds them. Each has the number of its parameters; `fields` are
    those of records. `mentioned` are the places that name something without calling it: in patterns, in record syntax.
    """

    by_owner: dict[Owner, list[Site]] = field(default_factory=dict)
    inner: dict[SymbolId, tuple[Owner, int]] = field(default_factory=dict)
    fields: set[SymbolId] = field(default_factory=set)
    mentioned: list[Site] = field(default_factory=list)


class Directory(Protocol):
    """What a walker asks of names that are not bound locally. It asks only about those that matter."""

    interpreters: frozenset[str]

    def matters(self, name: str) -> bool:
        """Tell whether a name may mean anything that is looked for."""

    def target(self, module: str, name: Variable | Constructor) -> Target | None:
        """Return what a name of a module refers to, None if it is nothing that is looked for."""

    def constructor(self, module: str, name: Constructor) -> Target | None:
        """Return what a constructor refers to. `interpreters` are the functions that give those of effects meaning."""

    def field(self, module: str, name: Variable) -> Target | None:
        """Return what a field taken with a dot refers to."""


class Walker:
    """Walks the definitions of a code base."""

    def __init__(self, evaluator: Evaluator, directory: Directory) -> None:
        self._evaluator = evaluator
        self._directory = directory
        self._sites = Sites()
        self._owner = Owner("", "", 0)

    def walk(self, clauses: list[Expression], owner: Owner, environment: Environment) -> Sites:
        """Return the places in the clauses of a definition."""
        self._sites = Sites({owner: []})
        self._owner = owner
        for clause in clauses:
            self._function(clause, owner, environment)
        return self._sites

    def _function(self, expression: Expression, owner: Owner, environment: Environment) -> None:
        """Walk a function's body, its parameters standing for whatever a caller gives."""
        outer, self._owner = self._owner, owner
        self._sites.by_owner.setdefault(owner, [])
        if isinstance(expression, Lambda):
            environment = self._with_parameters(expression.parameters, owner, environment)
            self._walk(expression.body, environment)
        else:
            self._walk(expression, environment)
        self._owner = outer

    def _with_parameters(self, patterns: tuple[Pattern, ...], owner: Owner, environment: Environment) -> Environment:
        self._patterns(patterns, environment)
        names: dict[str, Bound] = {}
        for at, pattern in enumerate(patterns):
            name = pattern.name if isinstance(pattern, VariablePattern) else f"argument {at + 1}"
            names.update(bind(self._evaluator.world, pattern, Parameter(owner, at, name), environment))
        return environment.with_names(names)

    def _with_unknown(self, patterns: tuple[Pattern, ...], environment: Environment) -> Environment:
        self._patterns(patterns, environment)
        names: dict[str, Bound] = {}
        for pattern in patterns:
            name = pattern.name if isinstance(pattern, VariablePattern) else "value"
            names.update(bind(self._evaluator.world, pattern, Local(name), environment))
        return environment.with_names(names)

    def _walk(self, expression: Expression, environment: Environment) -> None:
        match expression:
            case Variable() | Constructor():
                self._refer(expression, (), environment)
            case Application():
                self._application(expression, environment)
            case Lambda(parameters=patterns, body=body):
                self._walk(body, self._with_unknown(patterns, environment))
            case Let(groups=groups, body=body):
                for group in groups:
                    outer = environment
                    environment = bind_group(self._evaluator.world, group, environment)
                    self._patterns((binding.pattern for binding in group.bindings), outer)
                    for binding in group.bindings:
                        self._binding(binding, environment if group.recursive else outer)
                self._walk(body, environment)
            case Case(subject=subject, alternatives=alternatives):
                self._walk(subject, environment)
                source = Thunk(subject, environment)
                self._patterns((alternative.pattern for alternative in alternatives), environment)
                for alternative in alternatives:
                    names = bind(self._evaluator.world, alternative.pattern, source, environment)
                    self._walk(alternative.body, environment.with_names(names))
            case Projection():
                self._projection(expression, (), environment)
            case Record() | Update():
                self._fields(expression, environment)
            case Sequence(items=parts) | Opaque(parts=parts):
                for part in parts:
                    self._walk(part, environment)
            case _:
                pass

    def _projection(self, projection: Projection, arguments: tuple[Expression, ...], environment: Environment) -> None:
        """Note the fields taken with dots; the last one may be a function that arguments are given to."""
        self._walk(projection.record, environment)
        last = projection.fields[-1]
        for name in projection.fields:
            if self._directory.matters(name.name):
                given = (projection.record, *arguments) if name is last else ()
                thunks = tuple(Thunk(argument, environment) for argument in given)
                self._note(self._directory.field(environment.module, name), thunks, name)

    def _binding(self, binding: Binding, environment: Environment) -> None:
        if isinstance(binding.value, Lambda) and isinstance(binding.pattern, VariablePattern):
            self._function(binding.value, _local_owner(binding.value, environment), environment)
        elif not (isinstance(binding.pattern, VariablePattern) and self._is_partial(binding.value, environment)):
            self._walk(binding.value, environment)

    def _is_partial(self, expression: Expression, environment: Environment) -> bool:
        """Tell whether this is a library's function with some of its arguments: it acts where its name is used."""
        head = expression.function if isinstance(expression, Application) else expression
        given = len(expression.arguments) if isinstance(expression, Application) else 0
        if not isinstance(head, Variable) or _is_local(head, environment) or not self._directory.matters(head.name):
            return False
        target = self._directory.target(environment.module, head)
        return isinstance(target, LibrarySymbol) and target.is_call and given < len(target.arguments)

    def _application(self, expression: Application, environment: Environment) -> None:
        function, arguments = expression.function, expression.arguments
        if isinstance(function, Variable) and not _is_local(function, environment):
            if function.name in self._directory.interpreters and self._interpreter(arguments, environment):
                return
            if function.name in self._evaluator.world.functions and self._higher_order(
                function, expression, environment
            ):
                return
        if isinstance(function, Variable | Constructor):
            self._refer(function, arguments, environment)
        elif isinstance(function, Projection):
            self._projection(function, arguments, environment)
        else:
            self._walk(function, environment)
        for argument in arguments:
            self._walk(argument, environment)

    def _higher_order(self, function: Variable, expression: Application, environment: Environment) -> bool:
        """Walk a call that gives its function argument other arguments, as `for_ xs f` does: f is applied to those."""
        rule, arguments = self._evaluator.world.functions[function.name], expression.arguments
        at = rule.each if rule.each is not None else rule.apply
        if at is None or len(arguments) < rule.arity:
            return False
        if not isinstance(self._evaluator.world.meaning(environment.module, function), Known):
            return False
        given: list[Bound] = [Thunk(arguments[to], environment) for to in rule.to]
        if rule.each is not None:
            given = [Matched(Thunk(arguments[rule.over], environment), (ANY_ELEMENT,), "element")]
        if not given:
            return False
        names = {f"each {expression.start} {position}": value for position, value in enumerate(given)}
        variables = tuple(Variable(None, held, expression.start, expression.start) for held in names)
        for position, argument in enumerate(arguments):
            if position != at:
                self._walk(argument, environment)
        applied = build.apply(arguments[at], variables, expression.start, expression.end)
        self._walk(applied, environment.with_names(dict(names)))
        return True

    def _interpreter(self, arguments: tuple[Expression, ...], environment: Environment) -> bool:
        """Walk the alternatives of an effect's interpreter, each as the function that its constructor stands for."""
        body = arguments[0]
        if not isinstance(body, Lambda) or not isinstance(body.body, Case):
            return False
        for alternative in body.body.alternatives:
            pattern = alternative.pattern
            if not isinstance(pattern, ConstructorPattern):
                continue
            effect = self._directory.constructor(environment.module, pattern.constructor)
            if isinstance(effect, SymbolId):
                self._inner(effect, pattern.arguments, alternative.body, pattern.constructor.start, environment)
        for argument in arguments[1:]:
            self._walk(argument, environment)
        return True

    def _fields(self, expression: Record | Update, environment: Environment) -> None:
        if isinstance(expression, Update):
            self._walk(expression.record, environment)
        elif not expression.fields:
            self._walk(expression.constructor, environment)
        for item in expression.fields:
            self._mention(self._directory.field, item.name, environment)
            if not self._field_function(item, environment):
                self._walk(item.value, environment)

    def _mention(self, meaning: Callable[[str, N], Target | None], name: N, environment: Environment) -> None:
        """Note a field or constructor that is built or matched."""
        target = meaning(environment.module, name) if self._directory.matters(name.name) else None
        if target is not None:
            self._sites.mentioned.append(Site(target, (), name.start, name.end, name.name))

    def _patterns(self, patterns: Iterable[Pattern], environment: Environment) -> None:
        """Note the constructors and fields that patterns name."""
        for pattern in patterns:
            match pattern:
                case ConstructorPattern(constructor=constructor, arguments=inner):
                    self._mention(self._directory.constructor, constructor, environment)
                    self._patterns(inner, environment)
                case RecordPattern(fields=fields):
                    for field in fields:
                        self._mention(self._directory.field, field.name, environment)
                    self._patterns((field.pattern for field in fields), environment)
                case GroupPattern(items=inner):
                    self._patterns(inner, environment)
                case AsPattern(pattern=inside):
                    self._patterns((inside,), environment)
                case ViewPattern(function=function, pattern=inside):
                    self._walk(function, environment)
                    self._patterns((inside,), environment)
                case _:
                    pass

    def _field_function(self, item: Field, environment: Environment) -> bool:
        """Walk a function that a record holds as the function that the field stands for: first it takes the record."""
        value = item.value
        if not isinstance(value, Lambda) and not self._is_partial(value, environment):
            return False
        target = self._directory.field(environment.module, item.name)
        if not isinstance(target, SymbolId):
            return False
        self._sites.fields.add(target)
        patterns, body = (value.parameters, value.body) if isinstance(value, Lambda) else ((), value)
        self._inner(target, (ANYTHING, *patterns), body, value.start, environment)
        return True

    def _inner(
        self,
        symbol: SymbolId,
        patterns: tuple[Pattern, ...],
        body: Expression,
        start: int,
        environment: Environment,
    ) -> None:
        """Walk a function that is known by another name than the definition around it."""
        owner, _ = self._sites.inner.setdefault(symbol, (Owner(environment.module, symbol.name, start), len(patterns)))
        outer, self._owner = self._owner, owner
        self._sites.by_owner.setdefault(owner, [])
        self._walk(body, self._with_parameters(patterns, owner, environment))
        self._owner = outer

    def _refer(self, name: Variable | Constructor, arguments: tuple[Expression, ...], environment: Environment) -> None:
        given = tuple(Thunk(argument, environment) for argument in arguments)
        if _is_local(name, environment):
            bound = environment.names[name.name]
            if isinstance(bound, Thunk):
                for function in _clauses(bound.expression):
                    self._note(_local_owner(function, bound.environment), given, name)
                if self._is_partial(bound.expression, bound.environment):
                    self._inline(bound, given, name)
            return
        if self._directory.matters(name.name):
            self._note(self._directory.target(environment.module, name), given, name)

    def _inline(self, bound: Thunk, given: tuple[Thunk, ...], name: Variable | Constructor) -> None:
        """Walk what a local name stands for as if it were written here, with arguments."""
        names: dict[str, Bound] = {f"given {name.start} {at}": argument for at, argument in enumerate(given)}
        variables = tuple(Variable(None, held, name.start, name.start) for held in names)
        applied = build.apply(bound.expression, variables, name.start, name.end)
        self._walk(applied, bound.environment.with_names(names))

    def _note(self, target: Target | Owner | None, arguments: tuple[Thunk, ...], name: Variable | Constructor) -> None:
        if target is not None:
            self._sites.by_owner[self._owner].append(Site(target, arguments, name.start, name.end, name.name))


def _is_local(name: Variable | Constructor, environment: Environment) -> bool:
    return name.qualifier is None and name.name in environment.names


def _local_owner(function: Lambda, environment: Environment) -> Owner:
    return Owner(environment.module, environment.definition, function.start)


def _clauses(expression: Expression) -> Iterator[Lambda]:
    """Yield the functions that a local name stands for: one for each clause."""
    if isinstance(expression, Lambda):
        yield expression
    elif isinstance(expression, Case) and isinstance(expression.subject, Sequence):
        yield from (item.body for item in expression.alternatives if isinstance(item.body, Lambda))
