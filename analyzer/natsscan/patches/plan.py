"""All patches of a report, stage by stage: what edits can do, and what people have to write."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from natsscan.catalog.catalog import Catalog
from natsscan.catalog.replacements import Replacements
from natsscan.model.finding import Finding
from natsscan.model.mapping import Fidelity, Gap
from natsscan.model.mapping import Mapping as NatsMapping
from natsscan.model.patch import Applicability, Edit, NewFile, Patch, RemovedFile, Stage, digest, edit
from natsscan.model.report import Report
from natsscan.model.source import PROGRAMS, FileKind, SourceFile
from natsscan.model.usage import Tier, Usage
from natsscan.patches import drafts
from natsscan.patches.brokerfiles import brings_another, chart_twin, removals
from natsscan.patches.calls import manual_patches
from natsscan.patches.checks import checked
from natsscan.patches.compat import names_that_stay
from natsscan.patches.context import Context
from natsscan.patches.helmfiles import Helmfiles, new_values, read_helmfiles
from natsscan.patches.leftover import hold
from natsscan.patches.moving import Layer
from natsscan.patches.native import Native, client_of, lay_out, with_client
from natsscan.patches.pinned import Pinned, find_pinned
from natsscan.patches.place import Place, Switch, broker_templates
from natsscan.patches.rendering import Rendering
from natsscan.patches.routes import move_programs
from natsscan.source.helm import Render
from natsscan.source.kinds import Kinds, is_helmfile

if TYPE_CHECKING:  # it needs LibCST
    from natsscan.patches.python.layer import PythonLayer

_HELM = frozenset({FileKind.HELM_CHART, FileKind.HELM_VALUES, FileKind.HELM_TEMPLATE})
_KINDS = frozenset(kind.value for kind in FileKind if kind not in PROGRAMS)
_ADDS = "Only adds: nothing that runs today reads it."
_RUNS_MORE = (
    "It runs commands once more, for {}: see that the files and folders they name are there, and that they do not "
    "write what those beside them have written."
)
_SWITCHES = "These lines can be about one broker only. Make it when the programs that read them have moved."
_TOGETHER = (
    "It is about what several places do together, and no edit of this one mends it: decide what NATS is to keep."
)
_TOPOLOGY = "topology"
_REMOVES = "What it removes is about {} alone; make it when nothing reads or runs that any more."


@dataclass(frozen=True, slots=True)
class _File:
    """A file of the report with the broker's usages in it, and the places that its editor found."""

    path: str
    data: bytes
    usages: tuple[Usage, ...]
    places: tuple[Place, ...]
    switches: tuple[Switch, ...]


@dataclass(frozen=True, slots=True)
class _Part:
    """What is changed together: the files with findings.

    Of a chart of the broker, `whole` are all its files. `creates` are the files that come beside, such as those of
    another chart, and `orphans` files without findings that are there for the broker alone. Of `replaced` files one of
    `creates` takes the place.
    """

    service: str
    area: str
    files: tuple[_File, ...]
    whole: Mapping[str, bytes]
    creates: tuple[NewFile, ...]
    orphans: Mapping[str, bytes]
    replaced: frozenset[str]


def make_patches(
    report: Report,
    mapping: NatsMapping,
    catalog: Catalog,
    read: Callable[[str], bytes | None],
    paths: Iterable[str],
    render: Render | None = None,
    layer: Layer | None = None,
    native: Native | None = None,
    python: PythonLayer | None = None,
) -> tuple[Patch, ...]:
    """Return all patches, tried, by stage and title.

    `read` gives the bytes of a file of the project, None if it is gone; `paths` are all its files. `render` renders
    charts, where something can. Programs are moved to a `layer`, those in Python to `python` of that; without one
    people write them anew, with what `native` puts beside them.
    """
    paths = frozenset(paths)
    moves = move_programs(layer, python, report, mapping, catalog, read, paths) if layer is not None else None
    if moves is not None:
        catalog = moves.catalog
    if native is not None:
        catalog = with_client(catalog, client_of(native, paths))
    findings = [f for f in report.to_migrate.findings if f.usage.tier is Tier.DIRECT]
    known = {_key(finding.usage): finding for finding in findings}
    by_file: dict[str, list[Usage]] = {}
    for finding in findings:
        if finding.usage.language in _KINDS:
            by_file.setdefault(finding.usage.span.path, []).append(finding.usage)
    kinds = {path: FileKind(usages[0].language) for path, usages in by_file.items()}
    sources = _sources(kinds, read)
    templates = broker_templates(finding.usage for finding in findings)
    all_helmfiles = _sources(dict.fromkeys(filter(is_helmfile, paths), FileKind.YAML), read)  # also without the broker
    helmfiles = read_helmfiles(all_helmfiles, paths, catalog.broker, catalog.replacements)
    pinned = _pinned(sources, all_helmfiles, paths, catalog)
    route, rules = (moves.route, layer.rules) if moves is not None and layer is not None else (None, None)
    context = Context(catalog, pinned, templates, helmfiles, route, rules, python)
    areas: dict[str, list[_File]] = {}
    services: dict[str, str] = {}
    manual: dict[tuple[str, str], list[Finding]] = {}
    kept = list(moves.kept) if moves is not None else []
    charts = Kinds(paths)
    for source in sources:
        usages = tuple(by_file[source.path])
        reading = context.read(source, usages)
        area = _area(source.path, source.kind, charts, helmfiles)
        services.setdefault(area, usages[0].service)
        areas.setdefault(area, []).append(_File(source.path, source.data, usages, reading.places, reading.switches))
        if not (source.kind in _HELM and _is_chart(area, paths, catalog)):  # those move as a whole
            kept += [known[_key(usage)] for usage in reading.kept]
            why = [*reading.others, *((usage, place.reason) for place in reading.places for usage in place.answers)]
            for usage, reason in why:
                if reason:
                    manual.setdefault((source.path, reason), []).append(known[_key(usage)])
    for finding in findings:
        if finding.usage.language == _TOPOLOGY:
            told = f"{finding.message}. {_TOGETHER}"
            manual.setdefault((finding.usage.span.path, told), []).append(finding)
    found: list[Patch] = []
    names = (catalog.broker.title, report.targets.get(catalog.replacements.rules.target, "its successor"))
    for area, files in sorted(areas.items()):
        chart = [p for p in sorted(paths) if p.startswith(f"{area}/")] if _is_chart(area, paths, catalog) else []
        whole = {path: data for path in chart if (data := read(path)) is not None}
        values = dict(_new_values(area, files, helmfiles, catalog.replacements, read, charts))
        creates = (*chart_twin(area, whole, catalog.replacements), *values.values())
        mounts = {path for file in files for place in file.places if place.can_go for path in place.mounts}
        orphans = {path: data for path in mounts & paths - kinds.keys() if (data := read(path)) is not None}
        missing = tuple(new for new in creates if read(new.path) is None)
        belongs = _Part(services[area], area, tuple(files), whole, missing, orphans, frozenset(values))
        found += _patches(belongs, mapping.gaps, known, names)
    if moves is not None:
        found = [moves.following(patch, kinds) for patch in found]
        kinds |= moves.programs(charts)
        found += moves.patches
    else:
        found += lay_out(native, read, paths) if native is not None else []
        found += manual_patches(findings, mapping, native.told_by if native is not None else None)
    tried = checked(found, context, read, kinds, Rendering(render, paths, read, tuple(all_helmfiles)))
    tried, held = hold(tried, findings, helmfiles, read, paths)
    for each in held:
        manual.setdefault((each.path, each.reason), []).extend(each.findings)
    tried += tuple(drafts.by_hand(path, why, told, mapping) for (path, why), told in sorted(manual.items()) if told)
    tried += (names_that_stay(kept, names[0]),) if kept else ()
    return tuple(sorted(tried, key=lambda patch: (patch.stage.rank, patch.title, patch.id)))


def _sources(kinds: Mapping[str, FileKind], read: Callable[[str], bytes | None]) -> list[SourceFile]:
    """Return files with their bytes, by path; those that are gone are left out."""
    every = ((path, kind, read(path)) for path, kind in sorted(kinds.items()))
    return [SourceFile(path, kind, data) for path, kind, data in every if data is not None]


def _pinned(
    sources: Iterable[SourceFile], helmfiles: Iterable[SourceFile], paths: frozenset[str], catalog: Catalog
) -> Pinned:
    """Return what cannot move; helmfiles tell it though they may not name the broker."""
    charts = {posixpath.basename(posixpath.dirname(path)) for path in paths if path.endswith("/Chart.yaml")}
    return find_pinned(sources, helmfiles, charts, catalog.broker)


def _area(path: str, kind: FileKind, charts: Kinds, helmfiles: Helmfiles) -> str:
    """Return what a file is changed together with: its chart, or the helmfile that names it; others go one by one."""
    chart, helmfile = charts.chart_of(path), helmfiles.changed_with(path)
    if not chart and helmfile is not None:
        return helmfile
    if kind not in _HELM:
        return path
    folder = path.partition("/templates/")[0] if "/templates/" in path else posixpath.dirname(path)
    return folder or path


def _new_values(
    area: str,
    files: Iterable[_File],
    helmfiles: Helmfiles,
    replacements: Replacements,
    read: Callable[[str], bytes | None],
    charts: Kinds,
) -> Iterator[tuple[str, NewFile]]:
    """Yield the files of values for the broker, each with the one that a release beside names, for a helmfile."""
    added = b"".join(place.twin or b"" for file in files for place in file.places if file.path == area)
    for old, new in sorted(helmfiles.twins.items()):
        data, name = read(old), posixpath.relpath(new, posixpath.dirname(area) or ".")
        if data is not None and old in helmfiles.named.get(area, ()) and name.encode() in added:
            chart = charts.named(posixpath.normpath(posixpath.join(posixpath.dirname(area), helmfiles.charts[old])))
            is_own = helmfiles.charts[old].startswith(".")
            wraps = chart is not None and brings_another(
                read(f"{chart}/Chart.yaml"), read(f"{chart}/requirements.yaml")
            )
            yield old, NewFile(new, new_values(data, is_own, is_own and wraps, replacements))


def _is_chart(area: str, paths: Iterable[str], catalog: Catalog) -> bool:
    """Tell whether a part of the tree is a chart of the broker."""
    return posixpath.basename(area) in catalog.broker.charts and f"{area}/Chart.yaml" in paths


def _patches(
    part: _Part,
    gaps: Iterable[Gap],
    known: Mapping[tuple[str, int, str], Finding],
    names: tuple[str, str],
) -> list[Patch]:
    """Return the patch that puts the target beside, and the one that removes what it stood beside."""
    added: list[Edit] = []
    run: list[Edit] = []
    about_run: list[Usage] = []
    removed: list[Edit] = []
    gone = list(removals({**part.whole, **part.orphans}))
    about: list[Usage] = []
    cleared: list[Usage] = []
    for file in part.files:
        if file.path in part.whole:
            about += file.usages if part.creates else ()
            cleared += file.usages
            continue
        about += file.usages if file.path in part.replaced and part.creates else ()
        cuts = [place for place in file.places if place.can_go]
        cleared += [usage for place in cuts for usage in place.answers]
        for place in file.places:
            if place.twin:
                (added if place.is_safe else run).append(
                    edit(file.path, file.data, place.beside, place.beside, place.twin)
                )
                (about if place.is_safe else about_run).extend(place.answers)
        if cuts and not any(place.twin is not None for place in file.places) and _is_empty_without(file.data, cuts):
            gone.append(RemovedFile(file.path, digest(file.data)))
        else:
            removed += [edit(file.path, file.data, place.start, place.end, b"") for place in cuts]
    found = []
    if added or part.creates:
        reason = f"{_ADDS}{_rationale(about, gaps)}"
        title = f"{part.area}: {names[1]} beside {names[0]}"
        patch = _patch(Stage.PREPARE, Applicability.SAFE, title, reason, part.service, about, known)
        found.append(replace(patch, edits=tuple(added), creates=part.creates, area=part.area))
    if run:
        title = f"{part.area}: {names[1]} beside {names[0]}, in what runs"
        patch = _patch(
            Stage.PREPARE,
            Applicability.UNSAFE,
            title,
            f"{_RUNS_MORE.format(names[1])}{_rationale(about_run, gaps)}",
            part.service,
            about_run,
            known,
        )
        found.append(replace(patch, edits=tuple(run), area=part.area))
    switches = [(file, each) for file in part.files if file.path not in part.whole for each in file.switches]
    if switches:
        title = f"{part.area}: {names[1]} in the place of {names[0]}"
        usages = [usage for _, each in switches for usage in each.answers]
        reason = f"{_SWITCHES}{_rationale(usages, gaps)}"
        patch = _patch(Stage.CUT_OVER, Applicability.UNSAFE, title, reason, part.service, usages, known)
        edits = tuple(edit(file.path, file.data, each.start, each.end, each.text) for file, each in switches)
        found.append(replace(patch, edits=edits, area=part.area))
    if removed or gone:
        title = f"{part.area}: {names[0]} goes"
        reason = f"{_REMOVES.format(names[0])}{_rationale(cleared, gaps)}"
        patch = _patch(Stage.CLEAN_UP, Applicability.UNSAFE, title, reason, part.service, cleared, known)
        found.append(replace(patch, edits=tuple(removed), removes=tuple(gone), area=part.area))
    return found


def _is_empty_without(data: bytes, cuts: Iterable[Place]) -> bool:
    """Tell whether nothing but comments is left of a file."""
    parts, at = [], 0
    for place in sorted(cuts, key=lambda place: place.start):
        parts.append(data[at : place.start])
        at = place.end
    left = b"".join([*parts, data[at:]])
    return all(line.strip() in (b"", b"---") or line.lstrip().startswith(b"#") for line in left.splitlines())


def _rationale(usages: Iterable[Usage], gaps: Iterable[Gap]) -> str:
    """Return what a patch keeps of the AMQP side, in the words of the gap that it closes; empty if it closes none."""
    spans = {usage.span for usage in usages}
    gap = next((g for g in gaps if g.fidelity is not Fidelity.EXACT and spans.intersection(g.at)), None)
    return f" It is about {gap.property}: {gap.advice}" if gap else ""


def _patch(
    stage: Stage,
    applicability: Applicability,
    title: str,
    reason: str,
    service: str,
    usages: Iterable[Usage],
    known: Mapping[tuple[str, int, str], Finding],
) -> Patch:
    findings = [known[_key(usage)] for usage in usages]
    return drafts.about(stage, applicability, title, reason, service, findings)


def _key(usage: Usage) -> tuple[str, int, str]:
    return usage.span.path, usage.span.start, usage.symbol
