"""The one place where the stages meet: from a project on disk to a report.

Programs and all other files need nothing of each other, so they are scanned side by side. What either side needs is
imported there, since importing is a good part of the time that a scan takes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterable, Set
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from natsscan.catalog.broker import Broker, naming
from natsscan.catalog.catalog import Catalog
from natsscan.findings.judge import judge
from natsscan.findings.readers import mark_readers
from natsscan.findings.suppress import Note, read_notes, suppress
from natsscan.findings.unused import mark_unused
from natsscan.model.brokercall import BrokerCall
from natsscan.model.coverage import Coverage, KindCoverage, Loss, Problem
from natsscan.model.definitions import Definitions
from natsscan.model.report import Report
from natsscan.model.source import PROGRAMS, FileKind, SourceFile
from natsscan.model.span import Span
from natsscan.model.topology import Topology
from natsscan.model.usage import Tier, Usage
from natsscan.source.discover import list_files
from natsscan.source.kinds import Kinds, is_helmfile, is_package
from natsscan.source.project import Project
from natsscan.source.read import MAX_FILE_SIZE, read_file, read_given, text_problem
from natsscan.source.services import Services
from natsscan.source.text import TextPositions
from natsscan.topology.build import about, build_topology, call_of
from natsscan.topology.check import check, misfit_usage
from natsscan.topology.definitions import lines_of, read_definitions
from natsscan.topology.nats import build_nats, nats_call_of
from natsscan.topology.order import bound_before_declared
from natsscan.topology.reconcile import Reconciled, reconcile
from natsscan.workers import both

if TYPE_CHECKING:
    from natsscan.core.expression import Binding
    from natsscan.haskell.index import ModuleIndex
    from natsscan.haskell.reader import HaskellFile, HaskellProject
    from natsscan.surfaces.surface import Belonging, Reader

Progress = Callable[[str, int, int], None]

# Below this number of files a second process costs more than it saves.
_WORTH_A_PROCESS = 300


@dataclass(frozen=True, slots=True)
class ScanOptions:
    """What a user may set: files to leave out (`.gitignore` syntax), the largest file read in bytes, the broker's own.

    `definitions` are files that say what the broker itself holds.
    """

    exclude: tuple[str, ...] = ()
    max_file_size: int = MAX_FILE_SIZE
    definitions: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class _Task:
    """What to scan, and what is known: the same for programs and other files. `paths` are all of the project."""

    project: Project
    catalog: Catalog
    options: ScanOptions
    paths: tuple[str, ...]
    services: Services


@dataclass(frozen=True, slots=True)
class _Reading:
    """The files that could be read, with what kept others from it."""

    sources: tuple[SourceFile, ...]
    problems: tuple[Problem, ...]
    unread: dict[str, FileKind]


@dataclass(frozen=True, slots=True)
class _Found:
    """The usages in a group of files, what could not be read in them, and the positions of each file looked into."""

    usages: tuple[Usage, ...]
    problems: tuple[Problem, ...]
    positions: dict[str, TextPositions]
    calls: tuple[BrokerCall, ...] = ()
    options: dict[str, tuple[Span, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Part:
    """The share that a group of files has in the report: usages, the lines they stand on, the notes of suppression."""

    usages: tuple[Usage, ...]
    lines: dict[tuple[str, int], str]
    notes: dict[str, tuple[Note, ...]]
    problems: tuple[Problem, ...]
    files: dict[FileKind, KindCoverage]
    calls: tuple[BrokerCall, ...]
    options: dict[str, tuple[Span, ...]]


def scan(project: Project, catalog: Catalog, options: ScanOptions, progress: Progress) -> Report:
    """Scan a project. `progress` is told the stage, how many files are done and how many there are.

    Never raises for what a file holds: what cannot be read is in the report's coverage. Raises InputError for
    definitions of the broker that cannot be read at all.
    """
    listing = list_files(project.root, options.exclude)
    kinds = Kinds(listing.paths)
    kind_of = {path: kind for path in listing.paths if (kind := kinds.of(path)) is not None}
    programs = {path: kind for path, kind in kind_of.items() if kind in PROGRAMS}
    # Charts and helmfiles say whose the values in other files are, so all of the project are read.
    others = {
        path: kind
        for path, kind in kind_of.items()
        if kind not in PROGRAMS and (project.in_scope(path) or kind is FileKind.HELM_CHART or is_helmfile(path))
    }
    task = _Task(project, catalog, options, listing.paths, Services(listing.paths, project.root.name))
    if len(others) < _WORTH_A_PROCESS:
        parts = (_scan_others(task, others, progress), _scan_programs(task, programs, progress))
    else:
        parts = both(
            partial(_scan_others, task, others, lambda *_: None), partial(_scan_programs, task, programs, progress)
        )
    usages = mark_unused((usage for part in parts for usage in part.usages), catalog, tuple(programs), project.in_scope)
    options_read = {key: places for part in parts for key, places in part.options.items()}
    usages = tuple(
        usage for broker in catalog.brokers for usage in _with_readers(usages, options_read, catalog, broker)
    )
    lines = {place: line for part in parts for place, line in part.lines.items()}
    about_first = [usage for usage in usages if catalog.system_of(usage.library) == catalog.broker.id]
    calls = [call for part in parts for call in part.calls] + [
        call for usage in about_first if (call := call_of(usage))
    ]
    given = [read_given(project.root, path) for path in options.definitions]
    definitions, unread = read_definitions(given, catalog.broker) if given else (None, ())
    lines |= lines_of(definitions, given) if definitions else {}
    whole = _reconciled(build_topology(calls), definitions, catalog)
    misfits = (
        *check(whole.topology, catalog.broker.unit_of),
        *bound_before_declared(calls),
        *whole.differences,
    )
    seen = dict.fromkeys(misfit_usage(misfit, task.services.of(misfit[0].path)) for misfit in misfits)
    seen = {usage: None for usage in seen if (usage.span.path, usage.span.line) in lines}
    judged = judge((*usages, *seen), catalog, lambda usage: lines[usage.span.path, usage.span.line])
    findings, suppressed, unneeded = suppress(
        judged, {path: notes for part in parts for path, notes in part.notes.items()}
    )
    excluded = Counter(why for path, why in listing.excluded.items() if project.in_scope(path))
    problems = {problem for part in parts for problem in part.problems} | {*listing.problems, *unneeded}
    files = parts[0].files | parts[1].files
    return Report(
        root=project.root.name,
        scope=project.scope,
        rules_digest=catalog.digest,
        coverage=Coverage(
            {kind: files[kind] for kind in FileKind if kind in files},
            tuple(sorted({problem for problem in problems if project.in_scope(problem.path)} | {*unread})),
            dict(sorted(excluded.items())),
        ),
        findings=findings,
        suppressed=suppressed,
        topology=_reconciled(build_topology(about(calls, project.in_scope)), definitions, catalog).topology,
        targets={broker.id: broker.title for broker in catalog.brokers if broker.is_target},
        nats=build_nats((*calls, *filter(None, map(nats_call_of, usages))), project.in_scope),
    )


def _reconciled(code: Topology, definitions: Definitions | None, catalog: Catalog) -> Reconciled:
    export = catalog.broker.export
    return reconcile(code, definitions, export) if definitions and export else Reconciled(code, ())


def _scan_programs(task: _Task, kinds: dict[str, FileKind], progress: Progress) -> _Part:
    """Scan the programs. All of the project are read, since names lead everywhere; those in scope are reported."""
    from natsscan.haskell.clients import known_here
    from natsscan.surfaces import program_text
    from natsscan.surfaces.surface import Belonging

    catalog, nothing = task.catalog, Belonging()
    reading = _read(task, kinds, progress)
    named = naming(reading.sources, catalog.brokers, Broker.is_named)
    packages = (
        read_file(task.project.root, path, task.options.max_file_size) for path in filter(is_package, task.paths)
    )
    here = known_here(catalog, (text for text in packages if isinstance(text, bytes)), named)
    found = _haskell(replace(task, catalog=here), reading.sources, progress)
    kept, problems, positions = list(found.usages), found.problems, dict(found.positions)
    for broker in catalog.brokers:
        told = {path: source for path, source in named[broker.id].items() if broker.in_programs.search(source.data)}
        text = _surfaces(task, told.values(), broker, lambda _: program_text.read, lambda _: nothing, told)
        # Where a library is used, or what leads to it, it adds nothing that the text also names the broker.
        used = {usage.span.path for usage in found.usages if catalog.system_of(usage.library) == broker.id}
        direct = used | {usage.span.path for usage in text.usages if usage.tier is Tier.DIRECT}
        kept += (usage for usage in text.usages if usage.tier is Tier.DIRECT or usage.span.path not in direct)
        problems += text.problems
        positions |= {path: at for path, at in text.positions.items() if path not in positions}
    return _part(task, reading, replace(found, usages=tuple(kept), problems=problems, positions=positions))


def _with_readers(
    usages: Iterable[Usage], options: dict[str, tuple[Span, ...]], catalog: Catalog, broker: Broker
) -> tuple[Usage, ...]:
    own = [usage for usage in usages if catalog.system_of(usage.library) == broker.id]
    return mark_readers(own, options, lambda text: broker.name.search(text) is not None)


def _scan_others(task: _Task, kinds: dict[str, FileKind], progress: Progress) -> _Part:
    """Scan everything that is not a program."""
    from natsscan.surfaces.charts import Charts
    from natsscan.surfaces.registry import READERS

    reading = _read(task, kinds, progress)
    worth = naming(reading.sources, task.catalog.brokers, Broker.is_worth_reading)
    usages: list[Usage] = []
    problems: dict[Problem, None] = {}
    positions: dict[str, TextPositions] = {}
    for broker in task.catalog.brokers:
        # A configuration of the broker need not name it: its own name does.
        configs = (source for source in reading.sources if source.kind is FileKind.BROKER_CONFIG)
        worth[broker.id] |= {source.path: source for source in configs if broker.name.search(source.path)}
        if worth[broker.id]:
            charts = Charts(task.paths, reading.sources, broker)
            found = _surfaces(task, reading.sources, broker, READERS.get, charts.belonging, worth[broker.id])
            usages += found.usages
            problems |= dict.fromkeys((*charts.problems, *found.problems))
            positions |= {path: at for path, at in found.positions.items() if path not in positions}
    return _part(task, reading, _Found(tuple(usages), tuple(problems), positions))


def _part(task: _Task, reading: _Reading, found: _Found) -> _Part:
    lines = {
        (path, usage.span.line): found.positions[path].line_at(usage.span.start)
        for usage in found.usages
        for path in [usage.span.path]
    }
    notes = {
        path: notes for path, at in found.positions.items() if (notes := read_notes(at.data, task.catalog.secrets))
    }
    problems = (*reading.problems, *found.problems)
    files = _count(task.project, reading, found.positions.keys(), problems)
    return _Part(found.usages, lines, notes, problems, files, found.calls, found.options)


def _read(task: _Task, kinds: dict[str, FileKind], progress: Progress) -> _Reading:
    sources: list[SourceFile] = []
    problems: list[Problem] = []
    unread: dict[str, FileKind] = {}
    for done, (path, kind) in enumerate(kinds.items()):
        progress("reading", done, len(kinds))
        data = read_file(task.project.root, path, task.options.max_file_size)
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


def _haskell(task: _Task, sources: tuple[SourceFile, ...], progress: Progress) -> _Found:
    """Find the usages of libraries in Haskell code; names are resolved in the whole project."""
    from natsscan.haskell.index import ModuleIndex
    from natsscan.haskell.link import link, with_names
    from natsscan.haskell.options import find_options
    from natsscan.haskell.reader import read_haskell

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
    return _Found(tuple(found), (*problems, *linked.problems), positions, linked.calls, options)


def _wrapper_usages(wrappers: Iterable[Usage], usages: Iterable[Usage], project: Project) -> list[Usage]:
    """Return the calls of wrappers in scope, of which no usage of a library tells already."""
    known = {(usage.span.path, usage.span.start) for usage in usages}
    return [
        usage
        for usage in wrappers
        if project.in_scope(usage.span.path) and (usage.span.path, usage.span.start) not in known
    ]


def _usages(
    task: _Task,
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
    from natsscan.haskell.scope import Scope
    from natsscan.haskell.usages import find_usages

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


def _surfaces(
    task: _Task,
    sources: Iterable[SourceFile],
    broker: Broker,
    reader_of: Callable[[FileKind], Reader | None],
    belonging_of: Callable[[SourceFile], Belonging],
    worth: Container[str],
) -> _Found:
    """Read files by their kind's reader, as far as `worth` has their paths or they are in a chart of the broker.

    `belonging_of` names the broker's charts that they are in.
    """
    from natsscan.surfaces.charts import belonging
    from natsscan.surfaces.surface import Surface

    usages: list[Usage] = []
    problems: list[Problem] = []
    positions: dict[str, TextPositions] = {}
    for source in sources:
        reader = reader_of(source.kind)
        if reader is None or not task.project.in_scope(source.path):
            continue
        to = belonging_of(source)
        if to.owner or to.blocks or source.path in worth:
            at = positions[source.path] = TextPositions(source.path, source.data)
            surface = Surface(
                source, at, task.services.of(source.path), broker, task.catalog.secrets, to.owner, to.blocks
            )
            result = reader(surface)
            usages += result.usages or belonging(surface).usages
            problems += result.problems
    return _Found(tuple(usages), tuple(problems), positions)


def _count(
    project: Project, reading: _Reading, parsed: Set[str], problems: tuple[Problem, ...]
) -> dict[FileKind, KindCoverage]:
    partly = {problem.path for problem in problems if problem.loss is Loss.PART}
    counted = {}
    for kind in {source.kind for source in reading.sources} | set(reading.unread.values()):
        read = [source.path for source in reading.sources if source.kind is kind and project.in_scope(source.path)]
        skipped = sum(1 for path, what in reading.unread.items() if what is kind and project.in_scope(path))
        counted[kind] = KindCoverage(
            seen=len(read) + skipped,
            read=len(read),
            partial=len(partly.intersection(read)),
            skipped=skipped,
            parsed=len(parsed & set(read)),
        )
    return counted
