"""Dependencies that nothing uses: what a package declares, against what the modules of its component import."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from posixpath import normpath

from natsscan.catalog.catalog import Catalog
from natsscan.model.usage import Argument, Operation, Provenance, Usage


def mark_unused(
    usages: Iterable[Usage], catalog: Catalog, programs: tuple[str, ...], in_scope: Callable[[str], bool]
) -> tuple[Usage, ...]:
    """Give each dependency on a library that no module of its component imports the argument `unused`.

    A dependency tells the folders of its component's modules in the argument `sources`. `programs` are the paths of
    all programs: of a component without any, and of one that is not all in scope, nothing is said.
    """
    usages = tuple(usages)
    imports: dict[str, set[str]] = {}
    for usage in usages:
        if usage.operation is Operation.IMPORT:
            imports.setdefault(usage.library, set()).add(usage.span.path)
    with_programs = _around(programs)
    importing = {library: _around(paths) for library, paths in imports.items()}
    libraries: dict[str, list[str]] = {}
    for library in catalog.libraries:
        for package in library.packages:
            libraries.setdefault(package, []).append(library.id)

    def marked(usage: Usage) -> Usage:
        known = libraries.get(usage.symbol)
        folders = _folders(usage)
        if usage.operation is not Operation.DEPENDENCY or known is None or not folders:
            return usage
        if not all(map(in_scope, folders)) or with_programs.isdisjoint(folders):
            return usage
        if any(not importing[library].isdisjoint(folders) for library in known if library in importing):
            return usage
        where = "no module under " + ", ".join(folders)
        return replace(usage, arguments=(*usage.arguments, Argument("unused", where, Provenance.COMPUTED, None)))

    return tuple(map(marked, usages))


def _folders(usage: Usage) -> tuple[str, ...]:
    """Return the folders of a dependency's component, relative to the project's root."""
    package = usage.span.path.rpartition("/")[0]
    sources = next((argument.text for argument in usage.arguments if argument.name == "sources"), "")
    return tuple(normpath(f"{package}/{folder}" if package else folder) for folder in sources.split(", ") if folder)


def _around(paths: Collection[str]) -> frozenset[str]:
    """Return the folders that some files are in, at any depth, `.` for the root."""
    found = {"."} if paths else set()
    for path in paths:
        folder = path.rpartition("/")[0]
        while folder and folder not in found:
            found.add(folder)
            folder = folder.rpartition("/")[0]
    return frozenset(found)
