"""What a call of a library for Python is given, in the words of the rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from natsscan.catalog.python_library import OBJECT
from natsscan.core.effects import Effect
from natsscan.core.linking import ARGUMENT
from natsscan.core.value import ABSENT, NONE, Choice, Items, Local, Made, Symbol, Text, Value, each, one_of
from natsscan.model.symbol import LibrarySymbol
from natsscan.model.usage import Operation
from natsscan.python.library import Library, made_by_library

_LENDING = {Operation.PUBLISH: Operation.MESSAGE, Operation.CONNECT: Operation.CONNECT}
# Arguments that may be a list of what each stands for itself: kombu's `Consumer(queues=[...])`.
_ONE_OF = frozenset({"queue", "exchange"})


@dataclass(frozen=True, slots=True)
class Properties:
    """Tells the arguments of calls by name, with those of messages and objects that they are given."""

    library: Library

    def given(self, effect: Effect) -> dict[str, Value]:
        """Return the arguments that a call has: its own, its object's where it leaves them out, its message's."""
        symbol = effect.symbol
        call = self.library.of(symbol)
        found = self._named(symbol, effect.arguments)
        receiver = dict(zip(symbol.arguments, effect.arguments, strict=False)).get(call.receiver, ABSENT)
        for name in call.rule.of_receiver:
            for single in each(receiver):
                lent = self.library.argument(single, name)
                if name not in found and lent is not None and lent != NONE:
                    found[name] = self.told(symbol.library, name, lent)
        for lending in self._lending(effect.symbol.operation, effect.arguments):
            for name, value in self._named(lending.symbol, lending.arguments).items():
                found.setdefault(name, value)
        return found

    def defaults(self, effect: Effect) -> dict[str, Value]:
        """Return what a call, its message and its options leave to the library."""
        found: dict[str, Value] = {
            name: Text(text.strip('"'))
            for lending in self._lending(effect.symbol.operation, effect.arguments)
            for name, text in lending.symbol.defaults.items()
        }
        texts = {name: text.strip('"') for name, text in effect.symbol.defaults.items()}
        others = {name: text[1:] for name, text in texts.items() if text.startswith(ARGUMENT)}
        given = self.given(effect) if others else {}
        for name, other in others.items():
            value = given.get(other) or Text(texts.get(other, ""))
            found[name] = Local(other) if value == Text("") else value  # the broker gives it its name
        return found

    def _lending(self, operation: Operation, arguments: Iterable[Value]) -> Iterator[Symbol]:
        """Yield what a call has more arguments from: a message that it publishes, options that it connects with."""
        for single in (single for value in arguments for single in each(value)):
            if isinstance(single, Symbol) and single.symbol.operation is _LENDING.get(operation):
                yield single
                yield from self._lending(operation, single.arguments)

    def _named(self, symbol: LibrarySymbol, arguments: tuple[Value, ...]) -> dict[str, Value]:
        return {
            name: self.told(symbol.library, name, value)
            for name, value in zip(symbol.arguments, arguments, strict=False)
            if name != OBJECT and value != ABSENT and value != NONE
        }

    def told(self, library: str, name: str, value: Value) -> Value:
        """Return a value in the words of the rules: an object that stands for its name, a number in milliseconds."""
        if isinstance(value, Choice):
            return one_of([self.told(library, name, single) for single in value.values])
        if made_by_library(value) is not None:
            known = self.library.class_of(value)
            if known is not None and known.rule.stands_for:
                own = self.library.argument(value, known.rule.stands_for)
                return Text("") if own is None or own == NONE else self.told(library, name, own)
            return value
        if isinstance(value, Items) and name not in ("arguments", "headers"):
            items = tuple(self.told(library, name, item) for item in value.items)
            return one_of(items) if name in _ONE_OF and items else Items(items)
        word = value.text if isinstance(value, Text) else value.constructor if isinstance(value, Made) else None
        if word is None:
            return value
        known_as = self.library.libraries.values.get(library, {}).get(name, {}).get(word)
        if known_as is not None:
            return Text(known_as)
        unit = self.library.libraries.units.get(library, {}).get(name)
        if unit is not None and isinstance(value, Text):
            try:
                return Text(str(round(float(word) * unit)))
            except (ValueError, OverflowError):
                return value
        return value
