"""What values of a Python program do: what each has after a dot, what calling it gives, what it is called."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from natsscan.core import known
from natsscan.core.arguments import bind_call, parameter_names
from natsscan.core.binding import bind
from natsscan.core.expression import Application, Let
from natsscan.core.value import (
    NONE,
    TOO_MUCH,
    Bound,
    Call,
    Choice,
    Class,
    Element,
    FieldOf,
    Function,
    Items,
    Join,
    Known,
    Local,
    Made,
    Method,
    Module,
    Parameter,
    Part,
    Symbol,
    Text,
    Thunk,
    Value,
    each,
    one_of,
    parameters,
)
from natsscan.python.expressions import AND, ANNOTATED, EACH, EMPTY, NARROW, OR, TRUTH
from natsscan.python.instances import SUPER_INSTANCE, Instances
from natsscan.python.library import SAME
from natsscan.python.module import Imported
from natsscan.python.options import OPTIONS

if TYPE_CHECKING:
    from natsscan.python.program import Program

# Methods that the rules know whatever they are called on.
ANY = "*"
_PARTIAL = frozenset({"functools.partial", "functools.partialmethod"})
# Functions that say what class a value is of: with the value first, or the class.
_TAKEN_AS = {NARROW: 1, "typing.cast": -1}
# What the evaluator calls a value that nobody has named.
_NAMELESS = "value"
# What the members of enumerations have.
_NAME, _VALUE = "name", "value"
# What Python calls an object by, and a function.
_CALLED, _OWN_NAME = "__call__", "__name__"


class Objects:
    """Answers what the evaluator asks of values."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._evaluator = program.evaluator
        self._library = program.library
        self._instances: Instances = program.instances

    def member(self, value: Value, name: str) -> Value | None:
        """Return what a value has after a dot: a method, an attribute that the code sets, a constant."""
        if name.startswith(OPTIONS):
            return Known(OPTIONS, (Module(name.removeprefix(f"{OPTIONS} ")),))
        match value:
            case Module(name=module):
                return self._program.value_of(self._program.imported(Imported(module, name), module))
            case Class(name=own):
                return self._library.constant(own, name) or self._instances.of_class(own, name)
            case Function():
                return self._of_function(value, name)
            case Made() if self._program.classes.find(value.constructor) or value.constructor == SUPER_INSTANCE:
                return self._instances.attribute(value, name)
        return (
            self._of_options(value, name)
            or self._of_enumeration(value, name)
            or self._library.member(value, name)
            or self._of_classes(value, name)
            or self._of_any(value, name)
        )

    def _of_options(self, value: Value, name: str) -> Value | None:
        """Return an option of the command line; where options are given with what is left over, they come first."""
        whole = value.of if isinstance(value, Part) and value.index == 0 else value
        match whole:
            case Made(constructor=made, arguments=(Module(name=module),)) if made == OPTIONS:
                return self._program.options.of_module(module, name)
            case _:
                return None

    def _of_enumeration(self, value: Value, name: str) -> Value | None:
        """Return the name or the value of a member of an enumeration."""
        match value:
            case Text(member=member) if member and name in (_NAME, _VALUE):
                return Text(member) if name == _NAME else value
            case FieldOf(record=Class(), name=member) if name == _NAME:
                return Text(member)
            case _:
                return None

    def _of_classes(self, value: Value, name: str) -> Value | None:
        """Return what a value has as an object of the classes that it may be of."""
        for own in sorted(self._program.types.of(value)):
            found = self._library.attribute(own, value, name) or self._instances.attribute_of(own, value, name)
            if found is not None:
                return found
        return None

    def _of_any(self, value: Value, name: str) -> Value | None:
        """Return a method that the rules know whatever it is called on."""
        return Known(f"{ANY}.{name}", (value,)) if f"{ANY}.{name}" in self._program.functions else None

    def _of_function(self, function: Function, name: str) -> Value | None:
        """Return what a function has after a dot: its name, or what a library's decorator made it have."""
        made = self._instances.decorated(function)
        if made is not None:
            return self._library.member(made, name)
        found = self._program.classes.function_at(function.environment.module, function.expression.start)
        return Text(found.name.rpartition(".")[2]) if found is not None and name == _OWN_NAME else None

    def call(self, function: Value, arguments: tuple[Bound, ...], named: Mapping[str, Bound]) -> Value | None:
        """Return what calling a value gives, None for a function that nobody knows."""
        match function:
            case Choice(values=values) if values:
                return one_of(self._evaluator.call(value, list(arguments), named) for value in values)
            case Class(name=own):
                return self._library.made(own, arguments, named) or self._instances.made(own, arguments, named)
            case Method():
                return self._library.called(function, arguments, named)
            case Symbol():
                return function  # a bound copy of itself: kombu's `exchange(channel)`
            case Known():
                return self._known(function, arguments, named)
            case Made() | Parameter() | FieldOf() | Element() | Part() | Call() if self._program.types.of(function):
                method = self.member(function, _CALLED)
                is_known = isinstance(method, Function | Known | Method)
                return self._evaluator.call(method, list(arguments), named) if method and is_known else None
            case _:
                return None

    def _known(self, function: Known, arguments: tuple[Bound, ...], named: Mapping[str, Bound]) -> Value:
        """Return what a function gives that the rules know, or natsscan itself."""
        name = function.name
        if name == SAME:
            return function.arguments[0]
        if name == OPTIONS:
            return Made(OPTIONS, function.arguments)
        if name in _PARTIAL and arguments:
            return self._partial(self._evaluator.force(arguments[0]), arguments[1:], named)
        if name in _TAKEN_AS and len(arguments) == 2:
            value, own = map(self._evaluator.force, arguments[:: _TAKEN_AS[name]])
            return self._taken_as(value, lambda: {single.name for single in each(own) if isinstance(single, Class)})
        if name == ANNOTATED and isinstance(annotation := arguments[1], Thunk):
            module, expression = annotation.environment.module, annotation.expression
            return self._taken_as(
                self._evaluator.force(arguments[0]), lambda: self._program.types.annotated(module, expression)
            )
        if name == EACH and isinstance(comprehension := arguments[0], Thunk):
            return self._each(comprehension)
        given = (*function.arguments, *map(self._evaluator.force, arguments))
        if name in _TESTS:
            return one_of(_as_constructor(_TESTS[name](single)) for single in each(given[0]))
        if name in (OR, AND):
            return _either(name == OR, given[0], given[1])
        rule = self._program.functions[name]
        if rule.element is not None or rule.each is not None or rule.result is not None:
            given = tuple(map(self._members, given))
        by_name = {key: self._evaluator.force(value) for key, value in named.items()}
        every = given if rule.braces is not None else (*given, *by_name.values())
        return known.apply(self._evaluator, name, rule, every, by_name, curried=False)

    def _each(self, comprehension: Thunk) -> Value:
        """Return what a comprehension gives: a collection with an item for each of the one that it goes through."""
        code, environment = comprehension.expression, comprehension.environment
        if not isinstance(code, Let):
            return Local(_NAMELESS)
        first, *others = code.groups
        (loop,) = first.bindings
        over = loop.value.arguments[0] if isinstance(loop.value, Application) else loop.value
        rest = Let(tuple(others), code.body, code.start, code.end)
        found = []
        for item in known.elements(self._members(self._evaluator.value(over, environment))):
            names = bind(self._program, loop.pattern, item, environment)
            found.append(self._evaluator.value(rest, environment.with_names(names)))
        return Items(tuple(found))

    def called(self, value: Value, name: str) -> Value:
        """Return a value with the name of the variable that holds it, if it has none that says something."""
        if not isinstance(value, Local | Call | Element | Part | Choice):
            return value
        told = name.rpartition(".")[2]
        found = [_named(single, told) for single in each(value)]
        return value if tuple(found) == each(value) else one_of(found)

    def result(self, function: Function, value: Value) -> Value:
        """Return what a function gives: of a value that nobody knows more of, the class that its annotation names."""
        module = function.environment.module
        found = self._program.classes.function_at(module, function.expression.start)
        return value if found is None else self._taken_as(value, lambda: self._program.types.result(module, found))

    def _taken_as(self, value: Value, classes: Callable[[], Collection[str]]) -> Value:
        """Return a value of which the code says what class it is of, if nothing else does."""
        if isinstance(value, Text | Join | Items | Symbol | Function | Class) or self._program.types.of(value):
            return value
        found = [Call(Class(own), (value,)) for own in sorted(classes())]
        return one_of(found) if found else value

    def _members(self, value: Value) -> Value:
        """Return an enumeration as the collection of its members; any other value as it is."""
        members = self._instances.members(value.name) if isinstance(value, Class) else ()
        return Items(members) if members else value

    def _partial(self, function: Value, given: tuple[Bound, ...], named: Mapping[str, Bound]) -> Value:
        """Return a function with some of its arguments given."""
        if not isinstance(function, Function) or function.expression.signature is None:
            return function
        code = function.expression
        names = bind_call(self._evaluator, function, given, named)
        taken = parameter_names(code)[: len(given)] + tuple(named)
        kept = tuple(pattern for pattern in code.parameters if getattr(pattern, "name", "") not in taken)
        signature = code.signature
        assert signature is not None
        defaults = tuple(default for default in signature.defaults if default.name.name not in taken)
        positional = max(0, signature.positional - len(given))
        left = replace(code, parameters=kept, signature=replace(signature, positional=positional, defaults=defaults))
        return Function(left, function.environment.with_names({name: names[name] for name in taken if name in names}))


def _either(is_or: bool, left: Value, right: Value) -> Value:
    """Return what `or` and `and` give: the left value where it decides, as far as the code tells, or the right one."""
    kept = [single for single in each(left) if _truth(single) in (is_or, None)]
    leads_on = any(_truth(single) is not is_or for single in each(left))
    return one_of([*(kept if is_or else ()), *([right] if leads_on else ())] or kept)


def _truth(value: Value) -> bool | None:
    """Tell whether a value counts as true, None if the code does not tell."""
    match value:
        case Made(constructor="True") | Symbol() | Function() | Class() | Method() | Module():
            return True
        case Made(constructor="False" | "none"):
            return False
        case Text(text=text):
            return None if text == "0" else bool(text)  # which may be a number
        case Items(items=items):
            return bool(items)
        case _:
            return None


def _is_nothing(value: Value) -> bool | None:
    """Tell whether a value is nothing, None if the code does not tell."""
    if value == NONE:
        return True
    is_something = isinstance(value, Text | Join | Items | Symbol | Function | Class | Method | Module | Made)
    return False if is_something else None


# Tests of one value, by natsscan's own names of them.
_TESTS = {TRUTH: _truth, EMPTY: _is_nothing}


def _as_constructor(holds: bool | None) -> Value:
    return Local(_NAMELESS) if holds is None else Made(str(holds))


def _named(value: Value, name: str) -> Value:
    """Return a value with a name if it has none."""
    if _is_nameless(value):
        return Local(name)
    return replace(value, name=name) if isinstance(value, Element) else value


def _is_nameless(value: Value) -> bool:
    """Tell whether a value of run time has no name, or only that of what natsscan knows to have made it."""
    match value:
        case Local(name=name):
            return name == _NAMELESS or (not name.isidentifier() and value != TOO_MUCH)
        case Call(function=Local(name=name), arguments=arguments):
            return not name.isidentifier() and not any(True for given in arguments for _ in parameters(given))
        case Part(of=Local() | FieldOf(record=Local())):
            return True
        case Element(of=Local() | Call() as of):
            return _is_nameless(of) or isinstance(of, Local)
        case _:
            return False
