"""Definitions of a code base that were looked into, and which of them lead to the broker, also through one another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from natsscan.core.value import Owner
from natsscan.core.walked import Reference, Role, Walked
from natsscan.model.symbol import LibrarySymbol, SymbolId

# A definition by its module and the offset at which it begins.
Key = tuple[str, int]


class Routines:
    """What was found in the definitions looked into. `given` are definitions that lead to the broker by themselves.

    `carriers` are the wrappers whose names are told wherever they stand, `own_modules` those that use a library.
    """

    def __init__(self, given: Mapping[SymbolId, LibrarySymbol]) -> None:
        self._given = dict(given)
        self._carried: dict[SymbolId, frozenset[LibrarySymbol]] = {}
        self._looked_into: dict[Key, tuple[Walked, ...]] = {}
        self._by_symbol: dict[SymbolId, list[Walked]] | None = None
        self._uses: dict[SymbolId, frozenset[LibrarySymbol]] | None = None
        self.carriers: set[SymbolId] = set()
        self.own_modules: set[str] = set()

    def note(self, key: Key, walked: Iterable[Walked]) -> None:
        """Keep what was found in a definition, in the place of what was found there before."""
        self._looked_into[key] = tuple(walked)
        self._by_symbol = self._uses = None

    @property
    def looked_into(self) -> tuple[SymbolId, ...]:
        """The definitions that were walked and name something, sorted."""
        return tuple(sorted(self._symbols, key=lambda symbol: (symbol.module, symbol.name)))

    def walked(self, symbol: SymbolId) -> tuple[Walked, ...]:
        """Return what a definition names, nothing for one that was not looked into; a method has one per instance."""
        return tuple(self._symbols.get(symbol, ()))

    def called(self, symbol: SymbolId) -> tuple[Walked, ...]:
        """Return what calling a definition leads to: nothing for a field that holds one function here, another there.

        Which of them is meant the code does not tell where it calls a hook that it was given.
        """
        walked = self.walked(symbol)
        return () if len(walked) > 1 and any(one.is_field for one in walked) else walked

    @property
    def every(self) -> Iterator[Walked]:
        """All definitions that were walked and name something."""
        return (walked for found in self._looked_into.values() for walked in found)

    @property
    def _symbols(self) -> dict[SymbolId, list[Walked]]:
        if self._by_symbol is None:
            self._by_symbol = {}
            for walked in self.every:
                self._by_symbol.setdefault(walked.symbol, []).append(walked)
        return self._by_symbol

    def uses(self, symbol: SymbolId) -> frozenset[LibrarySymbol]:
        """Return the library's symbols that a definition leads to, nothing for one that does not lead to the broker."""
        if self._uses is None:
            self._uses = self._spread()
        return self._uses.get(symbol, frozenset())

    def _spread(self) -> dict[SymbolId, frozenset[LibrarySymbol]]:
        """Return what each definition leads to, also through others, however they call each other."""
        found: dict[SymbolId, set[LibrarySymbol]] = {s: {symbol} for s, symbol in self._given.items()}
        callers: dict[SymbolId, set[SymbolId]] = {}
        for walked in self.every:
            own = found.setdefault(walked.symbol, set())
            own |= walked.types
            for site in walked.every_site:
                if isinstance(site.target, LibrarySymbol):
                    own.add(site.target)
                elif isinstance(site.target, SymbolId) and (site.target in self._given or self.called(site.target)):
                    callers.setdefault(site.target, set()).add(walked.symbol)
        waiting = [symbol for symbol, own in found.items() if own]
        while waiting:
            symbol = waiting.pop()
            for caller in callers.get(symbol, ()):
                if not found[symbol] <= found[caller]:
                    found[caller] |= found[symbol]
                    waiting.append(caller)
        return {symbol: frozenset(own) for symbol, own in found.items() if own}

    def _path(self, symbol: SymbolId) -> tuple[str, ...]:
        """Return the names of what is on a shortest way from a wrapper to a call of a library, that call last."""
        ways: dict[SymbolId, tuple[str, ...]] = {symbol: ()}
        waiting = [symbol]
        for at in waiting:  # grows meanwhile
            for site in (site for walked in self.walked(at) for site in walked.every_site):
                target = site.target
                if isinstance(target, LibrarySymbol) and target.is_call:
                    return (*ways[at], target.id.name)
                if isinstance(target, SymbolId) and target in self._given:
                    return (*ways[at], target.name)
                if isinstance(target, SymbolId) and target not in ways and self.uses(target):
                    ways[target] = (*ways[at], target.name)
                    waiting.append(target)
        return _telling(self.uses(symbol))

    def _uses_within(
        self, walked: Walked, owner: Owner, above: frozenset[Owner] = frozenset()
    ) -> frozenset[LibrarySymbol]:
        """Return the library's symbols that a function within a definition leads to."""
        found: set[LibrarySymbol] = set()
        for site in walked.sites.by_owner.get(owner, ()):
            if isinstance(site.target, LibrarySymbol):
                found.add(site.target)
            elif isinstance(site.target, SymbolId):
                found |= self.uses(site.target) if site.target in self.carriers else frozenset()
            elif site.target not in above:
                found |= self._uses_within(walked, site.target, above | {owner})
        return frozenset(found)

    def references(self) -> Iterator[Reference]:
        """Yield the places in the definitions looked into that name a wrapper, or a local function that is one."""
        for walked in self.every:
            for target, place in walked.naming(self.carriers):
                yield Reference(target, place, Role.WRAPPER, self.uses(target), self._path(target))
            for target, place in walked.naming(self._carried.keys() - self.carriers, also_mentioned=True):
                yield Reference(target, place, Role.CARRIER, self._carried[target])
            for site in walked.every_site:
                if isinstance(site.target, Owner) and (uses := self._uses_within(walked, site.target)):
                    symbol = SymbolId(walked.module, f"{walked.definition}.{site.name}")
                    place = walked.place(site.start, site.end)
                    yield Reference(symbol, place, Role.WRAPPER, uses, _telling(uses))


def _telling(uses: Iterable[LibrarySymbol]) -> tuple[str, ...]:
    """Return the name of the library's symbol that says most: a call, if there is one."""
    return tuple(use.id.name for use in sorted(uses, key=lambda use: (not use.is_call, use.id.name))[:1])
