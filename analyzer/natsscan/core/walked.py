"""What walking the definitions of a code base leaves behind: which places name what."""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass
from enum import StrEnum

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


class Role(StrEnum):
    """What a definition has to do with the broker: it leads to its calls, carries types, or names what calls use."""

    WRAPPER = "does"
    CARRIER = "carries"
    NAME = "names"


@dataclass(frozen=True, slots=True)
class Reference:
    """A place that names a definition which has to do with the broker.

    `uses` are the library's symbols behind it, `path` the names by which a wrapper leads there.
    """

    target: SymbolId
    place: Place
    role: Role
    uses: frozenset[LibrarySymbol]
    path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Walked:
    """What a definition, known to others as `symbol`, names: by the functions within it.

    `arity` is how many parameters it names, `types` are the library's types in its signature. `is_field` if it is held
    by a field of a record. `instance` is whose parameters those of a method's object are, `constructor` what makes one.
    """

    symbol: SymbolId
    owner: Owner
    definition: str
    module: str
    sites: Sites
    arity: int
    types: frozenset[LibrarySymbol]
    is_field: bool = False
    instance: Owner | None = None
    constructor: SymbolId | None = None

    @property
    def every_site(self) -> Iterator[Site]:
        """The places of all functions within."""
        return (site for sites in self.sites.by_owner.values() for site in sites)

    def place(self, start: int, end: int) -> Place:
        """Return the place of a part of this definition."""
        return Place(self.module, self.definition, start, end)

    def naming(self, symbols: Set[SymbolId], also_mentioned: bool = False) -> Iterator[tuple[SymbolId, Place]]:
        """Yield the places that name one of these definitions; with `also_mentioned`, those that do not call it too."""
        for site in (*self.every_site, *(self.sites.mentioned if also_mentioned else ())):
            if isinstance(site.target, SymbolId) and site.target in symbols:
                yield site.target, self.place(site.start, site.end)
