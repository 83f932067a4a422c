"""What a name means: the library symbol behind it, through import lists, aliases and re-exports."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from natsscan.haskell.module import Entity, Import, Module
from natsscan.model.symbol import LibrarySymbol, Namespace, SymbolKind

# What a module offers of the libraries: by namespace and name, the symbol that is meant.
Exports = dict[tuple[Namespace, str], LibrarySymbol]


class Scope:
    """Resolves the names of one module; `exports` says what each module offers of the libraries."""

    def __init__(self, module: Module, exports: Mapping[str, Exports]) -> None:
        self._module = module
        self._imports = [(line, exports[line.module]) for line in module.imports if line.module in exports]

    @property
    def names(self) -> frozenset[str]:
        """Every name that an import brings into scope, without its qualifier."""
        return frozenset(
            name
            for line, offered in self._imports
            for (_, name), symbol in offered.items()
            if _admits(line, name, symbol)
        )

    def resolve(self, qualifier: str | None, name: str, namespace: Namespace) -> LibrarySymbol | None:
        """Return the library symbol that a name means at top level, None if it means something else.

        A name that the module defines itself is its own. Where two imports offer different symbols under one name,
        which GHC refuses to compile, the first import counts.
        """
        if qualifier in (None, self._module.name):
            own = self._module.types if namespace is Namespace.TYPE else self._module.values
            if name in own:
                return None
        return next((symbol for _, symbol in self.ways(qualifier, name, namespace)), None)

    def resolve_field(self, qualifier: str | None, name: str) -> LibrarySymbol | None:
        """Return the library's record field of this name.

        Record dots, and puns and updates with DisambiguateRecordFields, find a field under any qualifier (GHC User's
        Guide, OverloadedRecordDot).
        """
        if qualifier is None and name in self._module.values:
            return None
        return next((symbol for _, symbol in self.field_ways(qualifier, name)), None)

    def ways(self, qualifier: str | None, name: str, namespace: Namespace) -> Iterator[tuple[Import, LibrarySymbol]]:
        """Yield the import lines that bring in a library's symbol under a name with this qualifier, and the symbol."""
        for line, offered in self._imports:
            symbol = offered.get((namespace, name))
            if symbol is not None and line.answers_to(qualifier) and _admits(line, name, symbol):
                yield line, symbol

    def field_ways(self, qualifier: str | None, name: str) -> Iterator[tuple[Import, LibrarySymbol]]:
        """Yield the import lines that bring in a library's record field, as `resolve_field` finds it, and the field."""
        for line, offered in self._imports:
            symbol = offered.get((Namespace.VALUE, name))
            if symbol is None or symbol.kind is not SymbolKind.FIELD or not _admits(line, name, symbol):
                continue
            if qualifier is None or line.answers_to(qualifier):
                yield line, symbol

    def passing_ways(self, symbol: LibrarySymbol) -> Iterator[Import]:
        """Yield the import lines through which this module's export list offers a library's symbol to others."""
        name, space = symbol.id.name, symbol.namespace
        for entity in self._module.exports or ():
            if entity.is_module:
                lines = [line for line, offer in self.ways(entity.name, name, space) if offer is symbol]
                yield from lines if self.resolve(None, name, space) is symbol else ()
            elif _listed((entity,), name, symbol):
                yield from (line for line, offer in self.ways(entity.qualifier, name, space) if offer is symbol)

    def passed_on(self) -> Exports:
        """Return what this module's own export list offers of the libraries."""
        found: Exports = {}
        for entity in self._module.exports or ():
            found.update(self._exported(entity))
        return found

    def _exported(self, entity: Entity) -> Iterator[tuple[tuple[Namespace, str], LibrarySymbol]]:
        if entity.is_module:
            # All that is in scope both as `name` and as `M.name`, be it by two imports (Haskell 2010 report, 5.2).
            for line, offered in self._imports:
                for (namespace, name), offer in offered.items():
                    named = line.answers_to(entity.name) and _admits(line, name, offer)
                    if named and self.resolve(None, name, namespace) is offer:
                        yield (namespace, name), offer
            return
        for namespace in Namespace:
            symbol = self.resolve(entity.qualifier, entity.name, namespace)
            if symbol is None or symbol.kind is SymbolKind.CONSTRUCTOR:
                continue
            yield (namespace, entity.name), symbol
            for line, offered in self._imports:
                if not line.answers_to(entity.qualifier):
                    continue
                for (space, name), child in offered.items():
                    listed = entity.all_children or name in entity.children
                    if listed and child.owner == entity.name and _admits(line, name, child):
                        yield (space, name), child


def _admits(line: Import, name: str, symbol: LibrarySymbol) -> bool:
    """Tell whether an import brings in a symbol that its module offers (Haskell 2010 report, section 5.3.1)."""
    if line.entities is None:
        return True
    if not line.hiding:
        return _listed(line.entities, name, symbol)
    hidden = any(entity.name == name and not entity.children for entity in line.entities)
    return not (hidden or _listed(line.entities, name, symbol))


def _listed(entities: Iterable[Entity], name: str, symbol: LibrarySymbol) -> bool:
    for entity in entities:
        if entity.name == name and symbol.kind is not SymbolKind.CONSTRUCTOR:
            return True
        if entity.name == symbol.owner and (entity.all_children or name in entity.children):
            return True
    return False
