"""Finding the usages in a module: a fold over the core of the definitions that name something of a library."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import TypeGuard

from natsscan.catalog.catalog import Catalog
from natsscan.core.build import is_held_back
from natsscan.core.expression import (
    Application,
    Binding,
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
from natsscan.core.scoping import Names, parts
from natsscan.haskell.index import ModuleIndex
from natsscan.haskell.lower import Lowering
from natsscan.haskell.module import Captures, Definition, Module, captures_in, split_qualified
from natsscan.haskell.scope import Scope
from natsscan.haskell.words import words_in
from natsscan.model.symbol import LibrarySymbol, Namespace, SymbolKind
from natsscan.model.usage import Argument, Operation, Provenance, Tier, Usage
from natsscan.source.text import TextPositions

_MAX_TEXT = 200


@dataclass(frozen=True, slots=True)
class ModuleUsages:
    """The usages of one reading of a file, and the offsets at which nesting was too deep to follow.

    `bindings` are the definitions that were lowered, by the offset at which they begin.
    """

    usages: tuple[Usage, ...]
    too_deep: tuple[int, ...]
    bindings: dict[int, tuple[Binding, ...]]


def find_usages(
    module: Module,
    scope: Scope,
    catalog: Catalog,
    index: ModuleIndex,
    positions: TextPositions,
    service: str,
) -> ModuleUsages:
    """Find every usage in a module; `scope` is that module's, `index` knows the project's other modules."""
    finder = _Finder(module, scope, catalog, index, positions, service)
    for line in module.imports:
        if line.module in catalog.modules:
            finder.add_import(line.module, line.start, line.end)
    names = {name.encode() for name in scope.names}
    for definition in module.definitions:
        if not names.isdisjoint(words_in(module, definition)):
            finder.add_definition(definition)
    return ModuleUsages(tuple(finder.usages), tuple(finder.lowering.too_deep), finder.bindings)


@dataclass(frozen=True, slots=True)
class _Use:
    """A use of a library symbol; `head` is the part of the expression that names it."""

    symbol: LibrarySymbol
    start: int
    end: int
    arguments: tuple[Argument, ...] = ()
    head: Expression | None = None


class _Finder:
    def __init__(
        self,
        module: Module,
        scope: Scope,
        catalog: Catalog,
        index: ModuleIndex,
        positions: TextPositions,
        service: str,
    ) -> None:
        self._module = module
        self._scope = scope
        self._catalog = catalog
        self._positions = positions
        self._service = service
        self._definition = ""
        self._comments: list[tuple[int, int]] = []
        self._index = index
        self.lowering = Lowering(module, catalog, index)
        self.usages: list[Usage] = []
        self.bindings: dict[int, tuple[Binding, ...]] = {}

    def add_import(self, module: str, start: int, end: int) -> None:
        """Note an import line of a library's module."""
        span = self._positions.span(start, end)
        self.usages.append(
            Usage(
                operation=Operation.IMPORT,
                is_call=False,
                symbol=module,
                library=self._catalog.modules[module],
                language="haskell",
                tier=Tier.DIRECT,
                span=span,
                definition=None,
                service=self._service,
                arguments=(Argument("module", module, Provenance.LITERAL, span),),
            )
        )

    def add_definition(self, definition: Definition) -> None:
        """Note the usages in a top-level definition."""
        self._definition = definition.name
        captures = captures_in(definition)
        self._comments = sorted((node.start_byte, node.end_byte) for node in captures.get("comment", []))
        for qualifier, name, start, end in _types(captures, self._module.data):
            symbol = self._scope.resolve(qualifier, name, Namespace.TYPE)
            if symbol is not None:
                self._note(symbol, start, end, ())
        self.bindings[definition.start] = self.lowering.definition(definition, captures)
        for binding in self.bindings[definition.start]:
            self._fold(binding.pattern)
            self._fold(binding.value)

    def _fold(self, root: Expression | Pattern) -> None:
        """Walk an expression; `within` an argument of a usage, bare constructors are part of that usage."""
        waiting: list[tuple[Expression | Pattern, Names, bool]] = [(root, frozenset(), False)]
        while waiting:
            node, local, within = waiting.pop()
            uses = self._uses(node, local, within)
            for use in uses:
                self._note(use.symbol, use.start, use.end, use.arguments)
            within = (within or bool(uses)) and not isinstance(node, Lambda | Let)
            for part, names in parts(node, local, partial(record_fields, self._module, self._scope, self._index)):
                if not any(part is use.head for use in uses):
                    waiting.append((part, names, within))

    def _uses(self, node: Expression | Pattern, local: Names, within: bool) -> list[_Use]:
        """Return the uses that a node itself is, not those in its parts."""
        match node:
            case Variable() | Constructor():
                symbol = self._resolve(node, local)
                return [_Use(symbol, node.start, node.end, self._defaults(symbol))] if _counts(symbol, within) else []
            case Application(function=Variable() | Constructor() as function, arguments=given):
                symbol = self._resolve(function, local)
                if not _counts(symbol, within):
                    return []
                return [_Use(symbol, function.start, function.end, self._positional(symbol, given, local), function)]
            case Record(constructor=constructor):
                symbol = self._resolve(constructor, local)
                properties = self._properties(node, local)
                return [_Use(symbol, constructor.start, constructor.end, properties)] if symbol else []
            case RecordPattern(constructor=constructor) | ConstructorPattern(constructor=constructor):
                symbol = self._resolve(constructor, local)
                return [_Use(symbol, constructor.start, constructor.end)] if symbol else []
            case Update():
                return self._update_uses(node, local)
            case Projection():
                return self._projection_uses(node, local)
            case _:
                return []

    def _update_uses(self, node: Update, local: Names) -> list[_Use]:
        """Return `newQueue {...}` as a use of newQueue, an update of any other value as a use of its first field."""
        base = node.record
        symbol = self._resolve(base, local) if isinstance(base, Variable) else None
        if symbol is not None and symbol.record is not None:
            return [_Use(symbol, base.start, base.end, self._properties(node, local), base)]
        first = node.fields[0].name
        field = self._scope.resolve_field(first.qualifier, first.name)
        if field is None or field.owner is None:
            return []
        given = self._named(node.fields, self._catalog.fields_of(field.id.module, field.owner))
        return [_Use(field, first.start, first.end, given)]

    def _projection_uses(self, node: Projection, local: Names) -> list[_Use]:
        """Return the fields taken with dots; without OverloadedRecordDot, `f.g` composes the functions f and g."""
        base = node.record
        composes = isinstance(base, Variable) and base.name not in local and not is_held_back(base)
        found = []
        for field in node.fields:
            if composes and field.name in local:
                continue
            symbol = self._scope.resolve_field(field.qualifier, field.name)
            if symbol is None and composes:
                symbol = self._resolve(field, local)
            if symbol is not None:
                found.append(_Use(symbol, field.start, field.end))
        return found

    def _resolve(self, name: Variable | Constructor, local: Names) -> LibrarySymbol | None:
        if name.qualifier is None and name.name in local:
            return None
        return self._scope.resolve(name.qualifier, name.name, Namespace.VALUE)

    def _positional(self, symbol: LibrarySymbol, given: tuple[Expression, ...], local: Names) -> tuple[Argument, ...]:
        """Return the arguments of a call; the properties of a record written in its place count as arguments too."""
        found: dict[str, Argument] = {}
        for name, value in zip(symbol.arguments, given, strict=False):
            if not is_held_back(value):
                found[name] = self._argument(name, value)
        for value in given:
            for argument in self._properties(value, local):
                found.setdefault(argument.name, argument)
        for argument in self._defaults(symbol):
            found.setdefault(argument.name, argument)
        return tuple(found.values())

    def _properties(self, value: Expression, local: Names) -> tuple[Argument, ...]:
        """Return the properties of a record that is written out here, the library's defaults filled in."""
        if isinstance(value, Record):
            symbol = self._resolve(value.constructor, local)
            return self._named(value.fields, symbol.fields) if symbol is not None else ()
        base = value.record if isinstance(value, Update) else value
        symbol = self._resolve(base, local) if isinstance(base, Variable) else None
        if symbol is None or symbol.record is None:
            return ()
        fields = value.fields if isinstance(value, Update) else ()
        given = self._named(fields, self._catalog.fields_of(symbol.id.module, symbol.record))
        names = {argument.name for argument in given}
        return given + tuple(argument for argument in self._defaults(symbol) if argument.name not in names)

    def _named(self, fields: tuple[Field, ...], properties: dict[str, str]) -> tuple[Argument, ...]:
        found: dict[str, Argument] = {}
        for field in fields:  # of a field given twice, as in an update of an update, the later one holds
            name = properties.get(field.name.name, field.name.name)
            found[name] = self._argument(name, field.value)
        return tuple(found.values())

    def _defaults(self, symbol: LibrarySymbol) -> tuple[Argument, ...]:
        return tuple(Argument(name, text, Provenance.DEFAULT, None) for name, text in symbol.defaults.items())

    def _argument(self, name: str, value: Expression) -> Argument:
        text = self._text(value.start, value.end)
        if len(text) > _MAX_TEXT:
            text = text[: _MAX_TEXT - 1] + "…"
        known = isinstance(value, Literal | Constructor) or (isinstance(value, Sequence) and not value.items)
        provenance = Provenance.LITERAL if known else Provenance.UNRESOLVED
        return Argument(name, text, provenance, self._positions.span(value.start, value.end))

    def _text(self, start: int, end: int) -> str:
        """Return code as written, without its comments, on one line."""
        pieces = []
        for comment_start, comment_end in self._comments:
            if start <= comment_start and comment_end <= end:
                pieces.append(self._positions.text(start, comment_start))
                start = comment_end
        pieces.append(self._positions.text(start, end))
        return " ".join(" ".join(pieces).split())

    def _note(self, symbol: LibrarySymbol, start: int, end: int, arguments: tuple[Argument, ...]) -> None:
        self.usages.append(
            Usage(
                operation=symbol.operation,
                is_call=symbol.is_call,
                symbol=symbol.id.qualified,
                library=symbol.library,
                language="haskell",
                tier=Tier.DIRECT,
                span=self._positions.span(start, end),
                definition=self._definition,
                service=self._service,
                arguments=arguments,
            )
        )


def record_fields(module: Module, scope: Scope, index: ModuleIndex, constructor: Constructor) -> tuple[str, ...]:
    """Return the names that `C {..}` brings into scope in a module."""
    if constructor.qualifier is None and constructor.name in module.constructor_fields:
        return module.constructor_fields[constructor.name]
    symbol = scope.resolve(constructor.qualifier, constructor.name, Namespace.VALUE)
    if symbol is not None:
        return tuple(symbol.fields)
    return index.constructor_fields(module, constructor.qualifier, constructor.name)


def _counts(symbol: LibrarySymbol | None, within: bool) -> TypeGuard[LibrarySymbol]:
    """Tell whether a name is a use of its own: a bare constructor in an argument of a use is part of that one."""
    return symbol is not None and not (within and symbol.kind is SymbolKind.CONSTRUCTOR and not symbol.fields)


def _types(captures: Captures, data: bytes) -> Iterator[tuple[str | None, str, int, int]]:
    """Yield qualifier, name and place of each type or class named in a definition, its signatures included."""
    for node in captures.get("type", []):
        place = node.parent if node.parent is not None and node.parent.type == "qualified" else node
        text = "".join(data[place.start_byte : place.end_byte].decode(errors="replace").split())
        yield (*split_qualified(text), place.start_byte, place.end_byte)
