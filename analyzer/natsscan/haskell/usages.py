"""Finding the usages in a module: a fold over the core of the definitions that name something of a library."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from tree_sitter import Query, QueryCursor

from natsscan.catalog.catalog import Catalog
from natsscan.core.build import is_held_back
from natsscan.core.expression import (
    Application,
    Case,
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
from natsscan.haskell.lower import Lowering
from natsscan.haskell.module import Definition, Module, grammar, split_qualified
from natsscan.haskell.scope import Scope
from natsscan.model.operator import Fixity
from natsscan.model.symbol import LibrarySymbol, Namespace, SymbolKind
from natsscan.model.usage import Argument, Operation, Provenance, Tier, Usage
from natsscan.source.text import TextPositions

_WORD = re.compile(rb"[\w']+")
_MAX_TEXT = 200


@dataclass(frozen=True, slots=True)
class ModuleUsages:
    """The usages of one reading of a file, and the offsets at which nesting was too deep to follow."""

    usages: tuple[Usage, ...]
    too_deep: tuple[int, ...]


def find_usages(
    module: Module,
    scope: Scope,
    catalog: Catalog,
    fixity_of: Callable[[str], Fixity | None],
    positions: TextPositions,
    service: str,
) -> ModuleUsages:
    """Find every usage in a module; `scope` is that module's, `fixity_of` finds operators declared elsewhere."""
    finder = _Finder(module, scope, catalog, fixity_of, positions, service)
    for line in module.imports:
        if line.module in catalog.modules:
            finder.add_import(line.module, line.start, line.end)
    names = {name.encode() for name in scope.names}
    for definition in module.definitions:
        words = _WORD.findall(module.data, definition.start, definition.nodes[-1].end_byte)
        if not names.isdisjoint(words):
            finder.add_definition(definition)
    return ModuleUsages(tuple(finder.usages), tuple(finder.lowering.too_deep))


class _Finder:
    def __init__(
        self,
        module: Module,
        scope: Scope,
        catalog: Catalog,
        fixity_of: Callable[[str], Fixity | None],
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
        self.lowering = Lowering(module.data, catalog.operators, module.fixities, module.values, fixity_of)
        self.usages: list[Usage] = []

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
        types, self._comments = _types_and_comments(definition, self._module.data)
        for qualifier, name, start, end in types:
            symbol = self._scope.resolve(qualifier, name, Namespace.TYPE)
            if symbol is not None:
                self._note(symbol, start, end, ())
        for binding in self.lowering.definition(definition):
            self._fold(binding.pattern)
            self._fold(binding.value)

    def _fold(self, root: Expression | Pattern) -> None:
        """Walk an expression; `within` an argument of a usage, bare constructors are part of that usage."""
        waiting: list[tuple[Expression | Pattern, Names, bool]] = [(root, frozenset(), False)]
        while waiting:
            node, local, within = waiting.pop()
            used = self._use(node, local, within)
            if isinstance(node, Lambda | Let | Case):
                within = False
            for part, names in parts(node, local, self._fields_of):
                if not (used and part is _head(node)):
                    waiting.append((part, names, within or used))

    def _use(self, node: Expression | Pattern, local: Names, within: bool) -> bool:
        """Note the usage that a node is, if it is one; tell so."""
        match node:
            case Variable() | Constructor():
                symbol = self._resolve(node, local)
                if symbol is None or (within and symbol.kind is SymbolKind.CONSTRUCTOR and not symbol.fields):
                    return False
                self._note(symbol, node.start, node.end, self._defaults(symbol))
            case Application(function=Variable() | Constructor() as function):
                symbol = self._resolve(function, local)
                if symbol is None or (within and symbol.kind is SymbolKind.CONSTRUCTOR and not symbol.fields):
                    return False
                self._note(symbol, function.start, function.end, self._positional(symbol, node.arguments, local))
            case Record(constructor=constructor) | RecordPattern(constructor=constructor):
                symbol = self._resolve(constructor, local)
                if symbol is None:
                    return False
                fields = self._properties(node, local) if isinstance(node, Record) else ()
                self._note(symbol, constructor.start, constructor.end, fields)
            case ConstructorPattern(constructor=constructor):
                symbol = self._resolve(constructor, local)
                if symbol is None:
                    return False
                self._note(symbol, constructor.start, constructor.end, ())
            case Update():
                return self._use_update(node, local)
            case Projection():
                for field in node.fields:
                    symbol = self._scope.resolve_field(field.qualifier, field.name)
                    if symbol is not None:
                        self._note(symbol, field.start, field.end, ())
                return False
            case _:
                return False
        return True

    def _use_update(self, node: Update, local: Names) -> bool:
        """Note `newQueue {...}` as a use of newQueue, an update of any other value as a use of its first field."""
        base = node.record
        symbol = self._resolve(base, local) if isinstance(base, Variable) else None
        if symbol is not None and symbol.record is not None:
            self._note(symbol, base.start, base.end, self._properties(node, local))
            return True
        first = node.fields[0].name
        field = self._scope.resolve_field(first.qualifier, first.name)
        if field is not None and field.owner is not None:
            given = self._named(node.fields, self._catalog.fields_of(field.id.module, field.owner))
            self._note(field, first.start, first.end, given)
        return False

    def _resolve(self, name: Variable | Constructor, local: Names) -> LibrarySymbol | None:
        if name.qualifier is None and name.name in local:
            return None
        return self._scope.resolve(name.qualifier, name.name, Namespace.VALUE)

    def _fields_of(self, constructor: Constructor) -> tuple[str, ...]:
        """Return the names that `C {..}` brings into scope."""
        if constructor.qualifier is None and constructor.name in self._module.constructor_fields:
            return self._module.constructor_fields[constructor.name]
        symbol = self._scope.resolve(constructor.qualifier, constructor.name, Namespace.VALUE)
        return tuple(symbol.fields) if symbol is not None else ()

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
        return tuple(self._argument(properties.get(field.name.name, field.name.name), field.value) for field in fields)

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


def _head(node: Expression | Pattern) -> Expression | None:
    """Return the part of a node that names what is used."""
    if isinstance(node, Application):
        return node.function
    return node.record if isinstance(node, Update) else None


def _types_and_comments(
    definition: Definition, data: bytes
) -> tuple[list[tuple[str | None, str, int, int]], list[tuple[int, int]]]:
    """Return qualifier, name and place of each type or class named in a definition, and the places of its comments."""
    types = []
    comments = []
    for root in definition.nodes:
        captures = QueryCursor(_types_and_comments_query()).captures(root)
        for node in captures.get("type", []):
            place = node.parent if node.parent is not None and node.parent.type == "qualified" else node
            text = "".join(data[place.start_byte : place.end_byte].decode(errors="replace").split())
            types.append((*split_qualified(text), place.start_byte, place.end_byte))
        comments += [(node.start_byte, node.end_byte) for node in captures.get("comment", [])]
    return types, sorted(comments)


@lru_cache(maxsize=1)
def _types_and_comments_query() -> Query:
    return Query(grammar(), "(name) @type [(comment) (haddock)] @comment")
