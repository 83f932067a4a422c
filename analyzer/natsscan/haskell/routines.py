"""Finding wrappers: the definitions of a code base that lead to calls of a library, also through one another."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from functools import partial

from natsscan.catalog.catalog import Catalog
from natsscan.core.calls import Site, Sites, Walker
from natsscan.core.evaluate import Evaluator
from natsscan.core.expression import Binding, Expression, Lambda, Variable, VariablePattern
from natsscan.core.routines import Routines
from natsscan.core.value import Environment, Owner, Thunk
from natsscan.core.walked import Reference, Role, Walked
from natsscan.haskell.carriers import carriers_in, type_names
from natsscan.haskell.index import ModuleIndex
from natsscan.haskell.module import Definition, Module
from natsscan.haskell.program import Program
from natsscan.haskell.routes import Routes
from natsscan.haskell.scope import Scope
from natsscan.haskell.wanted import Wanted
from natsscan.haskell.words import words_in
from natsscan.model.questions import held
from natsscan.model.symbol import LibrarySymbol, Namespace, SymbolId

# How often wrappers of wrappers are looked for outside of the modules that use a library themselves.
_ROUNDS = 4


class HaskellRoutines(Routines):
    """The definitions of a Haskell code base that were looked into, and which of them lead to the broker."""

    def __init__(
        self, catalog: Catalog, program: Program, index: ModuleIndex, scopes: Mapping[str, Scope], routes: Routes
    ) -> None:
        super().__init__({**routes.fields, **routes.types})
        self._program = program
        self._index = index
        self._scopes = scopes
        self._routes = routes
        self._wanted = Wanted(program, frozenset(catalog.functions.interpreters))
        self._walker = Walker(Evaluator(program), self._wanted)
        self._types = {symbol.name for space, symbol in catalog.symbols if space is Namespace.TYPE}
        self._types |= {symbol.name for symbol in routes.types}

    # Which definitions to look into

    def look_into(self, modules: Iterable[Module]) -> None:
        """Walk the definitions of modules that name something of a library, or a definition that leads to it."""
        modules = tuple(modules)
        self._wanted.modules |= {module.name for module in modules}
        definitions = [(module, found, words_in(module, found)) for module in modules for found in module.definitions]
        for module in modules:
            self._carried |= self._carriers_of(module)
        fresh = self._wanted.add((*self._given, *self._carried))
        fresh |= {name.encode() for module in modules for name in self._offered(module)}
        self._wanted.names |= {name.decode() for name in fresh}
        self.own_modules |= self._wanted.modules
        while fresh:
            for module, definition, words in definitions:
                if not fresh.isdisjoint(words):
                    self._look(module, definition)
            known = {name.encode() for name in self._wanted.names}
            fresh = self._wanted.add(symbol for symbol in self.looked_into if self.uses(symbol)) - known

    def look_outside(self) -> None:
        """Walk the definitions of other modules that name a wrapper, and whoever names those that pass one on."""
        searched: set[SymbolId] = set()
        for _ in range(_ROUNDS):
            leading = {symbol for symbol in {*self.looked_into, *self._given} - searched if self.uses(symbol)}
            wrappers = {symbol for symbol in leading if symbol.module in self.own_modules or self._passes_on(symbol)}
            wrappers |= self._carried.keys() - searched
            searched |= wrappers
            self.carriers |= {symbol for symbol in wrappers if symbol in self._given or self.called(symbol)}
            found = self._naming(wrappers)
            for module, definition in found:
                self._look(module, definition)
            if not found:
                return

    def _offered(self, module: Module) -> frozenset[str]:
        scope = self._scopes.get(module.name)
        return scope.names if scope else frozenset()

    def _look(self, module: Module, definition: Definition) -> None:
        self.note((module.name, definition.start), self._walk(module, definition))

    def _walk(self, module: Module, definition: Definition) -> Iterator[Walked]:
        carried = self._carried_types(module, definition)
        if definition.declares_type and carried:
            owner = Owner(module.name, definition.name, 0)
            symbol = SymbolId(module.name, definition.name)
            yield Walked(symbol, owner, definition.name, module.name, Sites(mentioned=carried), 0, frozenset())
        for name, clauses in _clauses(self._program.bindings(module, definition)).items():
            owner = Owner(module.name, name, 0 if definition.name == name else definition.start)
            sites = self._walker.walk(clauses, owner, Environment(module.name, definition.name))
            sites.mentioned += carried
            types = self._types_in(module, definition)
            if not types and not sites.mentioned and not any(sites.by_owner.values()):
                continue
            arity = max((len(clause.parameters) for clause in clauses if isinstance(clause, Lambda)), default=0)
            symbol = self._symbol(module, definition, name)
            yield Walked(symbol, owner, definition.name, module.name, sites, arity, types)
            for known, (inner, taken) in sites.inner.items():
                part = Sites({inner: sites.by_owner[inner]})
                is_field = known in sites.fields
                yield Walked(known, inner, definition.name, module.name, part, taken, frozenset(), is_field)

    def _symbol(self, module: Module, definition: Definition, name: str) -> SymbolId:
        """Return what others call a binding: a method of an instance by its class, all else by its own name."""
        if definition.name == name:
            return SymbolId(module.name, name)
        target = self._program.target(module.name, Variable(None, name, definition.start, definition.start))
        return target if isinstance(target, SymbolId) else SymbolId(module.name, name)

    # What types tell

    def _types_in(self, module: Module, definition: Definition) -> frozenset[LibrarySymbol]:
        """Return the library's types that a definition's signature names, and records of the management API."""
        found = {
            self._meaning(module, *named[:2])
            for node in definition.nodes
            if node.type == "signature"
            for named in type_names(module, node.start_byte, node.end_byte)
        }
        return frozenset(symbol for symbol in found if symbol is not None)

    def _meaning(self, module: Module, qualifier: str | None, name: str) -> LibrarySymbol | None:
        """Return the library's type, or the record of the management API, that a name means in a module."""
        if name not in self._types:
            return None
        scope = self._scopes.get(module.name)
        symbol = scope.resolve(qualifier, name, Namespace.TYPE) if scope else None
        own = None if symbol else _named(self._routes.types, module, qualifier, name)
        return self._routes.types[own] if own else symbol

    def _carriers_of(self, module: Module) -> dict[SymbolId, frozenset[LibrarySymbol]]:
        """Return the types, constructors and fields of a module that carry a library's types."""
        names, found = {name.encode() for name in self._types}, dict[SymbolId, frozenset[LibrarySymbol]]()
        for definition in module.definitions:
            if definition.declares_type and not names.isdisjoint(words_in(module, definition)):
                found |= carriers_in(module, definition, partial(self._meaning, module))
        return {symbol: types for symbol, types in found.items() if symbol not in self._given}

    def _carried_types(self, module: Module, definition: Definition) -> list[Site]:
        """Return the places in a definition's signature or declaration that name a type which carries a library's."""
        found = []
        for node in definition.nodes:
            if node.type != "signature" and not definition.declares_type:
                continue
            for qualifier, name, start, end in type_names(module, node.start_byte, node.end_byte):
                symbol = _named(self._carried, module, qualifier, name) if self._wanted.matters(name) else None
                if symbol is not None and symbol != SymbolId(module.name, definition.name.split()[0]):
                    found.append(Site(symbol, (), start, end, name))
        return found

    def _naming(self, symbols: Iterable[SymbolId]) -> list[tuple[Module, Definition]]:
        """Return the definitions anywhere that hold the name of one of these, and may mean it.

        Those that were looked into with this name in mind are left out.
        """
        known = {name.encode() for name in self._wanted.names}
        by_module: dict[str, set[bytes]] = {}
        for symbol in symbols:
            by_module.setdefault(symbol.module, set()).update(self._wanted.add([symbol]))
        wanted: dict[str, set[bytes]] = {}
        for name, words in by_module.items():
            sorted_words = tuple(sorted(words))
            self._wanted.modules |= self._index.passing_on(name)
            for source in self._index.reaching(name):
                if found_here := source.ask(held, sorted_words):
                    wanted.setdefault(source.path, set()).update(found_here)
        found = []
        for path, words in sorted(wanted.items()):
            for module in self._index.at(path):
                for definition in module.definitions:
                    looked_into = (module.name, definition.start) in self._looked_into
                    if not words_in(module, definition).isdisjoint(words - known if looked_into else words):
                        found.append((module, definition))
        return found

    def _passes_on(self, symbol: SymbolId) -> bool:
        """Tell whether a definition only passes what it is given on to a wrapper: all its parameters."""
        for walked in self.walked(symbol):
            for site in walked.sites.by_owner[walked.owner]:
                if isinstance(site.target, SymbolId) and len(site.arguments) >= walked.arity > 0:
                    given = {
                        thunk.expression.name
                        for thunk in site.arguments
                        if isinstance(thunk, Thunk) and isinstance(thunk.expression, Variable)
                    }
                    if len(given) >= walked.arity and self.uses(site.target):
                        return True
        return symbol.name[:1].isupper()

    def name_references(self, names: Mapping[SymbolId, frozenset[LibrarySymbol]]) -> Iterator[Reference]:
        """Yield the places anywhere that name what arguments of the broker's calls are made of: `names`, by the calls.

        Whoever leads to the broker itself is told by `references`.
        """
        names = {symbol: uses for symbol, uses in names.items() if symbol not in self.carriers}
        walked = [
            *self.every,
            *(w for module, definition in self._naming(names) for w in self._walk(module, definition)),
        ]
        found = dict.fromkeys(named for definition in walked for named in definition.naming(names.keys()))
        return (Reference(target, place, Role.NAME, names[target]) for target, place in found)


def _named(symbols: Container[SymbolId], module: Module, qualifier: str | None, name: str) -> SymbolId | None:
    """Return the one of these that a name means in a module, which defines or imports it; of several the first."""
    imported = {line.module for line in module.imports if line.answers_to(qualifier)}
    if qualifier in (None, module.name):
        imported.add(module.name)
    return next((symbol for each in sorted(imported) if (symbol := SymbolId(each, name)) in symbols), None)


def _clauses(bindings: Iterable[Binding]) -> dict[str, list[Expression]]:
    found: dict[str, list[Expression]] = {}
    for binding in bindings:
        if isinstance(binding.pattern, VariablePattern):
            found.setdefault(binding.pattern.name, []).append(binding.value)
    return found
