"""Clients of a broker that a code base writes itself: modules that are told by their names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from natsscan.catalog.catalog import Catalog
from natsscan.catalog.schema import ClientFile
from natsscan.haskell.module import Module
from natsscan.haskell.reader import parse_file
from natsscan.haskell.scope import Exports, Scope
from natsscan.model.source import SourceFile
from natsscan.model.symbol import LibrarySymbol, Namespace, SymbolId, SymbolKind
from natsscan.model.usage import Operation

_MODULE = re.compile(rb"^module\s+([\w.']+)", re.MULTILINE)
_PARAMETERS = rb"^[ \t]*%b((?:[ \t]+(?:[\w'!~@]+|\([^()\n]*\)))+)[ \t]*[=|]"
_PARAMETER = re.compile(r"\([^()\n]*\)|[\w'!~@]+")
_NAME = re.compile(r"[a-z_][\w']*")


def known_here(catalog: Catalog, packages: Iterable[bytes], named: Mapping[str, Mapping[str, SourceFile]]) -> Catalog:
    """Return the catalog with what only this code base makes known, and without libraries it cannot use.

    Made known are generic libraries that one of its packages names, and clients that it writes itself: `packages` are
    the texts of the files that describe packages, `named` the programs that name each system, by its id and their
    paths.
    """
    catalog = catalog.without(_absent(catalog, named) | _defined_here(catalog, named))
    waiting = {library.id: library.packages for library in catalog.libraries if library.generic}
    for text in packages if waiting else ():
        for library in [one for one, names in waiting.items() if any(name.encode() in text for name in names)]:
            catalog = catalog.extended(library, catalog.generic[library])
            del waiting[library]
    for client in catalog.clients:
        if named[client.system]:
            catalog = _with_own_client(catalog, named[client.system].values(), client)
    return catalog


def _absent(catalog: Catalog, named: Mapping[str, Mapping[str, SourceFile]]) -> frozenset[str]:
    """Return the libraries whose modules all have the name of their system, but are in none of the files that do.

    They need not be searched for in all the others.
    """
    modules: dict[str, list[str]] = {}
    for module, library in catalog.modules.items():
        modules.setdefault(library, []).append(module)
    brokers = {broker.id: broker for broker in catalog.brokers}
    return frozenset(
        library
        for library, names in modules.items()
        for broker in [brokers[catalog.system_of(library)]]
        if all(broker.name.search(name) for name in names)
        if not any(name.encode() in source.data for source in named[broker.id].values() for name in names)
    )


def _defined_here(catalog: Catalog, named: Mapping[str, Mapping[str, SourceFile]]) -> frozenset[str]:
    """Return the libraries of no package with a module whose name one of the code base itself has."""
    homeless = {library.id for library in catalog.libraries if not library.packages}
    modules = {module.encode(): library for module, library in catalog.modules.items() if library in homeless}
    if not modules:
        return frozenset()
    found = (_MODULE.search(source.data) for sources in named.values() for source in sources.values())
    return frozenset(modules[match[1]] for match in found if match is not None and match[1] in modules)


def _with_own_client(catalog: Catalog, sources: Iterable[SourceFile], client: ClientFile) -> Catalog:
    """Return the catalog with the client modules among some files as if a library defined them.

    Of such a module those functions count that the rule knows by name, and all types. A module with no such function,
    its own or passed on, is no client. Modules of a library keep their meaning.
    """
    pattern = re.compile(rf"(?:{client.modules})".encode())
    modules = [
        parse_file(source)[0]
        for source in sources
        if (named := _MODULE.search(source.data)) and pattern.fullmatch(named[1])
    ]
    modules = [module for module in modules if module.name not in catalog.exports]
    exports = {module.name: _own(module, client) for module in modules}
    grown = True
    while grown:
        grown = False
        for module in modules:
            passed_on = Scope(module, catalog.exports | exports).passed_on()
            if passed_on.keys() - exports[module.name].keys():
                exports[module.name] |= passed_on
                grown = True
    kept = {name: offered for name, offered in exports.items() if any(s.is_call for s in offered.values())}
    return catalog.extended(client.id, kept) if kept else catalog


def _own(module: Module, client: ClientFile) -> Exports:
    found: Exports = {}
    for name, operation in client.functions.items():
        if name in module.values and _is_exported(module, name):
            symbol = SymbolId(module.name, name)
            found[Namespace.VALUE, name] = LibrarySymbol(
                symbol, SymbolKind.FUNCTION, operation, client.id, arguments=_arguments(module, name, client)
            )
    for name in module.types:
        if _is_exported(module, name):
            symbol = SymbolId(module.name, name)
            found[Namespace.TYPE, name] = LibrarySymbol(symbol, SymbolKind.TYPE, Operation.TYPE, client.id)
    return found


def _is_exported(module: Module, name: str) -> bool:
    """Tell whether a module offers what it defines: it lists it, itself as a whole, or nothing at all."""
    if module.exports is None:
        return True
    return any(entity.name == (module.name if entity.is_module else name) for entity in module.exports)


def _arguments(module: Module, name: str, client: ClientFile) -> tuple[str, ...]:
    """Return the arguments of a function by what its definition calls its parameters; each name once."""
    match = re.search(_PARAMETERS % re.escape(name.encode()), module.data, re.MULTILINE)
    known = {word.lower(): argument for argument, words in client.parameters.items() for word in words}
    found: list[str] = []
    for at, text in enumerate(_PARAMETER.findall(match[1].decode(errors="replace")) if match else ()):
        words = _NAME.findall(text)
        word = words[-1] if words else ""
        argument = known.get(word.lower(), word.strip("_"))
        found.append(argument if argument and argument not in found else f"argument_{at + 1}")
    return tuple(found)
