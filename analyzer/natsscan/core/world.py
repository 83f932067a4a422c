"""What an evaluator asks of the code base around an expression."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from natsscan.catalog.functions import KnownFunctionRule
from natsscan.core.expression import Constructor, Variable
from natsscan.core.value import Bound, Function, Owner, Selector, Value
from natsscan.model.symbol import LibrarySymbol


@dataclass(frozen=True, slots=True)
class Defined:
    """A definition of the code base that a name leads to."""

    owner: Owner
    body: Bound


Meaning = Defined | Value


class World(Protocol):
    """What there is outside of an expression.

    `left_out` counts how often something was not looked up that might be known: what is worked out without it is kept
    only as long as the `horizon`, how much is looked into, stays what it is; 0 is everything.
    """

    functions: Mapping[str, KnownFunctionRule]
    left_out: int
    horizon: int

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

    def member(self, value: Value, name: str) -> Value | None:
        """Return what a value has under a name after a dot, None if that is no more than a field of it."""

    def call(self, function: Value, arguments: tuple[Bound, ...], named: Mapping[str, Bound]) -> Value | None:
        """Return what calling a value with all its arguments gives, None if it is a function like any other."""

    def result(self, function: Function, value: Value) -> Value:
        """Return what a function with a signature gives, with what is known of it besides what its body tells."""

    def called(self, value: Value, name: str) -> Value:
        """Return what a name stands for: a value of run time that has no name of its own gets this one."""
