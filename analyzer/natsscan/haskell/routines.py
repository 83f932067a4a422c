"""What the definitions of a code base do with the broker: their calls of a library, also through one another.

A definition that leads to such calls is a wrapper. What it does is an `Effect` for each call, its arguments as values
that may be open in the definition's own parameters; a caller's arguments are put in their place.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from tree_sitter import Node

from natsscan.catalog.catalog import Catalog
from natsscan.core.calls import Site, Sites, Walker
from natsscan.core.evaluate import Evaluator
from natsscan.core.expression import Binding, Expression, Lambda, Variable, VariablePattern
from natsscan.core.value import Environment, Owner, Parameter, Value, parameters
from natsscan.haskell.index import ModuleIndex
from natsscan.haskell.module import Definition, Module
from natsscan.haskell.program import Program
from natsscan.haskell.scope import Scope
from natsscan.model.symbol import LibrarySymbol, SymbolId

_ALTERNATIVE = re.compile(rb"^\s+\(?([A-Z][\w']*)[^\n]*->", re.MULTILINE)
_WORD = re.compile(rb"[A-Za-z_][\w']*")

# What a call is about beyond these is not part of the messaging system, and never keeps an effect open.
_NOT_NAMED = frozenset({"channel", "connection", "callback", "handler", "cancel_callback", "envelope", "consumer_tag"})


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: the module, the definition, byte offsets."""

    module: str
    definition: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Effect:
    """A call of a library, with its arguments as values; `via` are the calls of wrappers that lead to it, from outside."""

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


@dataclass(slots=True)
class _Walked:
    """What a definition names, by the functions within it."""

    owner: Owner
    definition: str
    module: str
    sites: Sites
    inner: frozenset[Owner]
    arity: int


class Routines:
    """The effects of the definitions of a code base, found on demand and kept."""

    def __init__(self, catalog: Catalog, program: Program, index: ModuleIndex, scopes: Mapping[str, Scope]) -> None:
        self._catalog = catalog
        self._program = program
        self._index = index
        self._scopes = scopes
        self._evaluator = Evaluator(program)
        self._names: set[str] = set()
        self._walker = Walker(
            self._evaluator,
            program.target,
            program.field,
            frozenset(catalog.functions.interpreters),
            lambda name: name in self._names,
        )
        self._walked: dict[SymbolId, list[_Walked]] = {}
        self._effects: dict[SymbolId, tuple[Effect, ...]] = {}
        self._running: set[SymbolId] = set()

    # Which definitions to look into

    def look_into(self, modules: Iterable[Module]) -> None:
        """Walk the definitions of modules that name something of a library, or another definition that may do so."""
        modules = tuple(modules)
        waiting = [
            (module, definition, _words(module, definition)) for module in modules for definition in module.definitions
        ]
        names = {name.encode() for module in modules for name in self._named(module)}
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

    def _named(self, module: Module) -> frozenset[str]:
        scope = self._scopes.get(module.name)
        return scope.names if scope else frozenset()

    def walk(self, module: Module, definition: Definition) -> None:
        """Walk a definition and keep what it names."""
        for name, clauses in _clauses(self._program.bindings(module, definition)).items():
            owner = Owner(module.name, name, 0 if definition.name == name else definition.start)
            sites = self._walker.walk(clauses, owner, Environment(module.name, definition.name))
            if not any(sites.by_owner.values()):
                continue
            symbol = self._symbol(module, definition, name)
            arity = max((len(clause.parameters) for clause in clauses if isinstance(clause, Lambda)), default=0)
            walked = _Walked(owner, definition.name, module.name, sites, frozenset(sites.by_owner), arity)
            self._walked.setdefault(symbol, []).append(walked)
            for effect, inner in sites.interpreted.items():
                part = Sites({inner: sites.by_owner[inner]})
                self._walked.setdefault(effect, []).append(
                    _Walked(inner, definition.name, module.name, part, frozenset([inner]), 0)
                )

    def _symbol(self, module: Module, definition: Definition, name: str) -> SymbolId:
        """Return what others call a binding: a method of an instance by its class, all else by its own name."""
        if definition.name == name:
            return SymbolId(module.name, name)
        target = self._program.target(module.name, Variable(None, name, definition.start, definition.start))
        return target if isinstance(target, SymbolId) else SymbolId(module.name, name)

    @property
    def wrappers(self) -> tuple[SymbolId, ...]:
        """The definitions looked into that lead to a call of a library, sorted."""
        return tuple(sorted((s for s in self._walked if self.operations(s)), key=lambda s: (s.module, s.name)))

    # What they do

    def operations(self, symbol: SymbolId) -> frozenset[LibrarySymbol]:
        """Return the library's symbols that a definition leads to calls of."""
        return frozenset(effect.symbol for effect in self.effects(symbol))

    def effects(self, symbol: SymbolId) -> tuple[Effect, ...]:
        """Return what a definition does, nothing for one that was not looked into or that needs itself to be known."""
        if symbol in self._effects:
            return self._effects[symbol]
        if symbol in self._running:
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
                    values = (self._evaluator.force(argument) for argument in site.arguments)
                    yield Effect(site.target, tuple(map(self._evaluator.normal, values)), place)
            elif isinstance(site.target, Owner):
                inner = self._of_owner(walked, site.target, above | {owner})
                yield from self._given(inner, site, site.target, place, walked)
            else:
                for other in self._walked.get(site.target, ()):
                    effects = [effect for effect in self.effects(site.target) if effect.is_open(other.inner)]
                    yield from self._given(effects, site, other.owner, place, walked)

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
            via = effect.via if isinstance(site.target, Owner) else (place, *effect.via)
            yield replace(effect, arguments=values, via=via)

    def references(self, targets: frozenset[SymbolId]) -> Iterator[Reference]:
        """Yield the places in the definitions looked into that name one of these."""
        for walkeds in self._walked.values():
            for walked in walkeds:
                for sites in walked.sites.by_owner.values():
                    for site in sites:
                        if isinstance(site.target, SymbolId) and site.target in targets:
                            yield Reference(site.target, Place(walked.module, walked.definition, site.start, site.end))


def _words(module: Module, definition: Definition) -> frozenset[bytes]:
    """Return the words in the code of a definition; its signature and comments before it do not count."""
    code = [node for node in definition.nodes if node.type in ("function", "bind", "instance", "class", "top_splice")]
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
