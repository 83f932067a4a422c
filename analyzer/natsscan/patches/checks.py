"""What is tried of each patch before it is offered; one that fails is for people, with the reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

import yaml

from natsscan.catalog.catalog import Catalog
from natsscan.model.patch import Applicability, Check, Checks, Patch, Stage
from natsscan.model.source import FileKind, SourceFile
from natsscan.model.usage import Tier, Usage
from natsscan.patches.engine import ChangedError, apply
from natsscan.patches.place import Job
from natsscan.patches.registry import EDITORS
from natsscan.source.text import TextPositions
from natsscan.surfaces.registry import READERS
from natsscan.surfaces.surface import Surface

_YAML = frozenset({FileKind.YAML, FileKind.COMPOSE, FileKind.HELM_VALUES, FileKind.HELM_CHART})
_LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
Kinds = Mapping[str, FileKind]
MakeJob = Callable[[SourceFile, tuple[Usage, ...]], Job]
_AGAIN = "Making it twice would change the files twice."
_WORSE = "The file could be read less well afterwards."
_LEFT = "What it is about would still be there, or something new of it."


def checked(
    patches: Iterable[Patch], catalog: Catalog, read: Callable[[str], bytes | None], kinds: Kinds, job: MakeJob
) -> tuple[Patch, ...]:
    """Return patches with what was checked; manual ones as they are.

    `read` gives the bytes of a file, `kinds` what each is, `job` what an editor is to do about usages in one.
    """
    return tuple(
        patch if patch.applicability is Applicability.MANUAL else _checked(patch, catalog, read, kinds, job)
        for patch in patches
    )


def _checked(patch: Patch, catalog: Catalog, read: Callable[[str], bytes | None], kinds: Kinds, job: MakeJob) -> Patch:
    files = {path: read(path) for path in patch.paths}
    try:
        after = apply(files, [patch])
    except ChangedError as error:
        return _demoted(patch, Checks(applies=Check.FAILED), f"{error}.")
    parses = idempotent = rescan = Check.PASSED
    for path, new in after.items():
        old = files[path]
        if new is None or old is None:
            continue
        kind = kinds[path]
        before, faults = _read(SourceFile(path, kind, old), catalog)
        now, faults_now = _read(SourceFile(path, kind, new), catalog)
        if faults_now > faults:
            parses = Check.FAILED
        symbols = {usage.symbol for usage in before}
        if any(usage.symbol not in symbols for usage in now) or len(now) > len(before):
            rescan = Check.FAILED
        if patch.stage.rank > Stage.PREPARE.rank and len(now) >= len(before) > 0:
            rescan = Check.FAILED
        reading = EDITORS[kind](job(SourceFile(path, kind, new), now))
        if patch.stage is Stage.PREPARE and any(place.twin for place in reading.places):
            idempotent = Check.FAILED
    checks = Checks(Check.PASSED, parses, idempotent, rescan)
    for result, reason in ((parses, _WORSE), (idempotent, _AGAIN), (rescan, _LEFT)):
        if result is Check.FAILED:
            return _demoted(patch, checks, reason)
    return replace(patch, checks=checks)


def _read(source: SourceFile, catalog: Catalog) -> tuple[tuple[Usage, ...], int]:
    """Return what a scan of one file finds, and how much of it could not be read."""
    reader = READERS.get(source.kind)
    if reader is None:
        return (), 0
    surface = Surface(source, TextPositions(source.path, source.data), "", catalog.broker, catalog.secrets)
    result = reader(surface)
    usages = tuple(usage for usage in result.usages if usage.tier is Tier.DIRECT)
    return usages, len(result.problems) + (source.kind in _YAML and not _composes(source.data))


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
