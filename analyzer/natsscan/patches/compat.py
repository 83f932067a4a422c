"""The route by a layer with the library's API: its package beside the others, and all modules onto it at once."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from natsscan.catalog.catalog import Catalog
from natsscan.haskell.lexemes import Sort, lexemes
from natsscan.model.finding import Finding
from natsscan.model.mapping import Mapping as NatsMapping
from natsscan.model.patch import Applicability, Edit, Patch, Stage, edit
from natsscan.model.report import Report
from natsscan.model.source import FileKind
from natsscan.model.usage import Operation, Tier
from natsscan.patches.calls import manual_patches
from natsscan.patches.drafts import about, by_hand
from natsscan.patches.hindrance import Hindrance, told
from natsscan.patches.listing import folder_for, listed
from natsscan.patches.moving import Layer, Moving, find_moving, packages_of
from natsscan.patches.offered import offered
from natsscan.patches.place import Route
from natsscan.patches.written import will_be, written
from natsscan.source.text import TextPositions

_ADDS = "Only adds: nothing that is built today needs it."
_RENEWS = "It is written anew for what the code uses today, and nothing that is built needs it before the modules move."
_MOVES = "All modules at once, as they share the library's types: read what the layer does as it starts to be used."
_PROVIDES = "It is part of a package with the library's own modules, which can go when nothing depends on it any more."
_NAMES = (
    "Names of {} that programs read, and those of modules and packages, stay as they are. Nothing has to be done about "
    "them; they may be called otherwise together with what reads them."
)
_PORT = "The code gives the port {} itself, and the new broker listens on {}: see whether it should."
_SETS = (
    "Where Nix puts packages together, {package} has to be one of them: "
    '`{package} = callCabal2nix "{package}" {path} {{ }};`, or what writes that.'
)
_TOLD = 12
_FILES = 40


@dataclass(frozen=True, slots=True)
class Moved:
    """What the route makes of programs: patches, findings that need nothing, and what editors of other files go by."""

    route: Route
    patches: tuple[Patch, ...]
    kept: tuple[Finding, ...]


def move(
    layer: Layer,
    report: Report,
    mapping: NatsMapping,
    catalog: Catalog,
    read: Callable[[str], bytes | None],
    paths: Iterable[str],
) -> Moved:
    """Return the patches for the programs of a project; those that write the same as is there already are none.

    `read` gives the bytes of a file of the project, `paths` are all its files.
    """
    paths, rules = frozenset(paths), layer.rules
    folder = folder_for(rules.package, paths)
    package = {posixpath.join(folder, path): text.encode() for path, text in layer.files.items()}
    offers = offered(rules, {path: will_be(text, read(path)) for path, text in package.items()}, catalog)
    moving = find_moving(layer, catalog, read, paths, partial(_is_in, report.scope), offers, folder)
    is_open = not moving.hindrances
    packages = packages_of(rules, catalog)
    route = Route(rules.package, packages, folder, moving.provided, moving.own, is_open)
    findings = [
        f for f in report.to_migrate.findings if f.usage.tier is Tier.DIRECT and f.usage.language == FileKind.HASKELL
    ]
    ours: list[Finding] = []
    kept: list[Finding] = []
    left: list[Finding] = []
    provided: dict[str, list[Finding]] = {}
    for finding in findings:
        usage, path = finding.usage, finding.usage.span.path
        if route.provides(path):
            provided.setdefault(path, []).append(finding)
        elif usage.library == rules.library and path in moving.users:
            ours.append(finding)
        elif usage.library == catalog.broker.id and usage.operation in (Operation.CONFIG, Operation.ENV):
            kept.append(finding)
        else:
            left.append(finding)
    found = manual_patches(left, mapping)
    by_path = sorted(provided.items())
    found += [replace(by_hand(path, _PROVIDES, all_, mapping), stage=Stage.CLEAN_UP) for path, all_ in by_path]
    if moving.renamed and is_open:
        found += [_package(layer, folder, package, paths, read), _moved(layer, folder, moving, ours, read, report)]
        found += _nix(report, route, folder)
    elif moving.hindrances and any(_is_in(report.scope, path) for path in moving.users):
        found.append(_hindered(layer, moving.hindrances, ours))
    found += _ports(report.to_migrate.findings, route, catalog, read)
    return Moved(route, tuple(patch for patch in found if patch.paths or patch.instructions), tuple(kept))


def names_that_stay(findings: Sequence[Finding], broker: str) -> Patch:
    """Return what there is to know about findings that need nothing: keys, variables and modules keep their names."""
    counts: dict[str, int] = {}
    for finding in findings:
        counts[finding.usage.span.path] = counts.get(finding.usage.span.path, 0) + 1
    reason = _NAMES.format(broker)
    patch = about(Stage.CLEAN_UP, Applicability.MANUAL, f"Names of {broker} that stay", reason, "", findings)
    where = [f"{path} ({count})" for path, count in sorted(counts.items())]
    more = f", and {len(where) - _FILES} more files" if len(where) > _FILES else ""
    return replace(patch, instructions=f"{reason} They are in {', '.join(where[:_FILES])}{more}.")


def _is_in(scope: Sequence[str], path: str) -> bool:
    """Tell whether a path lies under one of those that a user named."""
    return any(part == "." or path == part or path.startswith(f"{part}/") for part in scope)


def _package(
    layer: Layer,
    folder: str,
    package: Mapping[str, bytes],
    paths: frozenset[str],
    read: Callable[[str], bytes | None],
) -> Patch:
    """Return the patch that creates the package or brings it up to date; it has no edits if there is nothing to do."""
    edits, lists = listed(folder, paths, read)
    creates, renewed = written(package, read)
    title = f"{folder}: what the code uses of {next(iter(layer.rules.modules))}, on JetStream"
    patch = about(Stage.PREPARE, Applicability.SAFE, title, _RENEWS if renewed else _ADDS, layer.rules.package, [])
    return replace(patch, edits=(*edits, *renewed), creates=(*creates, *lists), area=folder)


def _moved(
    layer: Layer,
    folder: str,
    moving: Moving,
    findings: Sequence[Finding],
    read: Callable[[str], bytes | None],
    report: Report,
) -> Patch:
    edits: list[Edit] = []
    for path, renamed in sorted(moving.renamed.items()):
        data = read(path) or b""
        edits += [edit(path, data, start, end, new) for start, end, new in renamed.replaced]
    first, *_ = layer.rules.modules
    title = f"Haskell: {layer.rules.modules[first]} in the place of {first}"
    patch = about(Stage.CUT_OVER, Applicability.UNSAFE, title, _MOVES, layer.rules.package, findings)
    named = {f.usage.span.path for f in report.to_migrate.findings if f.usage.operation is Operation.DEPENDENCY}
    return replace(patch, edits=tuple(edits), area=folder, follows=tuple(sorted(named)))


def _hindered(layer: Layer, hindrances: Sequence[Hindrance], findings: Sequence[Finding]) -> Patch:
    """Return the patch for people, as one module that cannot move keeps all others where they are."""
    names = " and ".join(layer.rules.modules)
    reason = f"Modules that use {names} move all at once, and something stands against it."
    patch = about(Stage.CUT_OVER, Applicability.MANUAL, "Haskell: by hand", reason, layer.rules.package, findings)
    return replace(patch, instructions=f"{reason}\n{told(hindrances)}")


def _nix(report: Report, route: Route, folder: str) -> list[Patch]:
    """Return what people do where Nix builds the packages: how a set of them is put together differs."""
    named = [
        f
        for f in report.to_migrate.findings
        if f.usage.language == FileKind.NIX and f.usage.symbol in route.packages and f.usage.tier is Tier.DIRECT
    ]
    if not named:
        return []
    text = _SETS.format(package=route.package, path=f"./{folder}")
    title = f"Nix: {route.package} by hand"
    patch = about(Stage.PREPARE, Applicability.MANUAL, title, text, route.package, [])
    places = ", ".join(dict.fromkeys(f.usage.span.path for f in named[:_TOLD]))
    return [replace(patch, instructions=f"{text} It is named beside the library's package, as in {places}.")]


def _ports(
    findings: Iterable[Finding], route: Route, catalog: Catalog, read: Callable[[str], bytes | None]
) -> Iterator[Patch]:
    """Yield what people look at in modules that lead to the broker and have one of its ports in them."""
    rules = catalog.replacements
    programs = (f for f in findings if f.usage.language == FileKind.HASKELL and not route.provides(f.usage.span.path))
    for path, finding in sorted({finding.usage.span.path: finding for finding in programs}.items()):
        data = read(path) or b""
        positions = TextPositions(path, data)
        for each in lexemes(data):
            if each.sort is Sort.NUMBER and rules.addresses.has_port(each.text):
                span = positions.span(each.start, each.end)
                reason = _PORT.format(each.text.decode(), rules.rules.ports[int(each.text)])
                title = f"{path}:{span.line}: a port by hand"
                patch = about(Stage.CUT_OVER, Applicability.MANUAL, title, reason, finding.usage.service, [])
                yield replace(patch, at=(span,), instructions=f"{path}:{span.line}: {reason}")
