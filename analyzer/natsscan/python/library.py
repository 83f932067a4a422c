"""What the rules say of libraries for Python, as values: functions, classes, their methods, what calls give."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from natsscan.catalog.python_library import PythonCall, PythonClass, PythonLibraries, Signature
from natsscan.core.arguments import spread
from natsscan.core.evaluate import Evaluator
from natsscan.core.value import (
    ABSENT,
    Bound,
    Choice,
    Class,
    Element,
    FieldOf,
    Function,
    Items,
    Known,
    Local,
    Made,
    Method,
    Module,
    Part,
    Symbol,
    Text,
    Value,
)
from natsscan.model.symbol import LibrarySymbol
from natsscan.python.module import Imported

# What a class as a value, and what a function gives, are told by in rules.
AS_CLASS = "class "
RESULT_OF = "result of "
# The field of an object of the code base that holds what its library's class makes of it.
OF_LIBRARY = "%library"
# The function that gives back what it was made with.
SAME = "%same"
_AN_ARGUMENT = "="
_ITERATING = ("__aiter__", "__iter__")


class Library:
    """Looks up what libraries define, and puts the arguments of their calls in order."""

    def __init__(self, libraries: PythonLibraries, evaluator: Evaluator) -> None:
        self.libraries = libraries
        self._evaluator = evaluator
        self._modules = {
            ".".join(parts[:at])
            for m in libraries.modules
            for parts in [m.split(".")]
            for at in range(1, len(parts) + 1)
        }
        self._calls: dict[str, PythonCall] = dict(libraries.functions)
        for known in libraries.classes.values():
            if known.constructor is not None:
                self._calls[known.name] = known.constructor
            self._calls |= {call.symbol.id.qualified: call for call in known.methods.values()}

    def named(self, dotted: str) -> Value | None:
        """Return what a qualified name means: a class, a function, a constant or a module of a library."""
        dotted = self.libraries.original(dotted)
        name = self.libraries.defined(dotted)
        if name in self.libraries.classes:
            return Class(name)
        if name in self.libraries.functions:
            return Method(self.libraries.functions[name].symbol)
        if name in self.libraries.constants:
            return Text(self.libraries.constants[name])
        return Module(dotted) if dotted in self._modules else None

    def top(self, imported: Imported) -> str:
        """Return the top-level module that an import leads to."""
        return origin(imported, self.libraries).partition(".")[0]

    def of(self, symbol: LibrarySymbol) -> PythonCall:
        """Return what the rules say of a function or method."""
        return self._calls[symbol.id.qualified]

    def known_class(self, name: str) -> PythonClass | None:
        """Return a class by its qualified name, None for one of the code base."""
        return self.libraries.classes.get(name)

    def class_of(self, value: Value) -> PythonClass | None:
        """Return the class of what a call gave."""
        made = made_by_library(value)
        return self.libraries.classes.get(self.of(made.symbol).rule.gives) if made is not None else None

    def constant(self, own: str, name: str) -> Value | None:
        """Return a member of a class that stands for a text, or a method that is called on the class."""
        known = self.libraries.classes.get(own)
        if known is None:
            return None
        if f"{own}.{name}" in self.libraries.classes:
            return Class(f"{own}.{name}")
        text = self.libraries.constants.get(f"{own}.{name}")
        if text is not None:
            return Text(text)
        return Method(known.methods[name].symbol, Class(own)) if name in known.methods else None

    def member(self, value: Value, name: str) -> Value | None:
        """Return what a value that a call gave has after a dot."""
        known = self.class_of(value)
        return None if known is None else self.attribute(known.name, value, name)

    def attribute(self, own: str, value: Value, name: str) -> Value | None:
        """Return what an object of a class of a library has after a dot."""
        known = self.libraries.classes.get(own)
        if known is None:
            return None
        if name in known.methods:
            return Method(known.methods[name].symbol, value)
        if name == "__call__" and known.rule.stands_for:
            return Known(SAME, (value,))  # a bound copy of itself, as kombu's `queue(channel)`
        told = known.attributes.get(name, "")
        if told.startswith(AS_CLASS):
            return Class(told.removeprefix(AS_CLASS))
        if told.startswith(_AN_ARGUMENT):
            return self.argument(value, told.removeprefix(_AN_ARGUMENT))
        if told and told == own:
            return value  # as pika's result of a declaration, whose `method` has what it has
        return FieldOf(value, name) if told else None

    def iterating(self, own: str) -> PythonCall | None:
        """Return the method of a class that is called when its object is iterated over."""
        known = self.libraries.classes.get(own)
        methods = known.methods if known is not None else {}
        return next((methods[name] for name in _ITERATING if name in methods), None)

    def attribute_class(self, own: str, name: str) -> str:
        """Return the class of an attribute, empty if it is not told."""
        known = self.libraries.classes.get(own)
        told = known.attributes.get(name, "") if known is not None else ""
        return "" if told.startswith(_AN_ARGUMENT) else told

    def argument(self, value: Value, name: str) -> Value | None:
        """Return an argument of the call that gave a value."""
        made = made_by_library(value)
        if made is not None:
            given = dict(zip(made.symbol.arguments, made.arguments, strict=False)).get(name, ABSENT)
            if given != ABSENT:
                return given
            default = made.symbol.defaults.get(name)
            return None if default is None else Text(default.strip('"'))
        return None

    def classes_of(self, value: Value) -> frozenset[str]:
        """Return the classes of libraries that a value may be of: what a call gives, what iterating over it yields."""
        match value:
            case Symbol(symbol=symbol):
                gives = self.of(symbol).rule.gives
                return frozenset({gives} if gives in self.libraries.classes else ())
            case Element(of=Symbol(symbol=symbol)):
                yields = self.of(symbol).rule.yields
                return frozenset({yields} if yields else ())
            case Part(of=Symbol(symbol=symbol), index=at):
                return _at(self.of(symbol).rule.gives_parts, at)
            case Part(of=Element(of=Symbol(symbol=symbol)), index=at):
                return _at(self.of(symbol).rule.yields_parts, at)
            case Choice(values=values):
                return frozenset(name for single in values for name in self.classes_of(single))
            case _:
                return frozenset()

    def named_after(self, value: Symbol, name: str) -> Symbol:
        """Return what a decorator made of a function; what it stands for is the function's name if nobody says."""
        known = self.class_of(value)
        told = zip(value.symbol.arguments, value.arguments, strict=False)
        own = known.rule.stands_for if known is not None else ""
        given = tuple(Text(name) if argument == own and each == ABSENT else each for argument, each in told)
        return Symbol(value.symbol, given)

    # Calls

    def made(self, own: str, arguments: Iterable[Bound], named: Mapping[str, Bound]) -> Value | None:
        """Return the object that calling a class of a library makes, None for a class that is not a library's."""
        known = self.libraries.classes.get(own)
        if known is None or known.constructor is None:
            return None
        return Symbol(known.constructor.symbol, self.arranged(known.constructor, None, arguments, named))

    def called(self, method: Method, arguments: Iterable[Bound], named: Mapping[str, Bound]) -> Value:
        """Return what a call of a function or method gives: the call, or the class that it gives."""
        call = self.of(method.symbol)
        if call.rule.gives.startswith(AS_CLASS):
            return Class(call.rule.gives.removeprefix(AS_CLASS))
        if call.rule.gives.startswith(_AN_ARGUMENT):
            given = self.bound(call, arguments, named).get(call.rule.gives.removeprefix(_AN_ARGUMENT))
            return Local("value") if given is None else self._evaluator.force(given)
        if call.rule.gives.startswith(RESULT_OF) and method.receiver is not None:
            maker = self.argument(method.receiver, call.rule.gives.removeprefix(RESULT_OF))
            return Local("value") if maker is None else self._evaluator.call(maker, [], {})
        return Symbol(method.symbol, self.arranged(call, method.receiver, arguments, named))

    def arranged(
        self, call: PythonCall, receiver: Value | None, arguments: Iterable[Bound], named: Mapping[str, Bound]
    ) -> tuple[Value, ...]:
        """Return the values of a call's arguments in the order of its symbol; `ABSENT` for each left out."""
        found = self.bound(call, arguments, named)
        values = {name: self._evaluator.force(bound) for name, bound in found.items()}
        if call.receiver and receiver is not None:
            values.setdefault(call.receiver, receiver)
        return tuple(values.get(name, ABSENT) for name in call.symbol.arguments)

    def bound(self, call: PythonCall, arguments: Iterable[Bound], named: Mapping[str, Bound]) -> dict[str, Bound]:
        """Return a call's arguments by name, by the first of its signatures that fits."""
        given, by_name = spread(self._evaluator, arguments, named)
        fitting = [s for s in call.signatures if self._fits(s, given, by_name, call)]
        signature = fitting[0] if fitting else call.signatures[0]
        found: dict[str, Bound] = {}
        for (_, argument), bound in zip(signature.parameters[: signature.positional], given, strict=False):
            found[argument] = bound
        known = dict(signature.parameters)
        found |= {known[name]: bound for name, bound in by_name.items() if name in known}
        return found

    def _fits(self, signature: Signature, given: list[Bound], named: Mapping[str, Bound], call: PythonCall) -> bool:
        names = {name for name, _ in signature.parameters}
        if len(given) > signature.positional or not names.issuperset(named):
            return False
        if len(call.signatures) == 1:
            return True
        for (_, argument), bound in zip(signature.parameters, given, strict=False):
            is_callback = argument in call.rule.calls
            if is_callback == self._is_text(bound) and self._is_known(bound):
                return False
        return True

    def _is_text(self, bound: Bound) -> bool:
        return not isinstance(self._evaluator.force(bound), Function)

    def _is_known(self, bound: Bound) -> bool:
        return isinstance(self._evaluator.force(bound), Function | Text | Items)

    @staticmethod
    def thunks(bound: Mapping[str, Bound], names: Iterable[str]) -> tuple[Bound, ...]:
        """Return arguments in the order of names; `ABSENT` for each left out."""
        return tuple(bound.get(name, ABSENT) for name in names)


def origin(imported: Imported, libraries: PythonLibraries) -> str:
    """Return the module that an import takes from, a library's own where it comes through a package in its place."""
    whole = f"{imported.module}.{imported.name}"
    found = libraries.original(imported.module)
    return found if found != imported.module or libraries.original(whole) == whole else libraries.original(whole)


def _at(classes: tuple[str, ...], index: int) -> frozenset[str]:
    return frozenset(name for name in classes[index : index + 1] if name)


def made_by_library(value: Value) -> Symbol | None:
    """Return the call of a library that made a value, also an object of a class that inherits from the library's."""
    if isinstance(value, Made):
        return next((made for name, made in value.fields if name == OF_LIBRARY and isinstance(made, Symbol)), None)
    return value if isinstance(value, Symbol) else None
