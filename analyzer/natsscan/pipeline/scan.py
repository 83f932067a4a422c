"""From a project on disk to a report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from natsscan.catalog.broker import Broker
from natsscan.catalog.catalog import Catalog
from natsscan.findings.judge import judge
from natsscan.findings.readers import mark_readers
from natsscan.findings.suppress import suppress
from natsscan.findings.unused import mark_unused
from natsscan.model.coverage import Coverage
from natsscan.model.definitions import Definitions
from natsscan.model.report import Report
from natsscan.model.source import PROGRAMS, FileKind
from natsscan.model.span import Span
from natsscan.model.topology import Topology
from natsscan.model.usage import Usage
from natsscan.pipeline.options import Progress, ScanOptions, Side
from natsscan.pipeline.parts import Done, scan_parts
from natsscan.pipeline.task import Part, Task
from natsscan.source.discover import Listing
from natsscan.source.kinds import Kinds, is_helmfile
from natsscan.source.project import Project
from natsscan.source.read import read_given
from natsscan.source.services import Services
from natsscan.topology.build import about, build_topology, call_of
from natsscan.topology.check import check, misfit_usage
from natsscan.topology.definitions import lines_of, read_definitions
from natsscan.topology.nats import build_nats, nats_call_of
from natsscan.topology.order import bound_before_declared
from natsscan.topology.reconcile import Reconciled, reconcile


def scan(project: Project, catalog: Catalog, options: ScanOptions, progress: Progress) -> Report:
    """Scan a project. `progress` is told the stage, how many files are done and how many there are.

    Never raises for what a file holds: what cannot be read is in the report's coverage. Raises InputError for
    definitions of the broker that cannot be read at all.
    """
    return scan_listed(project, project.tree.list(options.exclude), catalog, options, progress, {})[0]


def scan_listed(
    project: Project,
    listing: Listing,
    catalog: Catalog,
    options: ScanOptions,
    progress: Progress,
    known: Mapping[Side, Part],
) -> tuple[Report, dict[Side, Done]]:
    """Scan the files that are listed, as far as the parts are not known yet; return those that were not, too."""
    task = Task(project, catalog, options, listing.paths, Services(listing.paths, project.root.name))
    files = files_by_side(project, listing)
    done = scan_parts(task, files, known, progress)
    parts = tuple(known[side] if side in known else done[side].part for side in Side)
    return _report(task, listing, tuple(files[Side.PROGRAMS]), parts), done


def files_by_side(project: Project, listing: Listing) -> dict[Side, dict[str, FileKind]]:
    """Return the files that each part of a scan reads, with their kinds."""
    kinds = Kinds(listing.paths)
    kind_of = {path: kind for path in listing.paths if (kind := kinds.of(path)) is not None}
    return {
        Side.PROGRAMS: {path: kind for path, kind in kind_of.items() if kind in PROGRAMS},
        # Charts and helmfiles say whose the values in other files are, so all of the project are read.
        Side.OTHERS: {
            path: kind
            for path, kind in kind_of.items()
            if kind not in PROGRAMS and (project.in_scope(path) or kind is FileKind.HELM_CHART or is_helmfile(path))
        },
    }


def _report(task: Task, listing: Listing, programs: tuple[str, ...], parts: tuple[Part, ...]) -> Report:
    """Return what the parts of a scan say together. Raises InputError for definitions that cannot be read."""
    project, catalog, options = task.project, task.catalog, task.options
    usages = mark_unused((usage for part in parts for usage in part.usages), catalog, programs, project.in_scope)
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


def _with_readers(
    usages: Iterable[Usage], options: dict[str, tuple[Span, ...]], catalog: Catalog, broker: Broker
) -> tuple[Usage, ...]:
    own = [usage for usage in usages if catalog.system_of(usage.library) == broker.id]
    return mark_readers(own, options, lambda text: broker.name.search(text) is not None)
