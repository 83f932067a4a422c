"""What the modules of a layer's package offer of the library: by what they say themselves, not by the rules alone."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from natsscan.catalog.catalog import Catalog
from natsscan.catalog.compat import Compat, Home
from natsscan.haskell.module import Module, parse_module
from natsscan.haskell.scope import Exports, Scope
from natsscan.model.symbol import SymbolId, SymbolKind

_OWNED = (SymbolKind.CONSTRUCTOR, SymbolKind.FIELD, SymbolKind.METHOD)
_DEEPEST = 4


def offered(layer: Compat, files: Mapping[str, bytes], catalog: Catalog) -> dict[str, frozenset[SymbolId]]:
    """Return the symbols of the library that each module offers which takes the place of one of the library's.

    `files` are those of the package, by their paths in it. A symbol counts if its home exports it and the module
    passes it on; one that is refused does not.
    """

    @cache
    def module(name: str) -> Module | None:
        end = f"/{name.replace('.', '/')}.hs"
        data = next((data for path, data in files.items() if f"/{path}".endswith(end)), None)
        return None if data is None else parse_module(data)

    def exports(name: str, entity: str, *, with_all: bool, depth: int = 0) -> bool:
        found = module(name)
        if found is None or depth > _DEEPEST:
            return False
        if found.exports is None:
            return entity in found.types | found.values
        for each in found.exports:
            if each.is_module and exports(each.name, entity, with_all=with_all, depth=depth + 1):
                return True
            if each.name == entity and not each.is_module and (each.all_children or each.children or not with_all):
                return True
        return False

    homes: dict[str, Exports] = {}
    for symbol in catalog.symbols.values():
        home = layer.home_of(symbol) if symbol.library == layer.library else None
        if isinstance(home, Home) and exports(home.module, home.name, with_all=symbol.kind in _OWNED):
            homes.setdefault(home.module, {})[symbol.namespace, symbol.id.name] = symbol
    found: dict[str, frozenset[SymbolId]] = {}
    for name in layer.modules.values():
        facade = module(name)
        passed_on = Scope(facade, homes).passed_on() if facade is not None else {}
        found[name] = frozenset(symbol.id for symbol in passed_on.values())
    return found
