"""What the definitions of a code base do with the broker: their calls of a library, also through one another.

A definition that leads to such calls is a wrapper. What it does is an `Effect` for each call, its arguments as values
that may be open in the definition's own parameters; a caller's arguments are put in their place.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, replace

from tree_sitter import Node

from natsscan.catalog.catalog import Catalog
from natsscan.core.calls import Site, Sites, Walker
from natsscan.core.evaluate import Evaluator
from natsscan.core.expression import Binding, Expression, Lambda, Variable, VariablePattern
from natsscan.core.value import Environment, Local, Owner, Parameter, Thunk, Value, parameters
from natsscan.haskell.index import ModuleIndex
from natsscan.haskell.module import Definition, Module
from natsscan.haskell.program import Program
from natsscan.haskell.routes import Routes
from natsscan.haskell.scope import Scope
from natsscan.model.symbol import LibrarySymbol, Namespace, SymbolId

_ALTERNATIVE = re.compile(rb"^\s+\(?([A-Z][\w']*)[^\n]*->", re.MULTILINE)
_TYPE = re.compile(rb"((?:[A-Z][\w']*\.)*)([A-Z][\w']*)")
_WORD = re.compile(rb"[A-Za-z_][\w']*")

_CODE = frozenset({"function", "bind", "instance", "class", "signature", "top_splice"})

# Wrappers of wrappers beyond this are not followed: what the innermost does is told there, with holes.
_DEEPEST = 30

# How often wrappers of wrappers are looked for outside of the modules that use a library themselves.
_ROUNDS = 4

# What a call is about beyond these is not part of the messaging system, and never keeps an effect open.
_NOT_NAMED = frozenset({"channel", "connection", "callback", "handler", "cancel_callback", "consumer_tag"})


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: the module, the definition, byte offsets."""

    module: str
    definition: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Effect:
    """A call of a library, its arguments as values; `via` are the wrappers' calls that lead to it, outermost first."""

    symbol: LibrarySymbol
    arguments: tuple[Value, ...]
    place: Place
    via: tuple[Place, ...] = ()

    def is_open(self, owners: frozenset[Owner]) -> bool:
        """Tell whether an argument that matters depends on a parameter of one of these functions."""
        for name, value in zip(self.symbol.arguments, self.arguments, strict=False):
            if name not in _NOT_NAMED and any(found.owner in owners for found in parameters(value)):
                return True
        return False


@dataclass(frozen=True, slots=True)
class Reference:
    """A place that names a wrapper."""

    target: SymbolId
    place: Place
    uses: frozenset[LibrarySymbol] = frozenset()


@dataclass(slots=True)
class _Walked:
    """What a definition, known to others as `symbol`, names: by the functions within it."""

    symbol: SymbolId
    owner: Owner
    definition: str
    module: str
    sites: Sites
    arity: int
    types: frozenset[LibrarySymbol]


class Routines:
    """The effects of the definitions of a code base, found on demand and kept."""

    def __init__(
        self, catalog: Catalog, program: Program, index: ModuleIndex, scopes: Mapping[str, Scope], routes: Routes
    ) -> None:
        self._routes = routes
        self._catalog = catalog
        self._program = program
        self._index = index
        self._scopes = scopes
        self._evaluator = Evaluator(program)
        self._names: set[str] = set()
        self._modules: set[str] = set()
        self._walker = Walker(
            self._evaluator,
            lambda module, name: program.wrapper(module, name, self._modules),
            program.target,
            program.field,
            frozenset(catalog.functions.interpreters),
            lambda name: name in self._names,
        )
        self._walked: dict[SymbolId, list[_Walked]] = {}
        self._modules_walked: set[tuple[str, int]] = set()
        self._own_modules: set[str] = set()
        self._named_by: dict[SymbolId, set[LibrarySymbol]] = {}
        self._uses: dict[SymbolId, frozenset[LibrarySymbol]] | None = None
        self._given_symbols: dict[SymbolId, LibrarySymbol] = {**routes.fields, **routes.types}
        self._carriers: set[SymbolId] = set()
        self._effects: dict[SymbolId, tuple[Effect, ...]] = {}
        self._running: set[SymbolId] = set()

    # Which definitions to look into

    def look_into(self, modules: Iterable[Module]) -> None:
        """Walk the definitions of modules that name something of a library, or another definition that may do so."""
        modules = tuple(modules)
        self._names |= {symbol.name for symbol in self._routes.fields}
        self._modules |= {symbol.module for symbol in self._routes.fields}
        self._modules |= {module.name for module in modules}
        self._own_modules |= self._modules
        waiting = [
            (module, definition, _words(module, definition)) for module in modules for definition in module.definitions
        ]
        names = {name.encode() for module in modules for name in self._named(module)}
        names |= {symbol.name.encode() for symbol in (*self._routes.fields, *self._routes.types)}
        self._names |= {name.decode() for name in names}
        chosen: list[tuple[Module, Definition]] = []
        while names:
            found = [entry for entry in waiting if not names.isdisjoint(entry[2])]
            waiting = [entry for entry in waiting if names.isdisjoint(entry[2])]
            chosen += [(module, definition) for module, definition, _ in found]
            names = {name for module, definition, _ in found for name in _defines(module, definition)}
            names -= {name.encode() for name in self._names}
            self._names |= {name.decode(errors="replace") for name in names}
        for module, definition in chosen:
            self.walk(module, definition)

    def _types_in(self, module: Module, definition: Definition) -> frozenset[LibrarySymbol]:
        """Return the library's types that a definition's signature names, and records of the management API."""
        scope = self._scopes.get(module.name)
        found: set[LibrarySymbol] = set()
        for node in definition.nodes:
            if node.type != "signature":
                continue
            for qualifier, name in _TYPE.findall(module.data, node.start_byte, node.end_byte):
                written = qualifier[:-1].decode() or None
                symbol = scope.resolve(written, name.decode(), Namespace.TYPE) if scope else None
                found |= {symbol} if symbol is not None else self._route_types(module, written, name.decode())
        return frozenset(found)

    def _route_types(self, module: Module, qualifier: str | None, name: str) -> set[LibrarySymbol]:
        imported = {line.module for line in module.imports if line.answers_to(qualifier)} | {module.name}
        return {
            symbol for owner, symbol in self._routes.types.items() if owner.name == name and owner.module in imported
        }

    def _named(self, module: Module) -> frozenset[str]:
        scope = self._scopes.get(module.name)
        return scope.names if scope else frozenset()

    def walk(self, module: Module, definition: Definition) -> None:
        """Walk a definition and keep what it names."""
        self._modules_walked.add((module.name, definition.start))
        self._uses = None
        for walked in self._walk(module, definition):
            self._walked.setdefault(walked.symbol, []).append(walked)

    def _walk(self, module: Module, definition: Definition) -> Iterator[_Walked]:
        for name, clauses in _clauses(self._program.bindings(module, definition)).items():
            owner = Owner(module.name, name, 0 if definition.name == name else definition.start)
            sites = self._walker.walk(clauses, owner, Environment(module.name, definition.name))
            types = self._types_in(module, definition)
            if not types and not any(sites.by_owner.values()):
                continue
            arity = max((len(clause.parameters) for clause in clauses if isinstance(clause, Lambda)), default=0)
            symbol = self._symbol(module, definition, name)
            yield _Walked(symbol, owner, definition.name, module.name, sites, arity, types)
            for effect, inner in sites.interpreted.items():
                part = Sites({inner: sites.by_owner[inner]})
                yield _Walked(effect, inner, definition.name, module.name, part, 0, frozenset())

    def _symbol(self, module: Module, definition: Definition, name: str) -> SymbolId:
        """Return what others call a binding: a method of an instance by its class, all else by its own name."""
        if definition.name == name:
            return SymbolId(module.name, name)
        target = self._program.target(module.name, Variable(None, name, definition.start, definition.start))
        return target if isinstance(target, SymbolId) else SymbolId(module.name, name)

    def look_outside(self) -> None:
        """Walk the definitions of other modules that name a wrapper, and whoever names those that pass one on."""
        searched: set[SymbolId] = set()
        for _ in range(_ROUNDS):
            known = {*self._walked, *self._given_symbols} - searched
            wrappers = {symbol for symbol in known if self.leads(symbol)}
            wrappers = {symbol for symbol in wrappers if symbol.module in self._modules or self._passes_on(symbol)}
            searched |= wrappers
            self._carriers |= wrappers
            self._modules |= {symbol.module for symbol in wrappers}
            found = self._naming(wrappers, frozenset(self._modules_walked))
            for module, definition in found:
                self.walk(module, definition)
            if not found:
                return

    def _naming(
        self, symbols: Iterable[SymbolId], without: frozenset[tuple[str, int]]
    ) -> list[tuple[Module, Definition]]:
        """Return the definitions anywhere that hold the name of one of these, and may mean it."""
        by_module: dict[str, set[str]] = {}
        for symbol in symbols:
            by_module.setdefault(symbol.module, set()).update(_known_as(symbol))
        wanted: dict[str, set[bytes]] = {}
        for module, names in by_module.items():
            self._names |= names
            words = {name.encode() for name in names}
            self._modules |= self._index.passing_on(module)
            for source in self._index.reaching(module):
                held = {word for word in words if word in source.data}
                if held:
                    wanted.setdefault(source.path, set()).update(held)
        found = []
        for path in sorted(wanted):
            for code in self._index.at(path):
                for definition in code.definitions:
                    fresh = (code.name, definition.start) not in without
                    if fresh and not wanted[path].isdisjoint(_words(code, definition)):
                        found.append((code, definition))
        return found

    def _passes_on(self, symbol: SymbolId) -> bool:
        """Tell whether a definition only passes what it is given on to a wrapper: all its parameters."""
        for walked in self._walked.get(symbol, ()):
            for site in walked.sites.by_owner[walked.owner]:
                if isinstance(site.target, SymbolId) and len(site.arguments) >= walked.arity > 0:
                    given = {
                        thunk.expression.name for thunk in site.arguments if isinstance(thunk.expression, Variable)
                    }
                    if len(given) >= walked.arity and self.leads(site.target):
                        return True
        return symbol.name[:1].isupper()

    @property
    def wrappers(self) -> tuple[SymbolId, ...]:
        """The definitions that lead to the broker and that others may call, sorted."""
        return tuple(sorted(self._carriers, key=lambda symbol: (symbol.module, symbol.name)))

    @property
    def looked_into(self) -> tuple[SymbolId, ...]:
        """The definitions that were walked, sorted."""
        return tuple(sorted(self._walked, key=lambda symbol: (symbol.module, symbol.name)))

    def leads(self, symbol: SymbolId) -> bool:
        """Tell whether a definition leads to the broker: it names something of a library, or what does so."""
        return bool(self.uses(symbol))

    def uses(self, symbol: SymbolId) -> frozenset[LibrarySymbol]:
        """Return the library's symbols that a definition leads to."""
        if self._uses is None:
            self._uses = self._spread()
        return self._uses.get(symbol, frozenset())

    def _spread(self) -> dict[SymbolId, frozenset[LibrarySymbol]]:
        """Return what each definition leads to, also through others, however they call each other."""
        found: dict[SymbolId, set[LibrarySymbol]] = {s: {symbol} for s, symbol in self._given_symbols.items()}
        callers: dict[SymbolId, set[SymbolId]] = {}
        for walked in self._every():
            own = found.setdefault(walked.symbol, set())
            own |= walked.types
            for site in (site for sites in walked.sites.by_owner.values() for site in sites):
                if isinstance(site.target, LibrarySymbol):
                    own.add(site.target)
                elif isinstance(site.target, SymbolId):
                    callers.setdefault(site.target, set()).add(walked.symbol)
        waiting = [symbol for symbol, own in found.items() if own]
        while waiting:
            symbol = waiting.pop()
            for caller in callers.get(symbol, ()):
                if not found[symbol] <= found[caller]:
                    found[caller] |= found[symbol]
                    waiting.append(caller)
        return {symbol: frozenset(own) for symbol, own in found.items()}

    def uses_within(
        self, walked: _Walked, owner: Owner, above: frozenset[Owner] = frozenset()
    ) -> frozenset[LibrarySymbol]:
        """Return the library's symbols that a function within a definition leads to."""
        found: set[LibrarySymbol] = set()
        for site in walked.sites.by_owner.get(owner, ()):
            if isinstance(site.target, LibrarySymbol):
                found.add(site.target)
            elif isinstance(site.target, SymbolId):
                found |= self.uses(site.target) if site.target in self._carriers else frozenset()
            elif site.target not in above:
                found |= self.uses_within(walked, site.target, above | {owner})
        return frozenset(found)

    # What they do

    def effects(self, symbol: SymbolId) -> tuple[Effect, ...]:
        """Return what a definition does, nothing for one that was not looked into or that needs itself to be known."""
        if symbol in self._effects:
            return self._effects[symbol]
        if symbol in self._running or len(self._running) >= _DEEPEST:
            return ()
        self._running.add(symbol)
        found = tuple(effect for walked in self._walked.get(symbol, ()) for effect in self._of_walked(walked))
        self._running.discard(symbol)
        self._effects[symbol] = found
        return found

    def _of_walked(self, walked: _Walked) -> Iterator[Effect]:
        yield from self._of_owner(walked, walked.owner, frozenset())
        named = {site.target for sites in walked.sites.by_owner.values() for site in sites}
        for owner in walked.sites.by_owner:
            if owner != walked.owner and owner not in named and owner not in walked.sites.interpreted.values():
                yield from self._of_owner(walked, owner, frozenset())

    def _of_owner(self, walked: _Walked, owner: Owner, above: frozenset[Owner]) -> Iterator[Effect]:
        if owner in above:
            return
        for site in walked.sites.by_owner.get(owner, ()):
            self._evaluator.start()
            place = Place(walked.module, walked.definition, site.start, site.end)
            if isinstance(site.target, LibrarySymbol):
                if site.target.is_call:
                    effect = Effect(site.target, self._values(site.target, site.arguments, walked), place)
                    self._keep_names(site.target)
                    yield effect
            elif isinstance(site.target, Owner):
                inner = self._of_owner(walked, site.target, above | {owner})
                yield from self._given(inner, site, site.target, place, walked)
            else:
                for other in self._walked.get(site.target, ()):
                    effects = [
                        effect for effect in self.effects(site.target) if effect.is_open(frozenset([other.owner]))
                    ]
                    yield from self._given(effects, site, other.owner, place, walked)

    def _keep_names(self, symbol: LibrarySymbol) -> None:
        """Note that this call's arguments are made of the definitions that the last evaluation went through."""
        for owner in self._evaluator.visited:
            if owner.module in self._own_modules:
                self._named_by.setdefault(SymbolId(owner.module, owner.definition), set()).add(symbol)

    def _values(self, symbol: LibrarySymbol, arguments: tuple[Thunk, ...], caller: _Walked) -> tuple[Value, ...]:
        """Return the values of a call's arguments, of those that say something of the messaging system.

        Arguments that are not given here are the caller's own, after those that it names, as in `ack = ackEnv`.
        """
        names = (*symbol.arguments, *([""] * len(arguments)))
        given = [
            Local(name) if name in _NOT_NAMED else self._evaluator.normal(self._evaluator.force(argument))
            for name, argument in zip(names, arguments, strict=False)
        ]
        missing = symbol.arguments[len(given) :]
        return (*given, *(Parameter(caller.owner, caller.arity + at, name) for at, name in enumerate(missing)))

    def _given(
        self, effects: Iterable[Effect], site: Site, owner: Owner, place: Place, caller: _Walked
    ) -> Iterator[Effect]:
        """Yield effects with the arguments of a call in the place of the called function's parameters.

        Parameters beyond those are the caller's own, after those that it names, as in `publish = send channel`.
        """
        given: dict[Parameter, Value] = {}
        for effect in effects:
            for found in {
                p for value in effect.arguments for p in parameters(value) if p.owner == owner
            } - given.keys():
                beyond = found.index - len(site.arguments)
                if beyond < 0:
                    given[found] = self._evaluator.force(site.arguments[found.index])
                elif not isinstance(site.target, Owner):
                    given[found] = Parameter(caller.owner, caller.arity + beyond, found.name)
            values = tuple(self._evaluator.normal(self._evaluator.substitute(v, given)) for v in effect.arguments)
            self._keep_names(effect.symbol)
            yield replace(effect, arguments=values, via=(place, *effect.via))

    def final_effects(self) -> Iterator[Effect]:
        """Yield the effects that no caller makes clearer: those that are not open, and those of whom nobody calls."""
        called = {
            site.target
            for walked in self._every()
            for sites in walked.sites.by_owner.values()
            for site in sites
            if isinstance(site.target, SymbolId)
        }
        for symbol in self.looked_into:
            owners = frozenset(walked.owner for walked in self._walked[symbol])
            for effect in self.effects(symbol):
                if symbol not in called or not effect.is_open(owners):
                    yield effect

    def references(self) -> Iterator[Reference]:
        """Yield the places in the definitions looked into that name a wrapper, or a local function that is one."""
        for walked in self._every():
            yield from _references(walked, self._carriers)
            for site in (site for sites in walked.sites.by_owner.values() for site in sites):
                if isinstance(site.target, Owner) and (uses := self.uses_within(walked, site.target)):
                    symbol = SymbolId(walked.module, f"{walked.definition}.{site.name}")
                    yield Reference(symbol, Place(walked.module, walked.definition, site.start, site.end), uses)

    def name_references(self) -> Iterator[Reference]:
        """Yield the places anywhere that name what arguments of the broker's calls are made of."""
        names = self.names
        known = {name for symbol in names for name in _known_as(symbol)}
        for walked in self._every():
            yield from _told(_references(walked, names.keys()), names)
            for name in walked.sites.others:
                target = self._program.wrapper(walked.module, name, self._modules) if name.name in known else None
                if isinstance(target, SymbolId) and target in names:
                    place = Place(walked.module, walked.definition, name.start, name.end)
                    yield Reference(target, place, names[target])
        for module, definition in self._naming(names, frozenset(self._modules_walked)):
            for walked in self._walk(module, definition):
                yield from _told(_references(walked, names.keys()), names)

    @property
    def names(self) -> dict[SymbolId, frozenset[LibrarySymbol]]:
        """The definitions in modules that use the broker that its calls' arguments are made of, with those calls."""
        return {s: frozenset(uses) for s, uses in self._named_by.items() if s not in self._carriers}

    def _every(self) -> Iterator[_Walked]:
        return (walked for walkeds in self._walked.values() for walked in walkeds)


def _references(walked: _Walked, symbols: Set[SymbolId]) -> Iterator[Reference]:
    for sites in walked.sites.by_owner.values():
        for site in sites:
            if isinstance(site.target, SymbolId) and site.target in symbols:
                yield Reference(site.target, Place(walked.module, walked.definition, site.start, site.end))


def _told(references: Iterable[Reference], uses: Mapping[SymbolId, frozenset[LibrarySymbol]]) -> Iterator[Reference]:
    return (replace(reference, uses=uses[reference.target]) for reference in references)


def _known_as(symbol: SymbolId) -> Iterator[str]:
    """Yield the names that may stand for a definition: a generated one differs in its first character."""
    yield symbol.name
    if symbol.name[:1].isupper():
        yield symbol.name[:1].lower() + symbol.name[1:]
    if symbol.name.startswith("_"):
        yield symbol.name[1:]


def _words(module: Module, definition: Definition) -> frozenset[bytes]:
    """Return the words in a definition and its signature, comments before it left out."""
    code = [node for node in definition.nodes if node.type in _CODE]
    return frozenset(word for node in code for word in _WORD.findall(module.data, node.start_byte, node.end_byte))


def _defines(module: Module, definition: Definition) -> Iterator[bytes]:
    """Yield the names under which code may lead to a definition: its own, an instance's methods, an effect's."""
    first = definition.nodes[-1]
    if first.type not in ("instance", "class"):
        yield definition.name.encode()
    text = module.data[first.start_byte : first.end_byte]
    if first.type == "instance":
        yield from (match.encode() for match in _method_names(first))
    if b"interpret" in text:
        for constructor in _ALTERNATIVE.findall(text):
            yield constructor
            yield constructor[:1].lower() + constructor[1:]


def _method_names(instance: Node) -> Iterator[str]:
    body = instance.child_by_field_name("declarations")
    for node in body.named_children if body else ():
        name = node.child_by_field_name("name")
        if name is not None and name.text is not None:
            yield name.text.decode(errors="replace")


def _clauses(bindings: Iterable[Binding]) -> dict[str, list[Expression]]:
    found: dict[str, list[Expression]] = {}
    for binding in bindings:
        if isinstance(binding.pattern, VariablePattern):
            found.setdefault(binding.pattern.name, []).append(binding.value)
    return found
