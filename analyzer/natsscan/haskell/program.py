"""A Haskell code base as a whole: what a name of one module means, wherever it is defined."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from natsscan.catalog.catalog import Catalog
from natsscan.catalog.functions import KnownFunctionRule
from natsscan.core.binding import clauses_of
from natsscan.core.calls import Target
from natsscan.core.expression import Binding, Constructor, Expression, Variable, VariablePattern
from natsscan.core.value import (
    Bound,
    Environment,
    Function,
    Items,
    Known,
    Local,
    Made,
    Matched,
    Owner,
    Selector,
    Symbol,
    Text,
    Thunk,
    Value,
)
from natsscan.core.world import Defined, Meaning
from natsscan.haskell.index import ModuleIndex
from natsscan.haskell.lower import Lowering
from natsscan.haskell.module import Definition, Module, captures_in
from natsscan.haskell.scope import Exports, Scope
from natsscan.model.symbol import LibrarySymbol, Namespace, SymbolId, SymbolKind


class Program:
    """Answers what names mean; modules and definitions are read when a question leads to them.

    `lowered` are definitions that were lowered before, by their module and the offset at which they begin.
    """

    functions: Mapping[str, KnownFunctionRule]
    left_out = 0
    horizon = 0

    def __init__(
        self,
        catalog: Catalog,
        index: ModuleIndex,
        exports: Mapping[str, Exports],
        lowered: Mapping[tuple[str, int], tuple[Binding, ...]] | None = None,
    ) -> None:
        self.functions = catalog.functions.functions
        self._catalog = catalog
        self._index = index
        self._exports = exports
        self._transparent = frozenset(catalog.functions.transparent)
        self._common = self._transparent | frozenset(catalog.functions.constructors)
        self._scopes: dict[str, Scope] = {}
        self._lowerings: dict[str, Lowering] = {}
        self._bindings: dict[tuple[str, int], tuple[Binding, ...]] = dict(lowered or {})
        self._bodies: dict[SymbolId, Thunk | None] = {}
        self._targets: dict[tuple[str, str | None, str], Target | None] = {}
        self._meanings: dict[tuple[str, str | None, str], Meaning | None] = {}
        self._configuration = re.compile(catalog.functions.configuration)
        self._selectors: dict[tuple[str, str], Selector] = {}

    # What names refer to

    def target(self, module: str, name: Variable | Constructor, within: Collection[str] | None = None) -> Target | None:
        """Return the library's symbol or the definition of the code base that a name refers to.

        With `within`, an open import counts only if it is of one of these modules.
        """
        key = (module, name.qualifier, name.name)
        if within is not None:
            return self._find(module, name, within)
        if key not in self._targets:
            # What the language's own packages define is theirs, unless the module itself says otherwise.
            common = name.name in self.functions or name.name in self._common
            self._targets[key] = self._find(module, name, () if common and name.qualifier is None else None)
        return self._targets[key]

    def field(self, module: str, name: Variable) -> Target | None:
        """Return the field that is meant after a dot: of a library, or of a record of the code base."""
        scope = self._scope(module)
        symbol = scope.resolve_field(name.qualifier, name.name) if scope else None
        if symbol is not None:
            return symbol
        found = self._index.field_owner(module, name.name)
        return None if found is None else SymbolId(found[0], name.name)

    def meaning(self, module: str, name: Variable | Constructor) -> Meaning | None:
        """Return what a name that is not bound locally means, None if nobody knows."""
        key = (module, name.qualifier, name.name)
        if key not in self._meanings:
            self._meanings[key] = self._meaning(module, name)
        return self._meanings[key]

    def _find(self, module: str, name: Variable | Constructor, within: Collection[str] | None) -> Target | None:
        scope = self._scope(module)
        symbol = scope.resolve(name.qualifier, name.name, Namespace.VALUE) if scope else None
        generated = self._catalog.functions.generated
        return symbol or self._index.resolve(module, name.qualifier, name.name, generated, within)

    def _meaning(self, module: str, name: Variable | Constructor) -> Meaning | None:
        target = self.target(module, name)
        if isinstance(target, LibrarySymbol):
            return _library_value(target)
        if target is None:
            if name.name in self.functions:
                return Known(name.name)
            return Made(name.name) if isinstance(name, Constructor) else None
        if target.name[:1].isupper() or target.name[:1] == ":":
            if target.name in self.functions:
                return Known(target.name)
            return Made(target.name, labels=self._index.labels(target))
        if self._index.labels_with(target):
            return self.selector(target.module, target.name)
        body = self.body(target)
        return None if body is None else Defined(Owner(target.module, target.name, 0), body)

    def _scope(self, name: str) -> Scope | None:
        if name not in self._scopes:
            module = self._index.module(name)
            if module is None:
                return None
            self._scopes[name] = Scope(module, self._exports)
        return self._scopes[name]

    # Definitions

    def body(self, symbol: SymbolId) -> Thunk | None:
        """Return a definition's body, its clauses as alternatives; None for what has none, such as a class method."""
        if symbol not in self._bodies:
            clauses = self.clauses(symbol) or self._only_instance(symbol)
            environment = Environment(symbol.module, symbol.name)
            self._bodies[symbol] = Thunk(clauses_of(clauses), environment) if clauses else None
        return self._bodies[symbol]

    def clauses(self, symbol: SymbolId) -> list[Expression]:
        """Return the clauses of a definition."""
        module = self._index.module(symbol.module)
        if module is None:
            return []
        return [
            binding.value
            for definition in module.definitions
            if definition.name == symbol.name
            for binding in self.bindings(module, definition)
            if isinstance(binding.pattern, VariablePattern)
        ]

    def _only_instance(self, method: SymbolId) -> list[Expression]:
        """Return the clauses of a class's method in the one instance that its own module has; nothing if in several."""
        module = self._index.module(method.module)
        found = [
            [binding.value for binding in self.bindings(module, definition) if _binds(binding, method.name)]
            for definition in (module.definitions if module else ())
            if module and definition.nodes[-1].type == "instance" and method.name.encode() in _text(module, definition)
        ]
        found = [clauses for clauses in found if clauses]
        return found[0] if len(found) == 1 else []

    def bindings(self, module: Module, definition: Definition) -> tuple[Binding, ...]:
        """Return the bindings of a top-level definition; of an instance, its methods."""
        key = (module.name, definition.start)
        if key not in self._bindings:
            if module.name not in self._lowerings:
                self._lowerings[module.name] = Lowering(module, self._catalog, self._index)
            lowering = self._lowerings[module.name]
            self._bindings[key] = lowering.definition(definition, captures_in(definition))
        return self._bindings[key]

    # What the evaluator asks

    def fields(self, module: str, constructor: Constructor) -> tuple[str, ...]:
        """Return the fields of a record's constructor in order, as seen from a module."""
        target = self.target(module, constructor)
        if isinstance(target, LibrarySymbol):
            return tuple(target.fields)
        return () if target is None else self._index.labels(target)

    def selector(self, module: str, field: str) -> Selector:
        """Return a field as a module that takes it with a dot sees it."""
        key = (module, field)
        if key not in self._selectors:
            found = self._index.field_owner(module, field)
            name = field.removeprefix("_")
            self._selectors[key] = Selector(name) if found is None else self._selector(SymbolId(*found), name)
        return self._selectors[key]

    def _selector(self, constructor: SymbolId, field: str) -> Selector:
        """Return a field of a constructor; its record is configured if it is called so and parsed from JSON."""
        module = self._index.module(constructor.module)
        sole = len(self._index.labels(constructor)) == 1
        configures = self._configuration.search(constructor.qualified)
        if module is None or not configures or b"JSON" not in module.data:
            return Selector(field, sole=sole)
        pattern = self._catalog.functions.configured.replace("{type}", re.escape(constructor.name))
        return Selector(field, re.search(pattern.encode(), module.data) is not None, sole)

    def is_transparent(self, constructor: str) -> bool:
        """Tell whether a constructor only wraps the one value it is given."""
        return constructor in self._transparent

    def returns(self, symbol: LibrarySymbol, arguments: tuple[Value, ...]) -> Value | None:
        """Return what a call of a library gives: the properties that its rule lists, None without such a list."""
        if not symbol.returns or len(arguments) < len(symbol.arguments):
            return None
        given = defaults_of(arguments) | properties(self._catalog, symbol, arguments)
        return Items(tuple(given.get(name, Local(name)) for name in symbol.returns))

    def member(self, value: Value, name: str) -> Value | None:  # noqa: ARG002
        """Return nothing: what stands after a dot is a field."""
        return None

    def call(self, function: Value, arguments: tuple[Bound, ...], named: Mapping[str, Bound]) -> Value | None:  # noqa: ARG002
        """Return nothing: a call is an application like any other."""
        return None

    def result(self, function: Function, value: Value) -> Value:  # noqa: ARG002
        """Return the value: functions of Haskell have no such signature."""
        return value

    def called(self, value: Value, name: str) -> Value:  # noqa: ARG002
        """Return the value: it is called after what it is made of."""
        return value


def _binds(binding: Binding, name: str) -> bool:
    return isinstance(binding.pattern, VariablePattern) and binding.pattern.name == name


def _text(module: Module, definition: Definition) -> bytes:
    return module.data[definition.start : definition.end]


def properties(catalog: Catalog, symbol: LibrarySymbol, arguments: tuple[Value, ...]) -> dict[str, Value]:
    """Return the arguments of a library's call by name, with the properties of records that are given to it."""
    found = dict(zip(symbol.arguments, arguments, strict=False))
    for value in arguments:
        if not isinstance(value, Made):
            continue
        constructor = catalog.symbols.get((Namespace.VALUE, SymbolId(symbol.id.module, value.constructor)))
        names = _field_names(catalog, symbol, value, constructor)
        for field, given in (*value.fields, *zip(value.labels, value.arguments, strict=False)):
            if field in names:
                found[names[field]] = given if not isinstance(given, Thunk | Matched) else Local(field)
    return found


def defaults_of(arguments: tuple[Value, ...]) -> dict[str, Value]:
    """Return the defaults of the library's ready-made records among arguments, each as the text of its JSON value."""
    return {
        name: Text(text[1:-1] if text.startswith('"') else text)
        for value in arguments
        if isinstance(value, Made) and value.record is not None
        for name, text in value.record.defaults.items()
    }


def _field_names(
    catalog: Catalog, symbol: LibrarySymbol, value: Made, constructor: LibrarySymbol | None
) -> dict[str, str]:
    if value.record is not None and value.record.record is not None:
        return catalog.fields_of(value.record.id.module, value.record.record)
    if constructor is not None and constructor.fields:
        return constructor.fields
    fields = {name for name, _ in value.fields} | set(value.labels)
    for candidate in catalog.exports.get(symbol.id.module, {}).values():
        if candidate.kind is SymbolKind.CONSTRUCTOR and fields and fields <= set(candidate.fields):
            return candidate.fields
    return {}


def _library_value(symbol: LibrarySymbol) -> Value:
    if symbol.record is not None:
        return Made(symbol.record, record=symbol)
    if symbol.kind is SymbolKind.CONSTRUCTOR:
        return Made(symbol.id.name, labels=tuple(symbol.fields))
    if symbol.kind is SymbolKind.FIELD:
        return Selector(symbol.id.name)
    return Symbol(symbol)
