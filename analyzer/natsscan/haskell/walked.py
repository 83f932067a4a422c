"""What walking the definitions of a code base leaves behind: which places name what."""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass

from natsscan.core.calls import Site, Sites
from natsscan.core.value import Owner
from natsscan.model.symbol import LibrarySymbol, SymbolId


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: the module, the definition, byte offsets."""

    module: str
    definition: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Reference:
    """A place that names a wrapper, or what a call's arguments are made of; `uses` are the library's symbols behind."""

    target: SymbolId
    place: Place
    uses: frozenset[LibrarySymbol]


@dataclass(frozen=True, slots=True)
class Walked:
    """What a definition, known to others as `symbol`, names: by the functions within it.

    `arity` is how many parameters it names, `types` are the library's types in its signature. `is_field` if it is held
    by a field of a record.
    """

    symbol: SymbolId
    owner: Owner
    definition: str
    module: str
    sites: Sites
    arity: int
    types: frozenset[LibrarySymbol]
    is_field: bool = False

    @property
    def every_site(self) -> Iterator[Site]:
        """The places of all functions within."""
        return (site for sites in self.sites.by_owner.values() for site in sites)

    def place(self, start: int, end: int) -> Place:
        """Return the place of a part of this definition."""
        return Place(self.module, self.definition, start, end)

    def naming(self, symbols: Set[SymbolId]) -> Iterator[tuple[SymbolId, Place]]:
        """Yield the places that name one of these definitions."""
        for site in self.every_site:
            if isinstance(site.target, SymbolId) and site.target in symbols:
                yield site.target, self.place(site.start, site.end)
