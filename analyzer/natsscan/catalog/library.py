from __future__ import annotations

from collections.abc import Iterator

import msgspec

from natsscan.catalog.schema import FunctionRule, LibraryFile, Property
from natsscan.model.symbol import LibrarySymbol, SymbolId, SymbolKind


def library_symbols(library: LibraryFile) -> Iterator[LibrarySymbol]:
    """Yield every symbol that a library file describes."""
    for module, rule in library.modules.items():
        for name, function in rule.functions.items():
            yield _function(library, SymbolId(module, name), function, SymbolKind.FUNCTION, None)
        for name, type_rule in rule.types.items():
            yield LibrarySymbol(SymbolId(module, name), SymbolKind.TYPE, type_rule.operation, library.id)
            fields: dict[str, LibrarySymbol] = {}
            for constructor, content in type_rule.constructors.items():
                yield LibrarySymbol(
                    SymbolId(module, constructor),
                    SymbolKind.CONSTRUCTOR,
                    content.operation,
                    library.id,
                    arguments=content.arguments or tuple(content.fields.values()),
                    owner=name,
                    fields=content.fields,
                )
                for field in content.fields:
                    fields[field] = LibrarySymbol(
                        SymbolId(module, field), SymbolKind.FIELD, content.operation, library.id, owner=name
                    )
            yield from fields.values()
        for name, class_rule in rule.classes.items():
            yield LibrarySymbol(SymbolId(module, name), SymbolKind.CLASS, class_rule.operation, library.id)
            for method, function in class_rule.methods.items():
                yield _function(library, SymbolId(module, method), function, SymbolKind.METHOD, name)


def _function(
    library: LibraryFile, symbol: SymbolId, rule: FunctionRule, kind: SymbolKind, owner: str | None
) -> LibrarySymbol:
    return LibrarySymbol(
        symbol,
        kind,
        rule.operation,
        library.id,
        arguments=rule.arguments,
        owner=owner,
        record=rule.record,
        defaults={name: _show(value) for name, value in rule.defaults.items()},
        returns=rule.returns,
    )


def _show(value: Property) -> str:
    """Write a default as JSON does: `true`, `"text"`, `{}`; nothing as `none`."""
    return "none" if value is None else msgspec.json.encode(value).decode()
