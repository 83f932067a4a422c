"""Scanning in memory, for tests that are about what is found rather than about files."""

from __future__ import annotations

from natsscan.catalog.catalog import Catalog
from natsscan.haskell.index import ModuleIndex
from natsscan.haskell.reader import read_haskell
from natsscan.haskell.scope import Scope
from natsscan.haskell.usages import find_usages
from natsscan.model.source import FileKind, SourceFile
from natsscan.model.usage import Usage
from natsscan.source.text import TextPositions
from natsscan.surfaces.surface import Reader, Surface, SurfaceReading


def usages_in(files: dict[str, str], catalog: Catalog) -> list[Usage]:
    sources = [SourceFile(path, FileKind.HASKELL, text.encode()) for path, text in files.items()]
    project = read_haskell(sources, catalog, lambda: None)
    index = ModuleIndex(sources)
    found: dict[tuple[str, int, str], Usage] = {}
    for file in project.files:
        positions = TextPositions(file.source.path, file.source.data)
        for module in file.modules:
            scope = Scope(module, project.exports)
            for usage in find_usages(module, scope, catalog, index, positions, "service").usages:
                found[usage.span.path, usage.span.start, usage.symbol] = usage
    return sorted(found.values(), key=lambda usage: usage.span)


def read_surface(
    reader: Reader, kind: FileKind, path: str, text: str | bytes, catalog: Catalog, owner: str | None = None
) -> SurfaceReading:
    data = text if isinstance(text, bytes) else text.encode()
    source = SourceFile(path, kind, data)
    return reader(Surface(source, TextPositions(path, data), "service", catalog.broker, catalog.secrets, owner))
