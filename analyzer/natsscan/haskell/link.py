"""Following names and wrappers through a Haskell code base."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from natsscan.catalog.catalog import Catalog
from natsscan.core.effects import Effects
from natsscan.core.evaluate import Evaluator
from natsscan.core.expression import Binding
from natsscan.core.linking import Linked, Linker, cut_short, together
from natsscan.core.value import MORE
from natsscan.haskell.index import ModuleIndex
from natsscan.haskell.program import Program, defaults_of, properties
from natsscan.haskell.reader import HaskellProject
from natsscan.haskell.routes import find_routes
from natsscan.haskell.routines import HaskellRoutines
from natsscan.haskell.scope import Scope
from natsscan.haskell.variables import assembled_variables
from natsscan.model.source import SourceFile
from natsscan.model.symbol import LibrarySymbol
from natsscan.model.usage import Operation, Tier, Usage
from natsscan.source.text import TextPositions


def link(
    haskell: HaskellProject,
    sources: Iterable[SourceFile],
    catalog: Catalog,
    index: ModuleIndex,
    lowered: Mapping[str, dict[int, tuple[Binding, ...]]],
    positions_of: Callable[[SourceFile], TextPositions],
    service_of: Callable[[str], str],
) -> Linked:
    """Follow names and wrappers through a code base.

    `lowered` are the definitions that were lowered before, by path and offset; `positions_of` gives the positions of a
    file.
    """
    sources = tuple(sources)
    modules = [module for file in haskell.files for module in index.at(file.source.path)]
    routes = find_routes(sources, catalog.broker)
    modules += [
        m for name in sorted({s.module for s in routes.fields}) if (m := index.module(name)) not in modules and m
    ]
    scopes = {module.name: Scope(module, haskell.exports) for module in modules}
    before = {
        (module.name, start): bindings
        for path, definitions in lowered.items()
        for module in index.at(path)
        for start, bindings in definitions.items()
    }
    program = Program(catalog, index, haskell.exports, before)
    routines = HaskellRoutines(catalog, program, index, scopes, routes)
    routines.look_into(modules)
    routines.look_outside()
    effects = Effects(routines, Evaluator(program))
    linker = Linker(
        broker=catalog.broker.id,
        language="haskell",
        source_of=index.source,
        positions_of=positions_of,
        service_of=service_of,
        properties=lambda effect: properties(catalog, effect.symbol, effect.arguments),
        defaults=lambda effect: defaults_of(effect.arguments),
    )
    final = tuple(effects.final())
    every = [effect for symbol in routines.looked_into for effect in effects.of(symbol) if not effect.via]
    names = {linker.key(effect.place): linker.names(effect) for effect in every}
    names |= together((linker.key(effect.place), linker.names(effect)) for effect in final)
    made_of = {symbol: frozenset(uses) for symbol, uses in effects.made_of.items()}
    usages = [linker.usage(found) for found in (*routines.references(), *routines.name_references(made_of))]
    usages += [_route(symbol, index, positions_of, service_of) for symbol in routes.fields.values()]
    usages += assembled_variables(sources, catalog, index, positions_of, service_of)
    calls = tuple(linker.call(effect) for effect in final)
    problems = {cut_short(call) for call in calls if any(MORE in name.holes for name in call.properties.values())}
    return Linked(names, tuple(dict.fromkeys(usages)), calls, tuple(sorted(problems)))


def _route(
    symbol: LibrarySymbol,
    index: ModuleIndex,
    positions_of: Callable[[SourceFile], TextPositions],
    service_of: Callable[[str], str],
) -> Usage:
    """Return the usage that declaring a route of the management API is."""
    source = index.source(symbol.id.module)
    start = source.data.find(symbol.id.name.encode() + b" ::")
    span = positions_of(source).span(start, start + len(symbol.id.name))
    return Usage(
        operation=Operation.ADMIN,
        is_call=False,
        symbol=symbol.id.qualified,
        library=symbol.library,
        language="haskell",
        tier=Tier.DIRECT,
        span=span,
        definition=None,
        service=service_of(span.path),
        arguments=(),
    )
