"""Walking a function for what it calls: with what each value is at that place, and the arguments in order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from natsscan.core.arguments import bind_call
from natsscan.core.binding import bind, bind_group
from natsscan.core.calls import Site, Sites
from natsscan.core.expression import (
    Application,
    Case,
    Constructor,
    Expression,
    Lambda,
    Let,
    Literal,
    Opaque,
    Projection,
    Sequence,
    Update,
    Variable,
    VariablePattern,
)
from natsscan.core.value import (
    ABSENT,
    Bound,
    Class,
    Environment,
    Function,
    Items,
    Local,
    Made,
    Method,
    Owner,
    Parameter,
    Symbol,
    Thunk,
    Value,
    each,
)
from natsscan.model.symbol import LibrarySymbol, SymbolId
from natsscan.model.usage import Operation
from natsscan.python.expressions import ELEMENT, ENTRY
from natsscan.python.program import Program

_AS_CLASS = "class "
# What Python calls to set an attribute or an entry.
_SET_ATTRIBUTE, _SET_ENTRY = "__setattr__", "__setitem__"


@dataclass(frozen=True, slots=True, eq=False)
class Written:
    """A use of a library as it is written: its arguments by name, where it is called. `by_name` if only its name tells.

    `others` are the arguments that it is given by names which it has no parameter for, and tables of such.
    """

    site: Site
    symbol: LibrarySymbol
    arguments: Mapping[str, Thunk]
    is_call: bool
    by_name: bool = False
    others: Mapping[str, Thunk] = field(default_factory=dict)


@dataclass(slots=True)
class Seen:
    """What a walk found: the places, the library's uses as written, and what values the parameters of functions get."""

    sites: Sites = field(default_factory=Sites)
    written: list[Written] = field(default_factory=list)


class Walker:
    """Walks the functions of a code base.

    It tells the classes that arguments are of to those whose parameters they become: `learnt` is what was new.
    """

    def __init__(self, program: Program) -> None:
        self._program = program
        self._evaluator = program.evaluator
        self._seen = Seen()
        self._owner = Owner("", "", 0)
        self.learnt: dict[Parameter, set[str]] = {}

    def walk(self, body: Let, owner: Owner, environment: Environment) -> Seen:
        """Return what the body of a function calls."""
        self._seen = Seen(Sites({owner: []}))
        self._owner = owner
        self._walk(body, environment)
        return self._seen

    def _walk(self, expression: Expression, environment: Environment) -> None:
        match expression:
            case Variable() | Constructor():
                self._refer(expression, environment)
            case Projection():
                if not self._refer(expression, environment):
                    self._walk(expression.record, environment)
            case Application():
                self._application(expression, environment)
            case Lambda():
                self._function(expression, environment)
            case Let(groups=groups, body=body):
                for group in groups:
                    outer = environment
                    environment = bind_group(self._program, group, environment)
                    for binding in group.bindings:
                        self._walk(binding.value, environment if group.recursive else outer)
                self._walk(body, environment)
            case Case(subject=subject, alternatives=alternatives):
                self._walk(subject, environment)
                for alternative in alternatives:
                    names = bind(self._program, alternative.pattern, Thunk(subject, environment), environment)
                    self._walk(alternative.body, environment.with_names(names))
            case Update():
                self._update(expression, environment)
            case Sequence(items=parts) | Opaque(parts=parts):
                for part in parts:
                    self._walk(part, environment)
            case _:
                pass

    def _value(self, expression: Expression, environment: Environment) -> Value:
        self._evaluator.start()
        return self._evaluator.value(expression, environment)

    # Functions inside

    def _function(self, function: Lambda, environment: Environment) -> None:
        """Walk a function inside another: its parameters are whatever it is called with."""
        found = self._program.classes.function_at(environment.module, function.start)
        if found is not None and not found.is_nested:
            return  # walked by itself
        for annotation in found.annotations.values() if found is not None else ():
            self._walk(annotation, environment)
        if found is None and function.signature is not None:
            for default in function.signature.defaults:
                self._walk(default.value, environment)
        owner = Owner(environment.module, environment.definition, function.start)
        outer, self._owner = self._owner, owner
        self._seen.sites.by_owner.setdefault(owner, [])
        names: dict[str, Bound] = {
            pattern.name: Parameter(owner, at, pattern.name)
            for at, pattern in enumerate(function.parameters)
            if isinstance(pattern, VariablePattern)
        }
        self._walk(function.body, environment.with_names(names))
        self._owner = outer

    # Calls and names

    def _application(self, call: Application, environment: Environment) -> None:
        head = call.function
        if isinstance(head, Variable) and head.name == ENTRY and isinstance(key := call.arguments[1], Literal):
            self._set(call.arguments[0], _SET_ENTRY, key, {key.text: Thunk(call.arguments[2], environment)})
        if isinstance(head, Variable) and head.name == ELEMENT:
            self._iterate(call.arguments[0], environment)
        function = self._value(head, environment)
        given = [Thunk(argument, environment) for argument in call.arguments]
        named = {item.name.name: Thunk(item.value, environment) for item in call.named}
        if isinstance(function, Symbol):
            self._decorate(function, given)
        noted = [self._call(single, head, given, named) for single in each(function)]
        if not any(noted):
            noted = [self._by_name(head, function, given, named)]
        if isinstance(head, Projection):
            self._walk(head.record, environment)
        elif not isinstance(head, Variable):
            self._walk(head, environment)
        for argument in (*call.arguments, *(item.value for item in call.named)):
            self._walk(argument, environment)

    def _call(self, function: Value, head: Expression, given: list[Thunk], named: Mapping[str, Thunk]) -> bool:
        """Note a call of something of a library or the code base; tell whether it is one."""
        match function:
            case Method(symbol=symbol, receiver=receiver):
                self._library(symbol, receiver, head, given, named)
            case Class(name=name) if (known := self._program.library.known_class(name)) is not None:
                if known.constructor is None:
                    self._mention(known.symbol, head)
                else:
                    self._library(known.constructor.symbol, None, head, given, named)
            case Class(name=name):
                self._construct(name, head, given, named)
                inherited = self._program.classes.library_constructor(name)
                if inherited is not None:
                    self._library(inherited, None, head, given, named)
            case Function() if function.expression.signature is not None:
                self._own(function, head, bind_call(self._evaluator, function, given, dict(named)))
            case _:
                return False
        return True

    def _library(
        self,
        symbol: LibrarySymbol,
        receiver: Value | None,
        head: Expression,
        given: list[Thunk],
        named: Mapping[str, Thunk],
        by_name: bool = False,
    ) -> None:
        call = self._program.library.of(symbol)
        bound = self._program.library.bound(call, given, dict(named))
        for argument, classes in call.rule.calls.items():
            if argument in bound:
                self._tell(self._evaluator.force(bound[argument]), classes)
        if call.receiver and receiver is not None:
            bound.setdefault(call.receiver, receiver)
        place = _place(head)
        arguments = tuple(bound.get(name, ABSENT) for name in symbol.arguments)
        site = Site(symbol, arguments, *place)
        self._seen.sites.by_owner[self._owner].append(site)
        written = {name: value for name, value in bound.items() if isinstance(value, Thunk)}
        known = {name for signature in call.signatures for name, _ in signature.parameters}
        others = {name: value for name, value in named.items() if name not in known}
        self._seen.written.append(Written(site, symbol, written, is_call=True, by_name=by_name, others=others))
        for other, needs in call.also:
            if not needs or needs in bound:
                self._seen.sites.by_owner[self._owner].append(Site(other, arguments, *place))

    def _iterate(self, over: Expression, environment: Environment) -> None:
        """Note that an object of a library is gone through, as the call that this is in Python."""
        value = self._value(over, environment)
        for own in sorted(self._program.types.of(value)):
            method = self._program.library.iterating(own)
            if method is not None and method.symbol.operation is not Operation.TYPE:
                self._library(method.symbol, value, over, [], {})

    def _update(self, update: Update, environment: Environment) -> None:
        self._walk(update.record, environment)
        for item in update.fields:
            given = Thunk(item.value, environment)
            self._walk(item.value, environment)
            self._set(update.record, _SET_ATTRIBUTE, item.name, {item.name.name: given})

    def _set(self, base: Expression, setter: str, place: Expression, given: dict[str, Thunk]) -> None:
        """Note that an attribute or entry is set on an object of a library, as the call that it is in Python."""
        environment = next(iter(given.values())).environment
        for own in sorted(self._program.types.of(self._value(base, environment))):
            known = self._program.library.known_class(own)
            if known is not None and setter in known.methods:
                self._library(known.methods[setter].symbol, None, place, [], given)

    def _decorate(self, made: Symbol, given: list[Thunk]) -> None:
        """Keep that a function gets what its decorator gives as its first argument, if that asks for it."""
        rule = self._program.library.of(made.symbol).rule
        if rule.gives_itself and self._program.library.argument(made, rule.gives_itself) == Made("True"):
            for decorated in given:
                self._tell(self._evaluator.force(decorated), (rule.gives,))

    def _own(self, function: Function, head: Expression, bound: Mapping[str, Bound]) -> None:
        """Note a call of a function of the code base, and of what class its parameters are seen to be."""
        code = function.expression
        names = [pattern.name for pattern in code.parameters if isinstance(pattern, VariablePattern)]
        arguments = tuple(bound.get(name, Local(name)) for name in names)
        target = self._target(function)
        owner = self._program.symbols.owner(function)
        for at, (name, value) in enumerate(zip(names, arguments, strict=True)):
            self._learn(Parameter(owner, at, name), value)
        given = self._program.symbols.given(function)
        self._seen.sites.by_owner[self._owner].append(Site(target, arguments, *_place(head), given))

    def _target(self, function: Function) -> SymbolId | Owner:
        """Return what others call a function: one of a class by the class of its instance."""
        return self._program.symbols.of(function) or self._program.symbols.owner(function)

    def _construct(self, name: str, head: Expression, given: list[Thunk], named: Mapping[str, Thunk]) -> None:
        made = self._program.instances.made(name, tuple(given), dict(named))
        if not isinstance(made, Made):
            return
        owner, parameters = self._program.classes.taking(name)
        for at, (parameter, value) in enumerate(zip(parameters, made.arguments, strict=False)):
            self._learn(Parameter(owner, at, parameter), value)
        symbol = self._program.symbols.of_class(name)
        site = Site(symbol, made.arguments, *_place(head), (owner, made.arguments))
        self._seen.sites.by_owner[self._owner].append(site)

    def _by_name(self, head: Expression, function: Value, given: list[Thunk], named: Mapping[str, Thunk]) -> bool:
        """Note the call of a method that only AMQP has, whatever it is called on: of its object nothing is known."""
        if not isinstance(head, Projection):
            return False
        name = head.fields[-1].name
        calls = self._program.library.libraries.distinctive.get(name, ())
        if not calls or isinstance(function, Function | Class):
            return False
        by_top = {call.symbol.id.module.partition(".")[0]: call for call in reversed(calls)}
        chosen = by_top.get(self._program.nearest(self._owner.module, by_top), calls[0])
        receiver = Local(head.record.name) if isinstance(head.record, Variable) else Local("channel")
        self._library(chosen.symbol, receiver, head, given, named, by_name=True)
        return True

    def _refer(self, expression: Expression, environment: Environment) -> bool:
        """Note a name that stands for something of a library or the code base without calling it."""
        noted = False
        if expression.start == expression.end or (isinstance(expression, Variable) and expression.qualifier):
            return False  # natsscan's own, or an import, which is told as that
        for value in each(self._value(expression, environment)):
            match value:
                case Class(name=name) if (known := self._program.library.known_class(name)) is not None:
                    if not known.rule.is_object:
                        self._mention(known.symbol, expression)
                    noted = True
                case Method(symbol=symbol, receiver=receiver):
                    call = self._program.library.of(symbol)
                    values = tuple(receiver or ABSENT if name == call.receiver else ABSENT for name in symbol.arguments)
                    site = Site(symbol, values, *_place(expression))
                    self._seen.sites.by_owner[self._owner].append(site)
                    self._seen.written.append(Written(site, symbol, {}, is_call=False))
                    noted = True
                case Function() if value.expression.signature is not None and self._target_is_unit(value):
                    names = [p.name for p in value.expression.parameters if isinstance(p, VariablePattern)]
                    self._own(value, expression, {name: Local(name) for name in names})
                    noted = True
                case _:
                    pass
        return noted and not isinstance(expression, Projection)

    def _target_is_unit(self, function: Function) -> bool:
        """Tell whether a name stands for a function of a module or class, and not for what a decorator made of it."""
        program = self._program
        return program.symbols.of(function) is not None and program.instances.decorated(function) is None

    def _mention(self, symbol: LibrarySymbol, expression: Expression) -> None:
        site = Site(symbol, (), *_place(expression))
        self._seen.sites.mentioned.append(site)
        self._seen.written.append(Written(site, symbol, {}, is_call=False))

    # What parameters are

    def _learn(self, parameter: Parameter, bound: Bound) -> None:
        """Keep the classes of an argument as those of the parameter that it becomes."""
        value = self._evaluator.force(bound)
        if isinstance(value, Parameter) and value == parameter:
            return
        found = self._program.types.of(value)
        self._keep(parameter, found)

    def _keep(self, parameter: Parameter, classes: frozenset[str]) -> None:
        known = self._program.types.seen.setdefault(parameter, set())
        if not classes <= known:
            self.learnt.setdefault(parameter, set()).update(classes - known)
            known |= classes

    def _tell(self, callback: Value, classes: Iterable[str]) -> None:
        """Keep what a library gives to a callback as the classes of its parameters."""
        for single in each(callback):
            if isinstance(single, Items):
                for item in single.items:
                    self._tell(item, classes)
            if isinstance(single, Made) and self._program.classes.find(single.constructor):
                method = self._program.instances.attribute(single, "__call__")
                single = method if isinstance(method, Function) else single
            if not isinstance(single, Function):
                continue
            owner = self._program.symbols.owner(single)
            names = [p.name for p in single.expression.parameters if isinstance(p, VariablePattern)]
            for at, (name, own) in enumerate(zip(names, classes, strict=False)):
                self._keep(Parameter(owner, at, name), frozenset({own} if own else ()))


def _place(head: Expression) -> tuple[int, int, str]:
    """Return where the last name of what is called stands, and that name."""
    if isinstance(head, Projection):
        last = head.fields[-1]
        return last.start, last.end, last.name
    if isinstance(head, Variable):
        return head.start, head.end, head.name
    return head.start, head.end, ""
