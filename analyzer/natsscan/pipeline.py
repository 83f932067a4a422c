"""The one place where the stages meet: from a project on disk to a report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from natsscan.catalog.catalog import Catalog
from natsscan.findings.judge import judge
from natsscan.findings.suppress import suppress
from natsscan.haskell.index import ModuleIndex
from natsscan.haskell.reader import HaskellFile, HaskellProject, read_haskell
from natsscan.haskell.scope import Scope
from natsscan.haskell.usages import find_usages
from natsscan.model.coverage import Coverage, KindCoverage, Loss, Problem
from natsscan.model.report import Report
from natsscan.model.source import FileKind, SourceFile
from natsscan.model.usage import Usage
from natsscan.source.discover import list_files
from natsscan.source.kinds import Kinds
from natsscan.source.project import Project
from natsscan.source.read import MAX_FILE_SIZE, read_file, text_problem
from natsscan.source.services import Services
from natsscan.source.text import TextPositions
from natsscan.surfaces.registry import READERS
from natsscan.surfaces.surface import Surface

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class ScanOptions:
    """What a user may set: files to leave out (`.gitignore` syntax), and the largest file read, in bytes."""

    exclude: tuple[str, ...] = ()
    max_file_size: int = MAX_FILE_SIZE


@dataclass(frozen=True, slots=True)
class _Reading:
    """The files of the project that could be read, with what kept others from it."""

    sources: tuple[SourceFile, ...]
    problems: tuple[Problem, ...]
    unread: dict[str, FileKind]


def scan(project: Project, catalog: Catalog, options: ScanOptions, progress: Progress) -> Report:
    """Scan a project. `progress` is told the stage, how many files are done and how many there are.

    Never raises for what a file holds: what cannot be read is in the report's coverage.
    """
    listing = list_files(project.root, options.exclude)
    reading = _read(project, listing.paths, options, progress)
    services = Services(listing.paths, project.root.name)
    haskell = _parse(reading.sources, catalog, progress)
    files = {file.source.path: file.source.data for file in haskell.files if project.in_scope(file.source.path)}
    positions = {path: TextPositions(path, data) for path, data in files.items()}
    problems = [*listing.problems, *reading.problems]

    index = ModuleIndex(source for source in reading.sources if source.kind is FileKind.HASKELL)
    usages: list[Usage] = []
    for file in haskell.files:
        if file.source.path in files:
            at = positions[file.source.path]
            usages += _usages(file, haskell, catalog, index, at, services.of(file.source.path), problems)
    for source in reading.sources:
        reader = READERS.get(source.kind)
        if reader and project.in_scope(source.path) and catalog.broker.is_worth_reading(source.data):
            files[source.path] = source.data
            at = positions[source.path] = TextPositions(source.path, source.data)
            result = reader(Surface(source, at, services.of(source.path), catalog.broker))
            usages += result.usages
            problems += result.problems
    judged = judge(usages, catalog, lambda usage: positions[usage.span.path].line_text(usage.span.line))
    findings, suppressed, unused = suppress(judged, files)
    problems += unused
    excluded = Counter(why for path, why in listing.excluded.items() if project.in_scope(path))
    in_scope = tuple(sorted({problem for problem in problems if project.in_scope(problem.path)}))
    return Report(
        root=project.root.name,
        scope=project.scope,
        rules_digest=catalog.digest,
        coverage=Coverage(_count(project, reading, files, in_scope), in_scope, dict(sorted(excluded.items()))),
        findings=findings,
        suppressed=suppressed,
    )


def _read(project: Project, paths: tuple[str, ...], options: ScanOptions, progress: Progress) -> _Reading:
    kinds = Kinds(paths)
    wanted = [(path, kind) for path in paths if (kind := kinds.of(path)) is not None]
    sources: list[SourceFile] = []
    problems: list[Problem] = []
    unread: dict[str, FileKind] = {}
    for done, (path, kind) in enumerate(wanted):
        progress("reading", done, len(wanted))
        data = read_file(project.root, path, options.max_file_size)
        if data is None:
            continue
        problem = data if isinstance(data, Problem) else text_problem(path, data)
        if problem is not None:
            problems.append(problem)
        if isinstance(data, Problem) or (problem is not None and problem.loss is Loss.WHOLE):
            unread[path] = kind
        else:
            sources.append(SourceFile(path, kind, data))
    return _Reading(tuple(sources), tuple(problems), unread)


def _parse(sources: tuple[SourceFile, ...], catalog: Catalog, progress: Progress) -> HaskellProject:
    parsed = 0

    def tick() -> None:
        nonlocal parsed
        parsed += 1
        progress("parsing", parsed, 0)

    return read_haskell((source for source in sources if source.kind is FileKind.HASKELL), catalog, tick)


def _usages(
    file: HaskellFile,
    haskell: HaskellProject,
    catalog: Catalog,
    index: ModuleIndex,
    positions: TextPositions,
    service: str,
    problems: list[Problem],
) -> list[Usage]:
    """Return the usages in all readings of a file, each once, and note what could not be read of it."""
    found: dict[tuple[int, int, str], Usage] = {}
    for module in file.modules:
        result = find_usages(module, Scope(module, haskell.exports), catalog, index, positions, service)
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


def _count(
    project: Project, reading: _Reading, parsed: dict[str, bytes], problems: tuple[Problem, ...]
) -> dict[FileKind, KindCoverage]:
    partly = {problem.path for problem in problems if problem.loss is Loss.PART}
    counted = {}
    for kind in FileKind:
        read = [source.path for source in reading.sources if source.kind is kind and project.in_scope(source.path)]
        skipped = sum(1 for path, what in reading.unread.items() if what is kind and project.in_scope(path))
        counted[kind] = KindCoverage(
            seen=len(read) + skipped,
            read=len(read),
            partial=len(partly.intersection(read)),
            skipped=skipped,
            parsed=len(parsed.keys() & set(read)),
        )
    return counted
