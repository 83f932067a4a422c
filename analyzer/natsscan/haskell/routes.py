"""Clients of a broker's management API that a code base writes itself, told by the routes they declare (servant)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from natsscan.catalog.broker import Broker
from natsscan.model.questions import holds
from natsscan.model.source import SourceFile
from natsscan.model.symbol import LibrarySymbol, SymbolId, SymbolKind
from natsscan.model.usage import Operation

_MODULE = re.compile(rb"^module\s+([\w.']+)", re.MULTILINE)
_FIELD = re.compile(rb"[{,]\s*([a-z_][\w']*)\s*::([^{}]*?)(?=\n\s*[,}]|[,}]\s*[a-z_][\w']*\s*::|\})")
_RECORD = re.compile(rb"^data\s+([A-Z][\w']*)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Routes:
    """What stands for the management API in a code base: the fields of its records of routes, and those records."""

    fields: dict[SymbolId, LibrarySymbol]
    types: dict[SymbolId, LibrarySymbol]


def _parts(path: str) -> list[bytes]:
    return [part.encode() for part in path.split("/") if part]


def find_routes(sources: Iterable[SourceFile], broker: Broker) -> Routes:
    """Find the records whose fields are routes of the management API: `"api" :> "queues" :> ...`."""
    paths = (b"\\s*:>\\s*".join(b'"%b"' % re.escape(part) for part in _parts(path)) for path in broker.api_paths)
    route = re.compile(b"|".join(paths) or rb"(?!)")
    fields: dict[SymbolId, LibrarySymbol] = {}
    types: dict[SymbolId, LibrarySymbol] = {}
    for source in sources:
        if not (source.ask(holds, b'"api"') and source.ask(holds, b":>")):
            continue
        named = _MODULE.search(source.data)
        if named is None:
            continue
        module = named.group(1).decode()
        for match in _FIELD.finditer(source.data):
            if not route.search(match.group(2)):
                continue
            field = SymbolId(module, match.group(1).decode())
            fields[field] = LibrarySymbol(field, SymbolKind.FUNCTION, Operation.ADMIN, broker.id)
            records = [record.group(1) for record in _RECORD.finditer(source.data, 0, match.start())]
            if records:
                owner = SymbolId(module, records[-1].decode())
                types[owner] = LibrarySymbol(owner, SymbolKind.TYPE, Operation.ADMIN, broker.id)
    return Routes(fields, types)
