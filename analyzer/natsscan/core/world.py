"""What an evaluator asks of the code base around an expression."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from natsscan.catalog.functions import KnownFunctionRule
from natsscan.core.expression import Constructor, Variable
from natsscan.core.value import Owner, Selector, Thunk, Value
from natsscan.model.symbol import LibrarySymbol


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
