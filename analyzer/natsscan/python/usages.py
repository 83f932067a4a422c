"""The usages of libraries in Python code as it is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from natsscan.catalog.catalog import Catalog
from natsscan.core.expression import Constructor, Literal
from natsscan.core.expression import Sequence as Items
from natsscan.core.linking import ARGUMENT
from natsscan.core.value import Thunk
from natsscan.model.name import Name
from natsscan.model.symbol import SymbolKind
from natsscan.model.usage import Argument, Operation, Provenance, Tier, Usage
from natsscan.python.library import origin
from natsscan.python.module import Module
from natsscan.python.routines import Use
from natsscan.source.text import TextPositions

LANGUAGE = "python"
_MAX_TEXT = 200


def import_usages(module: Module, catalog: Catalog, positions: TextPositions, service: str) -> Iterator[Usage]:
    """Yield a usage for each library that an import statement takes something from."""
    packages: dict[str, str] = {}
    for name, library in sorted(catalog.python.modules.items()):
        packages.setdefault(name.partition(".")[0], library)
    for line in module.imports:
        named = {origin(imported, catalog.python) for imported in line.imported}
        told: set[str] = set()
        for name in sorted(named):
            known = catalog.python.modules.get(name) or packages.get(name.partition(".")[0])
            if known is None or known in told:
                continue
            told.add(known)
            span = positions.span(line.start, line.end)
            yield Usage(
                operation=Operation.IMPORT,
                is_call=False,
                symbol=name,
                library=known,
                language=LANGUAGE,
                tier=Tier.DIRECT,
                span=span,
                definition=None,
                service=service,
                arguments=(Argument("module", name, Provenance.LITERAL, span),),
            )


def usage_of(use: Use, positions: TextPositions, service: str) -> Usage:
    """Return the usage that a use of a library is, with its arguments as written and the library's defaults."""
    written, symbol = use.written, use.written.symbol
    arguments = [argument_of(name, thunk, positions) for name, thunk in written.arguments.items()]
    given = {argument.name for argument in arguments}
    if written.is_call:
        texts = {argument.name: argument.text for argument in arguments}
        arguments += [
            Argument(name, _default(name, symbol.defaults, texts), Provenance.DEFAULT, None)
            for name in symbol.defaults
            if name not in given
        ]
    return Usage(
        operation=symbol.operation,
        is_call=written.is_call and symbol.kind is not SymbolKind.TYPE,
        symbol=symbol.id.qualified,
        library=symbol.library,
        language=LANGUAGE,
        tier=Tier.DIRECT,
        span=positions.span(written.site.start, written.site.end),
        definition=use.definition,
        service=service,
        arguments=tuple(arguments),
    )


def without_lent(usage: Usage, lent: Mapping[str, Name]) -> Usage:
    """Return a usage without the defaults of arguments that its message, its options or its object give it."""
    kept = (each for each in usage.arguments if each.provenance is not Provenance.DEFAULT or each.name not in lent)
    return replace(usage, arguments=tuple(kept))


def _default(name: str, defaults: Mapping[str, str], written: Mapping[str, str]) -> str:
    """Return the text of a default; of one that is another argument, what is written there."""
    text = defaults[name]
    other = text.strip('"')
    if not other.startswith(ARGUMENT):
        return text
    return written.get(other[1:]) or defaults.get(other[1:], f"the {other[1:].replace('_', ' ')}")


def argument_of(name: str, thunk: Thunk, positions: TextPositions) -> Argument:
    """Return an argument as it is written."""
    expression = thunk.expression
    text = " ".join(positions.text(expression.start, expression.end).split())
    if len(text) > _MAX_TEXT:
        text = text[: _MAX_TEXT - 1] + "…"
    is_known = isinstance(expression, Literal | Constructor) or (isinstance(expression, Items) and not expression.items)
    provenance = Provenance.LITERAL if is_known else Provenance.UNRESOLVED
    return Argument(name, text, provenance, positions.span(expression.start, expression.end))
