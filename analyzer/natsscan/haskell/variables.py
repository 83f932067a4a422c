"""Environment variables of the broker whose names a program puts together: `lookupEnv ("RABBITMQ_USER_" <> suffix)`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from natsscan.catalog.catalog import Catalog
from natsscan.core.effects import Effects
from natsscan.core.evaluate import Evaluator
from natsscan.core.naming import name_of
from natsscan.haskell.index import ModuleIndex
from natsscan.haskell.program import Program
from natsscan.haskell.routes import Routes
from natsscan.haskell.routines import HaskellRoutines
from natsscan.haskell.scope import Exports, Scope
from natsscan.model.questions import question
from natsscan.model.source import SourceFile
from natsscan.model.symbol import LibrarySymbol, Namespace, SymbolId, SymbolKind
from natsscan.model.usage import Argument, Operation, Provenance, Tier, Usage
from natsscan.source.text import TextPositions

_UNFINISHED = re.compile(rb'"([A-Z][A-Z0-9_]*_)"')


def assembled_variables(
    sources: Iterable[SourceFile],
    catalog: Catalog,
    index: ModuleIndex,
    positions_of: Callable[[SourceFile], TextPositions],
    service_of: Callable[[str], str],
) -> tuple[Usage, ...]:
    """Return a usage for each variable of the broker whose name is whole only where a function is called."""
    found: dict[tuple[str, int, str], Usage] = {}
    for source in sources:
        if not any(catalog.broker.variable.match(text.rstrip("_")) for text in source.ask(unfinished_variables)):
            continue
        for module in index.at(source.path):
            # Whichever import it comes by: preludes of all sorts pass these functions on.
            exports: dict[str, Exports] = {line.module: _readers(catalog, line.module) for line in module.imports}
            program, scopes = Program(catalog, index, exports), {module.name: Scope(module, exports)}
            routines = HaskellRoutines(catalog, program, index, scopes, Routes({}, {}))
            routines.look_into([module])
            for effect in Effects(routines, Evaluator(program)).final():
                place = effect.via[0] if effect.via else effect.place
                span = positions_of(source).span(place.start, place.end)
                for text in name_of(effect.arguments[0]).texts if effect.via else ():
                    if catalog.broker.variable.match(text):
                        found[span.path, span.start, text] = Usage(
                            operation=Operation.ENV,
                            is_call=False,
                            symbol=text,
                            library=catalog.broker.id,
                            language="haskell",
                            tier=Tier.DIRECT,
                            span=span,
                            definition=place.definition,
                            service=service_of(span.path),
                            arguments=(Argument("role", "read", Provenance.LITERAL, span),),
                        )
    return tuple(found[key] for key in sorted(found))


@question
def unfinished_variables(data: bytes) -> tuple[str, ...]:
    """Return the texts in a file that look like the beginning of an environment variable's name."""
    return tuple(text.decode() for text in _UNFINISHED.findall(data))


def _readers(catalog: Catalog, module: str) -> Exports:
    """Return the functions that read an environment variable, as if a module exported them."""
    return {
        (Namespace.VALUE, name): LibrarySymbol(
            SymbolId(module, name), SymbolKind.FUNCTION, Operation.ENV, catalog.broker.id, arguments=("variable",)
        )
        for name in catalog.functions.environment
    }
