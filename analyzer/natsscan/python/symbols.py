"""What others call the functions and classes of a code base, and whose parameters theirs are.

A method is told apart by the class of its object: the same code does something else in each class that inherits it.
"""

from __future__ import annotations

from natsscan.core.value import Bound, Function, Made, Owner
from natsscan.model.symbol import SymbolId
from natsscan.python.classes import Classes
from natsscan.python.module import Function as Defined


class Symbols:
    """Names the functions and classes of a code base."""

    def __init__(self, classes: Classes) -> None:
        self._classes = classes

    def of_class(self, name: str) -> SymbolId:
        """Return a class as others call it."""
        found = self._classes.find(name)
        return SymbolId(found[0].name, found[1].name) if found else SymbolId("", name)

    def of(self, function: Function) -> SymbolId | None:
        """Return what others call a function; None for one inside another."""
        module = function.environment.module
        found = self._classes.function_at(module, function.expression.start)
        if found is None or found.is_nested:
            return None
        instance = self._instance(function, found)
        if instance is not None:
            own = self.of_class(instance.constructor)
            return SymbolId(own.module, f"{own.name}.{found.name.rpartition('.')[2]}")
        return SymbolId(module, found.name)

    def owner(self, function: Function) -> Owner:
        """Return whose parameters those of a function are."""
        environment, start = function.environment, function.expression.start
        found = self._classes.function_at(environment.module, start)
        if found is None or found.is_nested:
            return Owner(environment.module, environment.definition, start)
        instance = self._instance(function, found)
        name = found.name if instance is None else method_name(instance.constructor, found)
        return Owner(environment.module, name, start)

    def _instance(self, function: Function, found: Defined) -> Made | None:
        """Return the object that a method is bound to, as far as its class is known."""
        instance = function.environment.names.get(found.receiver) if found.receiver else None
        return instance if isinstance(instance, Made) and self._classes.find(instance.constructor) else None

    def given(self, function: Function) -> tuple[Owner, tuple[Bound, ...]] | None:
        """Return what the object of a method was made with: whose parameters that are, and the arguments."""
        found = self._classes.function_at(function.environment.module, function.expression.start)
        instance = self._instance(function, found) if found is not None else None
        return None if instance is None else (self._classes.taking(instance.constructor)[0], instance.arguments)


def method_name(own: str, method: Defined) -> str:
    """Return how a method is told apart from those of other classes: by the class of its object."""
    return f"{own}.{method.name.rpartition('.')[2]}"
