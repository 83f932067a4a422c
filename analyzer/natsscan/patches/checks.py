"""What is tried of each patch before it is offered; one that fails is for people, with the reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

import yaml

from natsscan.catalog.catalog import Catalog
from natsscan.model.patch import Applicability, Check, Checks, Patch, Stage
from natsscan.model.source import FileKind, SourceFile
from natsscan.model.usage import Tier, Usage
from natsscan.patches import bash
from natsscan.patches.context import Context
from natsscan.patches.engine import ChangedError, apply
from natsscan.source.text import TextPositions
from natsscan.surfaces.registry import READERS
from natsscan.surfaces.surface import Surface

_YAML = frozenset({FileKind.YAML, FileKind.COMPOSE, FileKind.HELM_VALUES, FileKind.HELM_CHART})
_LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_AGAIN = "Making it twice would change the files twice."
_WORSE = "The file could be read less well afterwards."
_LEFT = "What it is about would still be there, or something new of it."


@dataclass(frozen=True, slots=True)
class _Scan:
    """What a scan of one file finds, and how many faults of its text it meets."""

    kind: FileKind
    usages: tuple[Usage, ...]
    faults: int


def checked(
    patches: Iterable[Patch], context: Context, read: Callable[[str], bytes | None], kinds: Mapping[str, FileKind]
) -> tuple[Patch, ...]:
    """Return patches with what was checked; manual ones as they are.

    `read` gives the bytes of a file, `kinds` what each with findings is.
    """
    before: dict[str, _Scan] = {}
    found = []
    for patch in patches:
        if patch.applicability is not Applicability.MANUAL:
            for path in patch.paths:
                data = read(path)
                if path not in before and path in kinds and data is not None:
                    before[path] = _scan(SourceFile(path, kinds[path], data), context.catalog)
            patch = _checked(patch, context, {path: read(path) for path in patch.paths}, before)
        found.append(patch)
    return tuple(found)


def _checked(patch: Patch, context: Context, files: Mapping[str, bytes | None], scans: Mapping[str, _Scan]) -> Patch:
    try:
        after = apply(files, [patch])
    except ChangedError as error:
        return _demoted(patch, Checks(applies=Check.FAILED), f"{error}.")
    parses = idempotent = rescan = Check.PASSED
    for path, new in after.items():
        if new is None or files[path] is None:
            continue
        before = scans[path]
        source = SourceFile(path, before.kind, new)
        now = _scan(source, context.catalog)
        if now.faults > before.faults:
            parses = Check.FAILED
        symbols = {usage.symbol for usage in before.usages}
        if any(usage.symbol not in symbols for usage in now.usages) or len(now.usages) > len(before.usages):
            rescan = Check.FAILED
        if patch.stage.rank > Stage.PREPARE.rank and len(now.usages) >= len(before.usages) > 0:
            rescan = Check.FAILED
        if patch.stage is Stage.PREPARE and any(place.twin for place in context.read(source, now.usages).places):
            idempotent = Check.FAILED
    checks = Checks(Check.PASSED, parses, idempotent, rescan)
    for result, reason in ((parses, _WORSE), (idempotent, _AGAIN), (rescan, _LEFT)):
        if result is Check.FAILED:
            return _demoted(patch, checks, reason)
    return replace(patch, checks=checks)


def _scan(source: SourceFile, catalog: Catalog) -> _Scan:
    """Return what a scan of one file finds, and how much of it could not be read."""
    reader = READERS.get(source.kind)
    if reader is None:
        return _Scan(source.kind, (), 0)
    surface = Surface(source, TextPositions(source.path, source.data), "", catalog.broker, catalog.secrets)
    result = reader(surface)
    usages = tuple(usage for usage in result.usages if usage.tier is Tier.DIRECT)
    faults = len(result.problems) + (source.kind in _YAML and not _composes(source.data))
    faults += source.kind is FileKind.SHELL and bash.parse(source.data).has_error
    return _Scan(source.kind, usages, faults)


def _composes(data: bytes) -> bool:
    """Tell whether text is YAML to the last alias; templates are not."""
    try:
        for _ in yaml.compose_all(data, Loader=_LOADER):
            pass
    except (yaml.YAMLError, RecursionError):
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
