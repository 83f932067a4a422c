"""Which symbols of a library the files of a project need: each place that names one, in code and in lists.

Usages (`usages.py`) are what is told to people. Here nothing may be missing: what is named in an import list, an export
list, a type, a pattern or a quotation has to be there for the file to compile.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, replace
from functools import lru_cache, partial

from tree_sitter import Node, Query, QueryCursor

from natsscan.catalog.catalog import Catalog
from natsscan.core.expression import Expression, Pattern, Variable, VariablePattern
from natsscan.core.scoping import FieldsOf, Names, parts
from natsscan.haskell.index import ModuleIndex
from natsscan.haskell.lower import Lowering
from natsscan.haskell.module import (
    Definition,
    Entity,
    Import,
    Module,
    captures_in,
    grammar,
    split_qualified,
)
from natsscan.haskell.quotes import names_in_holes
from natsscan.haskell.reader import HaskellProject, read_haskell
from natsscan.haskell.scope import Exports, Scope
from natsscan.haskell.usages import record_fields
from natsscan.haskell.words import words_in
from natsscan.model.source import SourceFile
from natsscan.model.span import Span
from natsscan.model.symbol import LibrarySymbol, Namespace, SymbolKind
from natsscan.source.text import TextPositions


@dataclass(frozen=True, slots=True)
class Use:
    """A symbol that a file names, the module of the library that it comes from, and the first place.

    `with_all` tells of a type that is named with all that belongs to it: `Message (..)`.
    """

    through: str
    symbol: LibrarySymbol
    at: Span
    with_all: bool = False


@dataclass(frozen=True, slots=True)
class LibraryUses:
    """What the files of a project, by path, need of a library.

    `imports` are the library's modules that are imported, each with the first place; `passed_on` those of them that
    some module exports as a whole.
    """

    by_file: Mapping[str, tuple[Use, ...]]
    imports: Mapping[str, Span]
    passed_on: frozenset[str]

    @property
    def every(self) -> Iterator[Use]:
        """All uses, by path and place."""
        return (use for uses in self.by_file.values() for use in uses)


def library_uses(sources: Iterable[SourceFile], catalog: Catalog, library: str) -> LibraryUses:
    """Return what programs need of a library, by its id; modules that are the library's own need nothing."""
    sources = tuple(sources)
    project = read_haskell(sources, catalog, lambda: None)
    modules = frozenset(module for module, owner in catalog.modules.items() if owner == library)
    index = ModuleIndex(sources, {file.source.path: file.modules[0] for file in project.files})
    origins = _Origins(project, modules)
    by_file: dict[str, tuple[Use, ...]] = {}
    imports: dict[str, Span] = {}
    passed_on: set[str] = set()
    for file in project.files:
        positions = TextPositions(file.source.path, file.source.data)
        found: dict[tuple[str, Namespace, str], Use] = {}
        for module in file.modules:
            if module.name in modules:
                continue
            for line in module.imports:
                if line.module in modules:
                    imports.setdefault(line.module, positions.span(line.start, line.end))
                    whole = any(e.is_module and line.answers_to(e.name) for e in module.exports or ())
                    passed_on |= {line.module} if whole else set()
            for named in _Reading(module, project.exports, catalog, index).named():
                for through in sorted(origins.of(named.line.module, named.symbol)):
                    key = (through, named.symbol.namespace, named.symbol.id.qualified)
                    if key not in found:
                        found[key] = Use(through, named.symbol, positions.span(named.start, named.end))
                    if named.with_all:
                        found[key] = replace(found[key], with_all=True)
        if found:
            by_file[file.source.path] = tuple(sorted(found.values(), key=lambda use: (use.at, use.through)))
    return LibraryUses(by_file, dict(sorted(imports.items())), frozenset(passed_on))


@dataclass(frozen=True, slots=True)
class _Named:
    """A symbol that is named between two offsets, and the import line that brings it in."""

    line: Import
    symbol: LibrarySymbol
    start: int
    end: int
    with_all: bool = False


class _Origins:
    """Tells through which modules of a library a symbol comes out of a module."""

    def __init__(self, project: HaskellProject, modules: Set[str]) -> None:
        self._modules = modules
        self._scopes: dict[str, list[Scope]] = {}
        for file in project.files:
            for module in file.modules:
                self._scopes.setdefault(module.name, []).append(Scope(module, project.exports))
        self._found: dict[tuple[str, LibrarySymbol], frozenset[str]] = {}

    def of(self, module: str, symbol: LibrarySymbol) -> frozenset[str]:
        """Return the modules of the library; a module of the library stands for itself."""
        if module in self._modules:
            return frozenset({module})
        key = (module, symbol)
        if key not in self._found:
            self._found[key] = frozenset()  # a cycle of re-exports offers nothing new
            lines = {line.module for scope in self._scopes.get(module, ()) for line in scope.passing_ways(symbol)}
            self._found[key] = frozenset(origin for each in lines for origin in self.of(each, symbol))
        return self._found[key]


class _Reading:
    """What one reading of a file names."""

    def __init__(self, module: Module, exports: Mapping[str, Exports], catalog: Catalog, index: ModuleIndex) -> None:
        self._module = module
        self._exports = exports
        self._catalog = catalog
        self._scope = Scope(module, exports)
        self._fields_of: FieldsOf = partial(record_fields, module, self._scope, index)
        self._lowering = Lowering(module, catalog, index)

    def named(self) -> Iterator[_Named]:
        """Yield all that is named: in the lists of imports, in the list of exports, in definitions."""
        for line in self._module.imports:
            for entity in line.entities or ():
                yield from self._imported(line, entity)
        for entity in self._module.exports or ():
            if not entity.is_module:
                yield from self._exported(entity)
        names = {name.encode() for name in self._scope.names}
        for definition in self._module.definitions:
            if not names.isdisjoint(words_in(self._module, definition)):
                yield from self._defined(definition)

    def _imported(self, line: Import, entity: Entity) -> Iterator[_Named]:
        """Yield what an item of an import list names; a name that is hidden has to be there too."""
        offered = self._exports.get(line.module, {})
        both = [offered[space, entity.name] for space in Namespace if (space, entity.name) in offered]
        heads = [symbol for symbol in both if symbol.kind is not SymbolKind.CONSTRUCTOR]
        for symbol in heads or (both if line.hiding else []):
            yield _Named(line, symbol, line.start, line.end, entity.all_children)
        for child in entity.children:
            owned = offered.get((Namespace.VALUE, child))
            if owned is not None and owned.owner == entity.name:
                yield _Named(line, owned, line.start, line.end)

    def _exported(self, entity: Entity) -> Iterator[_Named]:
        start = self._module.data.find(entity.name.encode())
        for space in Namespace:
            if self._scope.resolve(entity.qualifier, entity.name, space) is None:
                continue
            for line, symbol in self._scope.ways(entity.qualifier, entity.name, space):
                if symbol.kind is not SymbolKind.CONSTRUCTOR:
                    yield _Named(line, symbol, start, start + len(entity.name), entity.all_children)
        for child in entity.children:
            for line, symbol in self._scope.ways(entity.qualifier, child, Namespace.VALUE):
                if symbol.owner == entity.name:
                    yield _Named(line, symbol, start, start + len(entity.name))

    def _defined(self, definition: Definition) -> Iterator[_Named]:
        """Yield what a definition names.

        A name with a qualifier, a type, a constructor and a field mean the same everywhere. Any other name counts
        unless the core tells that something within the definition is called so.
        """
        found = _nodes_in(definition)
        bound: Set[int] | None = None
        for node in found.get("name", ()):
            qualifier, place = _qualifier(node, self._module.data)
            name = self._text(node)
            if node.type == "field_name":
                yield from self._at(place, self._fields(qualifier, name))
            elif node.type != "variable" or qualifier is not None:
                for space in Namespace if _is_promoted(node) else (_SPACES[node.type],):
                    yield from self._at(place, self._symbols(qualifier, name, space))
            elif node.parent is not None and node.parent.type not in _BINDERS:
                ways = tuple(self._symbols(None, name, Namespace.VALUE))
                bound = self._bound(definition) if ways and bound is None else bound
                yield from self._at(node, () if bound and node.start_byte in bound else ways)
        for node in found.get("quotation", ()):
            yield from self._quoted(node)

    def _bound(self, definition: Definition) -> Set[int]:
        """Return where a definition has names that are bound in it."""
        bindings = self._lowering.definition(definition, captures_in(definition))
        found: set[int] = set()
        waiting: list[tuple[Expression | Pattern, Names]] = [
            (root, frozenset()) for each in bindings for root in (each.pattern, each.value)
        ]
        while waiting:
            node, local = waiting.pop()
            local_name = isinstance(node, Variable) and node.qualifier is None and node.name in local
            if isinstance(node, VariablePattern) or (local_name and isinstance(node, Variable)):
                found.add(node.start)
            waiting += parts(node, local, self._fields_of)
        return found

    def _quoted(self, node: Node) -> Iterator[_Named]:
        """Yield what the code in a quasi-quotation names."""
        quoter, body = node.child_by_field_name("quoter"), node.child_by_field_name("body")
        if quoter is None or body is None:
            return
        name = split_qualified("".join(self._text(quoter).split()))[1]
        for qualifier, each in names_in_holes(self._text(body), name, self._catalog.quoters):
            for space in Namespace:
                yield from self._at(body, self._symbols(qualifier, each, space))

    def _symbols(self, qualifier: str | None, name: str, space: Namespace) -> Iterator[tuple[Import, LibrarySymbol]]:
        if self._scope.resolve(qualifier, name, space) is not None:
            yield from self._scope.ways(qualifier, name, space)

    def _fields(self, qualifier: str | None, name: str) -> Iterator[tuple[Import, LibrarySymbol]]:
        if self._scope.resolve_field(qualifier, name) is not None:
            yield from self._scope.field_ways(qualifier, name)

    def _at(self, node: Node, ways: Iterable[tuple[Import, LibrarySymbol]]) -> Iterator[_Named]:
        for line, symbol in ways:
            yield _Named(line, symbol, node.start_byte, node.end_byte)

    def _text(self, node: Node) -> str:
        return self._module.data[node.start_byte : node.end_byte].decode(errors="replace")


_SPACES = {"name": Namespace.TYPE, "constructor": Namespace.VALUE, "variable": Namespace.VALUE}
# What a name without qualifier stands in where it is no use: a field has a node of its own.
_BINDERS = frozenset({"as", "field_name", "signature", "binding_list"})


def _nodes_in(definition: Definition) -> dict[str, list[Node]]:
    """Return the names in a definition, and its quasi-quotations."""
    found: dict[str, list[Node]] = {}
    for root in definition.nodes:
        for kind, nodes in QueryCursor(_query()).captures(root).items():
            found.setdefault(kind, []).extend(nodes)
    return found


@lru_cache(maxsize=1)
def _query() -> Query:
    return Query(grammar(), "[(name) (constructor) (variable) (field_name)] @name (quasiquote) @quotation")


def _qualifier(node: Node, data: bytes) -> tuple[str | None, Node]:
    """Return the qualifier of a name, and the node that holds both."""
    if node.parent is None or node.parent.type != "qualified":
        return None, node
    text = data[node.parent.start_byte : node.parent.end_byte].decode(errors="replace")
    return split_qualified("".join(text.split()))[0], node.parent


def _is_promoted(node: Node) -> bool:
    """Tell whether a name in a type may be a constructor: `'Persistent`, `'[Ack]`."""
    above = node.parent
    while above is not None and above.type in ("qualified", "list", "tuple", "parens"):
        above = above.parent
    return above is not None and above.type == "promoted"
