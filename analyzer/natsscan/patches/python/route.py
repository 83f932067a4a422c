"""The route of Python code: the package in each service, and all modules of a service onto it at once."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from natsscan.catalog.catalog import Catalog
from natsscan.model.finding import Finding
from natsscan.model.mapping import Mapping as NatsMapping
from natsscan.model.patch import Applicability, Edit, Patch, Stage, edit
from natsscan.model.report import Report
from natsscan.model.source import FileKind
from natsscan.model.usage import Operation, Tier
from natsscan.patches.calls import manual_patches
from natsscan.patches.drafts import about
from natsscan.patches.hindrance import Hindrance, told
from natsscan.patches.python.layer import PythonLayer
from natsscan.patches.python.moving import Moving, find_moving
from natsscan.patches.python.shipping import shipping
from natsscan.patches.python.units import Home
from natsscan.patches.written import is_ours, written
from natsscan.source.services import Services
from natsscan.topology.flows import queue_flows

_ADDS = "Only adds: nothing imports it yet. It needs {}."
_RENEWS = "It is written anew for what the code declares today."
_MOVES = (
    "All modules that import it at once, as they share its classes: read what the package does as it starts to be used."
)
_PARTED = "{} and {} share {}, and speak to two brokers when one of them has moved: move them together."
_HINDERED = "Modules of {} that import {} move all at once, and something stands against it."
_TOLD = 12
_PACKAGE = "__init__.py"


@dataclass(frozen=True, slots=True)
class PythonMoved:
    """What the route makes of Python code: patches, findings that need nothing, and which services move, did or stay.

    `packages` are those of the libraries, which go when no service needs them any more; `folders` are where the package
    that takes their place stands, by service.
    """

    patches: tuple[Patch, ...]
    kept: tuple[Finding, ...]
    moving: frozenset[str]
    staying: frozenset[str]
    packages: frozenset[str]
    folders: Mapping[str, str]


def move_python(
    layer: PythonLayer,
    report: Report,
    mapping: NatsMapping,
    catalog: Catalog,
    read: Callable[[str], bytes | None],
    paths: Iterable[str],
) -> PythonMoved:
    """Return the patches for a project's Python code; those that write the same as is there already are none.

    `read` gives the bytes of a file of the project, `paths` are all its files.
    """
    paths, rules = frozenset(paths), layer.rules
    services = Services(paths, report.root)
    findings = [
        f for f in report.to_migrate.findings if f.usage.language == FileKind.PYTHON and f.usage.tier is Tier.DIRECT
    ]

    def is_free(folder: str) -> bool:
        there = read(posixpath.join(folder, _PACKAGE))
        return there is None or is_ours(there)

    homes = _homes(layer, read, paths)
    in_scope = _scope(report.scope)
    units = find_moving(layer, catalog, paths, in_scope, services, is_free, homes)
    open_units = [unit for unit in units if not unit.hindrances]
    moving = frozenset(service for unit in open_units for service in unit.unit.services)
    others = (u for u in layer.usages if u.library not in rules.libraries)
    staying = frozenset(u.service for u in others if catalog.system_of(u.library) == catalog.broker.id)
    staying |= {service for unit in units if unit.hindrances for service in unit.unit.services}
    there = {services.of(path) for path, data in layer.sources.items() if _is_on(layer.rules.package, data)}
    ours: dict[str, list[Finding]] = {}
    kept: list[Finding] = []
    left: list[Finding] = []
    for finding in findings:
        usage = finding.usage
        if usage.service in moving and usage.library in rules.libraries:
            ours.setdefault(usage.service, []).append(finding)
        elif usage.service not in staying and usage.operation in (Operation.CONFIG, Operation.ENV):
            kept.append(finding)
        else:
            left.append(finding)
    found = manual_patches(left, mapping)
    renewed = _renewed(layer, homes, read, in_scope, {home for unit in open_units for home in unit.homes})
    found += renewed
    for unit in units:
        mine = [finding for service in unit.unit.services for finding in ours.get(service, ())]
        if unit.hindrances:
            found += [_hindered(unit)] if any(map(in_scope, unit.unit.homes)) else []
        else:
            found += [*_packages(unit, layer, read), _moved(unit, layer, mine, read, report, staying)]
            found += _told(unit, shipping(unit.unit, unit.package, read, paths))
    folders = {service: unit.homes[0].folder for unit in open_units for service in unit.unit.services}
    packages = frozenset(
        name for each in catalog.python.libraries if each.id in rules.libraries for name in each.packages
    )
    patches = tuple(patch for patch in found if patch.paths or patch.instructions)
    return PythonMoved(patches, tuple(kept), moving | there - staying, staying, packages, folders)


def _scope(scope: Sequence[str]) -> Callable[[str], bool]:
    """Return what tells whether a path lies under one of those that a user named."""
    return lambda path: any(part == "." or path == part or path.startswith(f"{part}/") for part in scope)


def _is_on(package: str, data: bytes) -> bool:
    """Tell whether a file imports something from the package."""
    return re.search(rb"(?m)(?:^|[;:])[ \t]*(?:from|import)[ \t][^\n]*\b%b\b" % package.encode(), data) is not None


def _homes(layer: PythonLayer, read: Callable[[str], bytes | None], paths: Iterable[str]) -> dict[Home, frozenset[str]]:
    """Return where the package stands already, each with the libraries that it has there."""
    tops: dict[str, set[str]] = {}
    for path in sorted(paths):
        folder, _, name = path.rpartition("/")
        if name == _PACKAGE and posixpath.basename(folder) == layer.rules.package and is_ours(read(path) or b""):
            tops.setdefault(folder, set())
        above, top = posixpath.split(folder)
        if name == _PACKAGE and top in layer.rules.tops and above in tops:
            tops[above].add(top)
    return {Home(folder, ""): frozenset(some) for folder, some in tops.items()}


def _renewed(
    layer: PythonLayer,
    homes: Mapping[Home, frozenset[str]],
    read: Callable[[str], bytes | None],
    in_scope: Callable[[str], bool],
    others: Iterable[Home],
) -> Iterator[Patch]:
    """Yield the patches that bring the package up to date where it stands and nothing new moves to it."""
    served = {home.folder for home in others}
    for home, tops in homes.items():
        if home.folder not in served and in_scope(home.folder):
            files = {posixpath.join(home.folder, path): text.encode() for path, text in layer.files_for(tops).items()}
            yield _package(home, files, sorted(tops), layer, read, "")


def _packages(unit: Moving, layer: PythonLayer, read: Callable[[str], bytes | None]) -> Iterator[Patch]:
    for home in unit.homes:
        files = {path: data for path, data in unit.package.items() if path.startswith(f"{home.folder}/")}
        tops = sorted(top for top in layer.rules.tops if posixpath.join(home.folder, top, _PACKAGE) in files)
        yield _package(home, files, tops, layer, read, unit.unit.services[0])


def _package(
    home: Home,
    files: Mapping[str, bytes],
    tops: Sequence[str],
    layer: PythonLayer,
    read: Callable[[str], bytes | None],
    service: str,
) -> Patch:
    """Return the patch that creates the package or brings it up to date; it has no edits if there is nothing to do."""
    creates, renewed = written(files, read)
    reason = _RENEWS if renewed else _ADDS.format(" and ".join(layer.rules.requires))
    title = f"{home.folder}: what the code uses of {' and '.join(tops)}, on JetStream"
    patch = about(Stage.PREPARE, Applicability.SAFE, title, reason, service, [])
    return replace(patch, edits=renewed, creates=creates, area=home.folder)


def _moved(
    unit: Moving,
    layer: PythonLayer,
    findings: Sequence[Finding],
    read: Callable[[str], bytes | None],
    report: Report,
    staying: frozenset[str],
) -> Patch:
    edits: list[Edit] = []
    for path, replaced in sorted(unit.edits.items()):
        data = read(path) or b""
        edits += [edit(path, data, start, end, new) for start, end, new in replaced]
    libraries = " and ".join(unit.libraries)
    title = f"Python, {unit.unit.title}: {layer.rules.package} in the place of {libraries}"
    reason = " ".join([_MOVES, *_parted(unit, layer, staying)])
    patch = about(Stage.CUT_OVER, Applicability.UNSAFE, title, reason, unit.unit.services[0], findings)
    named = {
        f.usage.span.path
        for f in report.to_migrate.findings
        if f.usage.operation is Operation.DEPENDENCY and f.usage.service in unit.unit.services
    }
    folders = [home.folder for home in unit.homes]
    return replace(patch, edits=tuple(edits), area=folders[0], follows=(*folders[1:], *sorted(named)))


def _parted(unit: Moving, layer: PythonLayer, staying: frozenset[str]) -> Iterator[str]:
    """Yield what there is to say of services that stay on the broker and share queues with those that move."""
    shared: dict[str, list[str]] = {}
    for flow in queue_flows(layer.topology):
        parts = {each.service for each in flow.publishers} | {each.service for each in flow.consumers}
        for other in sorted(parts & staying) if parts.intersection(unit.unit.services) else ():
            shared.setdefault(other, []).append(flow.name)
    for other, names in shared.items():
        queues = f"queue {names[0]}" if len(names) == 1 else f"queues {', '.join(names[:_TOLD])}"
        yield _PARTED.format(unit.unit.title, other, queues)


def _told(unit: Moving, shipped: Iterable[Hindrance]) -> Iterator[Patch]:
    """Yield what people look at when a unit moves: where its package has to be named, and addresses in its code."""
    places = [(Stage.PREPARE, "a package", each) for each in shipped]
    places += [(Stage.CUT_OVER, "an address", each) for each in unit.told]
    for stage, what, place in places:
        title = f"{place.place}: {what} by hand"
        patch = about(stage, Applicability.MANUAL, title, place.reason, unit.unit.services[0], [])
        yield replace(patch, instructions=f"{place.place}: {place.reason}")


def _hindered(unit: Moving) -> Patch:
    """Return the patch for people, as one module that cannot move keeps the others of its service where they are."""
    reason = _HINDERED.format(unit.unit.title, " or ".join(unit.libraries))
    title = f"Python, {unit.unit.title}: by hand"
    patch = about(Stage.CUT_OVER, Applicability.MANUAL, title, reason, unit.unit.services[0], [])
    return replace(patch, instructions=f"{reason}\n{told(unit.hindrances)}")
