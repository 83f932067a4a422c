"""What is tried of modules that move: they parse as before, moving them twice changes nothing, and none is left."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from tree_sitter import Node

from natsscan.catalog.catalog import Catalog
from natsscan.haskell.index import ModuleIndex
from natsscan.haskell.module import Module
from natsscan.haskell.reader import parse_file, read_haskell
from natsscan.haskell.renaming import Renaming, rename
from natsscan.haskell.scope import Scope
from natsscan.haskell.usages import find_usages
from natsscan.model.patch import Check, Checks
from natsscan.model.source import FileKind, SourceFile
from natsscan.model.usage import Usage
from natsscan.source.text import TextPositions


def check(
    before: Mapping[str, bytes], after: Mapping[str, bytes], renaming: Renaming, catalog: Catalog, library: str
) -> Checks:
    """Return what is found in modules, by path, that are renamed and were using a library, by its id."""
    old = [SourceFile(path, FileKind.HASKELL, before[path]) for path in sorted(after)]
    new = [SourceFile(path, FileKind.HASKELL, after[path]) for path in sorted(after)]
    parses = all(_faults(now) <= _faults(then) for then, now in zip(old, new, strict=True))
    again = any(rename(source, renaming).replaced for source in new)
    left = any(usage.library == library for usage in _usages(new, catalog))
    return Checks(Check.PASSED, _passed(parses), _passed(not again), _passed(not left))


def _passed(result: bool) -> Check:
    return Check.PASSED if result else Check.FAILED


def _faults(source: SourceFile) -> int:
    """Return how many errors the parser meets in all readings of a file."""
    return sum(1 for module in parse_file(source) for _ in _errors(module))


def _errors(module: Module) -> Iterator[Node]:
    waiting = [module.tree.root_node]
    while waiting:
        node = waiting.pop()
        if node.is_error or node.is_missing:
            yield node
        if node.has_error:
            waiting += node.children


def _usages(sources: Sequence[SourceFile], catalog: Catalog) -> Iterator[Usage]:
    project, index = read_haskell(sources, catalog, lambda: None), ModuleIndex(sources)
    for file in project.files:
        positions = TextPositions(file.source.path, file.source.data)
        for module in file.modules:
            yield from find_usages(module, Scope(module, project.exports), catalog, index, positions, "").usages
