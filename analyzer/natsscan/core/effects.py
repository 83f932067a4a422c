"""What definitions do with the broker: an `Effect` for each call of a library that they lead to.

Its arguments are values that may be open in the definition's own parameters; a caller's arguments are put in their
place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from natsscan.core.calls import Site
from natsscan.core.evaluate import Evaluator
from natsscan.core.routines import Routines
from natsscan.core.substitute import substitute
from natsscan.core.value import Bound, Local, Owner, Parameter, Value, parameters
from natsscan.core.walked import Place, Walked
from natsscan.model.symbol import LibrarySymbol, SymbolId
from natsscan.model.usage import Operation

# Wrappers of wrappers beyond this are not followed: what the innermost does is told there, with holes.
_DEEPEST = 30

# What a call is about beyond these is not part of the messaging system, and never keeps an effect open.
_NOT_NAMED = frozenset(
    {"channel", "connection", "callback", "handler", "cancel_callback", "consumer_tag", "delivery_tag"}
)


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


class Effects:
    """The effects of the definitions that were looked into, worked out when asked for and kept."""

    def __init__(self, routines: Routines, evaluator: Evaluator) -> None:
        self._routines = routines
        self._evaluator = evaluator
        self._calling = {
            walked.module
            for walked in routines.every
            for site in walked.every_site
            if isinstance(site.target, LibrarySymbol) and site.target.is_call
        }
        self._known: dict[SymbolId, tuple[Effect, ...]] = {}
        self._running: set[SymbolId] = set()
        self._cut: set[SymbolId] = set()
        self._passing: dict[SymbolId, tuple[tuple[Effect, ...], frozenset[SymbolId]]] = {}
        self.made_of: dict[SymbolId, set[LibrarySymbol]] = {}

    def of(self, symbol: SymbolId) -> tuple[Effect, ...]:
        """Return what a definition does, nothing for one that was not looked into.

        A definition that needs itself to be known adds nothing where it does. What is found while it is being worked
        out, and so lacks its part, is kept no longer than that: the answer does not depend on what was asked before.
        """
        if symbol in self._known:
            return self._known[symbol]
        if symbol in self._passing:
            self._cut |= self._passing[symbol][1]
            return self._passing[symbol][0]
        if symbol in self._running or len(self._running) >= _DEEPEST:
            self._cut.add(symbol)
            return ()
        outer, self._cut = self._cut, set()
        self._running.add(symbol)
        found = tuple(effect for walked in self._routines.walked(symbol) for effect in self._of_walked(walked))
        self._running.discard(symbol)
        self._cut.discard(symbol)
        if self._cut and self._running:
            self._passing[symbol] = found, frozenset(self._cut)
        else:
            self._known[symbol] = found
        if not self._running:
            self._passing.clear()
        self._cut = outer | self._cut if self._running else set()
        return found

    def final(self) -> Iterator[Effect]:
        """Yield the effects that no caller makes clearer: those that are not open, and those that nobody calls."""
        named = {site.target for walked in self._routines.every for site in walked.every_site}
        for symbol in self._routines.looked_into:
            found = self._routines.walked(symbol)
            owners = frozenset(walked.owner for walked in found)
            instances = frozenset(walked.instance for walked in found if walked.instance is not None)
            is_called = symbol in named and bool(self._routines.called(symbol))
            is_made = any(walked.constructor in named for walked in found if walked.constructor is not None)
            for effect in self.of(symbol):
                of_instance = effect.is_open(instances)
                if is_called and (of_instance or effect.is_open(owners)):
                    continue
                if not (is_made and of_instance):
                    yield effect

    def _of_walked(self, walked: Walked) -> Iterator[Effect]:
        yield from self._of_owner(walked, walked.owner, frozenset())
        elsewhere = {site.target for site in walked.every_site} | {owner for owner, _ in walked.sites.inner.values()}
        for owner in walked.sites.by_owner:
            if owner != walked.owner and owner not in elsewhere:
                yield from self._of_owner(walked, owner, frozenset())

    def _of_owner(self, walked: Walked, owner: Owner, above: frozenset[Owner]) -> Iterator[Effect]:
        if owner in above:
            return
        for site in walked.sites.by_owner.get(owner, ()):
            self._evaluator.start()
            if isinstance(site.target, LibrarySymbol):
                if site.target.is_call:
                    values = self._values(site.target, site.arguments, walked)
                    self._note_names(site.target)
                    yield Effect(site.target, values, walked.place(site.start, site.end))
            elif isinstance(site.target, Owner):
                yield from self._given(self._of_owner(walked, site.target, above | {owner}), site, site.target, walked)
            else:
                for other in self._routines.called(site.target):
                    effects = self.of(site.target)
                    owners = {other.owner} if not site.is_implied else set()
                    owners |= {site.instance[0]} if site.instance else set()
                    open_ = [effect for effect in effects if effect.is_open(frozenset(owners))]
                    yield from self._given(open_, site, other.owner, walked)

    def _note_names(self, symbol: LibrarySymbol) -> None:
        """Note that this call's arguments are made of the definitions that the last evaluation went through.

        Behind a connection's arguments is much that has nothing to do with messaging: of that, what modules define
        that call the library themselves.
        """
        modules = self._calling if symbol.operation is Operation.CONNECT else self._routines.own_modules
        for owner in self._evaluator.visited:
            if owner.module in modules:
                self.made_of.setdefault(SymbolId(owner.module, owner.definition), set()).add(symbol)

    def _values(self, symbol: LibrarySymbol, arguments: tuple[Bound, ...], caller: Walked) -> tuple[Value, ...]:
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

    def _given(self, effects: Iterable[Effect], site: Site, owner: Owner, caller: Walked) -> Iterator[Effect]:
        """Yield effects with the arguments of a call in the place of the called function's parameters.

        Parameters beyond those are the caller's own, after those that it names, as in `publish = send channel`.
        """
        place = () if site.is_implied else (caller.place(site.start, site.end),)
        given: dict[Parameter, Value] = {}
        whose, of_instance = site.instance or (owner, ())
        for effect in effects:
            # In their order: what is forced first takes its steps from those of the others.
            found_in = dict.fromkeys(found for value in effect.arguments for found in parameters(value))
            every = [found for found in found_in if found not in given]
            for found in (found for found in every if found.owner == whose != owner):
                if found.index < len(of_instance):
                    given[found] = self._evaluator.force(of_instance[found.index])
            for found in (found for found in every if found.owner == owner):
                beyond = found.index - len(site.arguments)
                if beyond < 0:
                    given[found] = self._evaluator.force(site.arguments[found.index])
                elif not isinstance(site.target, Owner):
                    given[found] = Parameter(caller.owner, caller.arity + beyond, found.name)
            values = (substitute(self._evaluator, value, given) for value in effect.arguments)
            arguments = tuple(self._evaluator.normal(value) for value in values)
            self._note_names(effect.symbol)
            yield replace(effect, arguments=arguments, via=(*place, *effect.via))
