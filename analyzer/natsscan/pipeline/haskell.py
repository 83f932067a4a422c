"""Haskell code: names are resolved in all of the project, and what is in scope is reported."""

from __future__ import annotations

from collections.abc import Iterable

from natsscan.core.expression import Binding
from natsscan.core.linking import with_names
from natsscan.haskell.index import ModuleIndex
from natsscan.haskell.link import link
from natsscan.haskell.options import find_options
from natsscan.haskell.reader import HaskellFile, HaskellProject, read_haskell
from natsscan.haskell.scope import Scope
from natsscan.haskell.usages import find_usages
from natsscan.model.coverage import Loss, Problem
from natsscan.model.source import SourceFile
from natsscan.model.usage import Usage
from natsscan.pipeline.options import Progress
from natsscan.pipeline.task import Found, Task
from natsscan.source.project import Project
from natsscan.source.text import TextPositions


def scan_haskell(task: Task, sources: tuple[SourceFile, ...], progress: Progress) -> Found:
    """Find the usages of libraries in Haskell code; names are resolved in the whole project."""
    parsed = 0

    def tick() -> None:
        nonlocal parsed
        parsed += 1
        progress("parsing", parsed, 0)

    haskell = read_haskell(sources, task.catalog, tick)
    index = ModuleIndex(sources, {file.source.path: file.modules[0] for file in haskell.files})
    usages: list[Usage] = []
    problems: list[Problem] = []
    positions: dict[str, TextPositions] = {}
    lowered: dict[str, dict[int, tuple[Binding, ...]]] = {}
    for done, file in enumerate(haskell.files):
        progress("resolving", done, len(haskell.files))
        path = file.source.path
        if task.project.in_scope(path):
            positions[path] = TextPositions(path, file.source.data)
            usages += _usages(task, file, haskell, index, positions[path], problems, lowered)
    every: dict[str, TextPositions] = dict(positions)

    def positions_of(source: SourceFile) -> TextPositions:
        return every.setdefault(source.path, TextPositions(source.path, source.data))

    linked = link(haskell, sources, task.catalog, index, lowered, positions_of, task.services.of)
    found = [with_names(usage, linked.names) for usage in usages]
    found += _wrapper_usages(linked.usages, usages, task.project)
    positions |= {usage.span.path: every[usage.span.path] for usage in found}
    options = find_options(sources, task.catalog, positions_of)
    return Found(tuple(found), (*problems, *linked.problems), positions, linked.calls, options)


def _wrapper_usages(wrappers: Iterable[Usage], usages: Iterable[Usage], project: Project) -> list[Usage]:
    """Return the calls of wrappers in scope, of which no usage of a library tells already."""
    known = {(usage.span.path, usage.span.start) for usage in usages}
    return [
        usage
        for usage in wrappers
        if project.in_scope(usage.span.path) and (usage.span.path, usage.span.start) not in known
    ]


def _usages(
    task: Task,
    file: HaskellFile,
    haskell: HaskellProject,
    index: ModuleIndex,
    positions: TextPositions,
    problems: list[Problem],
    lowered: dict[str, dict[int, tuple[Binding, ...]]],
) -> list[Usage]:
    """Return the usages in all readings of a file, each once.

    What could not be read goes to `problems`, what was lowered of the first reading to `lowered`.
    """
    service = task.services.of(positions.path)
    found: dict[tuple[int, int, str], Usage] = {}
    for module in file.modules:
        result = find_usages(module, Scope(module, haskell.exports), task.catalog, index, positions, service)
        lowered.setdefault(positions.path, result.bindings)
        for usage in result.usages:
            found.setdefault((usage.span.start, usage.span.end, usage.symbol), usage)
        for offset in result.too_deep:
            line = positions.position(offset)[0]
            problems.append(Problem(positions.path, line, "nested too deeply here to follow", Loss.PART))
    errors = [module.error for module in file.modules if module.error is not None]
    if errors:
        line = positions.position(min(errors))[0]
        problems.append(Problem(positions.path, line, "the Haskell grammar does not take what begins here", Loss.PART))
    return list(found.values())
