"""What is tried of each patch before it is offered; one that fails is for people, with the reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

import yaml

from natsscan.catalog.catalog import Catalog
from natsscan.catalog.yamlloader import compose_all
from natsscan.model.patch import Applicability, Check, Checks, Patch, Stage
from natsscan.model.source import PROGRAMS, FileKind, SourceFile
from natsscan.model.usage import Tier, Usage
from natsscan.patches import bash, moved
from natsscan.patches.context import Context
from natsscan.patches.engine import ChangedError, changed
from natsscan.patches.moving import packages_of, renaming_of
from natsscan.patches.rendering import Rendering
from natsscan.source.text import TextPositions
from natsscan.surfaces import python_setup
from natsscan.surfaces.registry import READERS
from natsscan.surfaces.surface import Surface

_YAML = frozenset({FileKind.YAML, FileKind.COMPOSE, FileKind.HELM_VALUES, FileKind.HELM_CHART, FileKind.CONDA})
_AGAIN = "Making it twice would change the files twice."
_WORSE = "The file could be read less well afterwards."
_LEFT = "What it is about would still be there, or something new of it."


@dataclass(frozen=True, slots=True)
class _Scan:
    """What a scan of one file finds, and how many faults of its text it meets."""

    usages: tuple[Usage, ...]
    faults: int


@dataclass(frozen=True, slots=True)
class _Tried:
    """What is asked of files as they are and as patches leave them, worked out once: several patches are about one.

    `scan` gives what a scan finds, `to_add` in how many places something is still to be put beside.
    """

    scan: Callable[[SourceFile], _Scan]
    to_add: Callable[[SourceFile], int]

    @staticmethod
    def of(context: Context) -> _Tried:
        scan = cache(lambda source: _scan(source, context.catalog))

        def to_add(source: SourceFile) -> int:
            return sum(bool(place.twin) for place in context.read(source, scan(source).usages).places)

        return _Tried(scan, cache(to_add))


def checked(
    patches: Iterable[Patch],
    context: Context,
    read: Callable[[str], bytes | None],
    kinds: Mapping[str, FileKind],
    rendering: Rendering,
) -> tuple[Patch, ...]:
    """Return patches with what was checked; manual ones as they are.

    `read` gives the bytes of a file, `kinds` what each with findings is.
    """
    tried, found = _Tried.of(context), list[Patch]()
    for patch in sorted(patches, key=lambda patch: patch.stage.rank):
        if patch.applicability is not Applicability.MANUAL:
            offered = (each for each in found if each.applicability is not Applicability.MANUAL)
            earlier = [each for each in offered if each.stage.rank < patch.stage.rank]
            patch = _checked(patch, earlier, context, tried, read, kinds)
            if patch.applicability is not Applicability.MANUAL:
                patch = _rendered(patch, rendering, earlier)
        found.append(patch)
    return tuple(found)


def _checked(
    patch: Patch,
    earlier: Sequence[Patch],
    context: Context,
    tried: _Tried,
    read: Callable[[str], bytes | None],
    kinds: Mapping[str, FileKind],
) -> Patch:
    """Return a patch with what was checked in its files, as the patches of earlier stages leave them."""
    wanted = frozenset(patch.paths).__contains__
    try:
        changed([patch], wanted, read)
        base, after = changed(earlier, wanted, read), changed([*earlier, patch], wanted, read)
    except ChangedError as error:
        return _demoted(patch, Checks(applies=Check.FAILED), f"{error}.")
    parses = idempotent = rescan = Check.PASSED
    was = {path: base.get(path, read(path)) for path in after}
    for path, new in after.items():
        old = was[path]
        if new is None or old is None or path not in kinds or kinds[path] in PROGRAMS:
            continue
        source_before, source = SourceFile(path, kinds[path], old), SourceFile(path, kinds[path], new)
        before, now = tried.scan(source_before), tried.scan(source)
        if now.faults > before.faults:
            parses = Check.FAILED
        symbols = {usage.symbol for usage in before.usages}
        if any(usage.symbol not in symbols for usage in now.usages) or len(now.usages) > len(before.usages):
            rescan = Check.FAILED
        if patch.stage.rank > Stage.PREPARE.rank and len(now.usages) >= len(before.usages) > 0:
            rescan = rescan if context.route is not None else Check.FAILED  # on a route names of all sorts may stay
        if patch.stage is Stage.PREPARE:
            # A patch that is about no finding leaves those in the file to others, and must not add to them.
            others = 0 if patch.answers else tried.to_add(source_before)
            idempotent = Check.FAILED if tried.to_add(source) > others else idempotent
        if patch.stage is Stage.CUT_OVER and context.route is not None:
            again = context.read(source, now.usages).switches
            idempotent = Check.FAILED if any(new[each.start : each.end] != each.text for each in again) else idempotent
    checks = Checks(Check.PASSED, parses, idempotent, rescan)
    programs = {path: new for path, new in after.items() if new is not None and kinds.get(path) is FileKind.HASKELL}
    if programs and context.layer is not None:
        renaming = renaming_of(context.layer, packages_of(context.layer, context.catalog))
        then = {path: old for path, old in was.items() if old is not None}
        checks = moved.check(then, programs, renaming, context.catalog, context.layer.library)
    modules = {path: new for path, new in after.items() if new is not None and kinds.get(path) is FileKind.PYTHON}
    if modules and context.python is not None and patch.edits:
        from natsscan.patches.python import moved as moved_python

        checks = moved_python.check(modules, context.python)
    parses, idempotent, rescan = checks.parses, checks.idempotent, checks.rescan_clean
    for result, reason in ((parses, _WORSE), (idempotent, _AGAIN), (rescan, _LEFT)):
        if result is Check.FAILED:
            return _demoted(patch, checks, reason)
    return replace(patch, checks=checks)


def _rendered(patch: Patch, rendering: Rendering, earlier: Sequence[Patch]) -> Patch:
    renders, wrong = rendering.check(patch, earlier)
    checks = replace(patch.checks, renders=renders)
    return _demoted(patch, checks, f"{wrong}.") if renders is Check.FAILED else replace(patch, checks=checks)


def _scan(source: SourceFile, catalog: Catalog) -> _Scan:
    """Return what a scan of one file finds, and how much of it could not be read."""
    reader = READERS.get(source.kind)
    if reader is None:
        return _Scan((), 0)
    surface = Surface(source, TextPositions(source.path, source.data), "", catalog.broker, catalog.secrets)
    result = reader(surface)
    usages = tuple(usage for usage in result.usages if usage.tier is Tier.DIRECT)
    faults = len(result.problems) + (source.kind in _YAML and not _composes(source.data))
    faults += source.kind is FileKind.SHELL and bash.parse(source.data).has_error
    faults += source.kind is FileKind.SETUP_PY and python_setup.parsed(source.data) is None
    return _Scan(usages, faults)


def _composes(data: bytes) -> bool:
    """Tell whether text is YAML to the last alias; templates are not."""
    try:
        for _ in compose_all(data.decode()):
            pass
    except (yaml.YAMLError, UnicodeDecodeError):
        return False
    return True


def _demoted(patch: Patch, checks: Checks, reason: str) -> Patch:
    lines = ", ".join(sorted({f"{span.path}:{span.line}" for span in patch.at}))
    return replace(
        patch,
        applicability=Applicability.MANUAL,
        reason=f"natsscan tried and does not trust its own edit. {reason}",
        edits=(),
        creates=(),
        removes=(),
        instructions=f"{patch.title}: {reason} Look at {lines}.",
        checks=checks,
    )
