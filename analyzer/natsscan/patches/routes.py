"""How programs move as they are: those in Haskell all at once, those in Python service by service."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from natsscan.catalog.catalog import Catalog
from natsscan.model.finding import Finding
from natsscan.model.mapping import Mapping as NatsMapping
from natsscan.model.patch import Patch, Stage
from natsscan.model.report import Report
from natsscan.model.source import PROGRAMS, PYTHON_PACKAGING, FileKind
from natsscan.model.usage import Tier
from natsscan.patches.calls import manual_patches
from natsscan.patches.compat import move
from natsscan.patches.moving import Layer
from natsscan.patches.place import Route
from natsscan.source.kinds import Kinds

if TYPE_CHECKING:  # it needs LibCST
    from natsscan.patches.python.layer import PythonLayer

_PACKAGED = PYTHON_PACKAGING | {FileKind.CABAL, FileKind.HPACK, FileKind.CABAL_PROJECT, FileKind.STACK, FileKind.NIX}


@dataclass(frozen=True, slots=True)
class Moves:
    """What becomes of programs: patches, findings that need nothing, and what editors of other files go by.

    `folders` are where the package for Python code is or will be, by service; `catalog` has what takes the place of
    packages and addresses.
    """

    route: Route
    catalog: Catalog
    patches: tuple[Patch, ...]
    kept: tuple[Finding, ...]
    folders: Mapping[str, str]

    def following(self, patch: Patch, kinds: Mapping[str, FileKind]) -> Patch:
        """Return a patch that, if it takes packages out of lists, follows what moves the code that needs them."""
        is_about = patch.stage is Stage.CLEAN_UP and any(kinds.get(path) in _PACKAGED for path in patch.paths)
        is_python = is_about and any(kinds.get(path) in PYTHON_PACKAGING for path in patch.paths)
        own = (
            [self.folders[patch.service]] if patch.service in self.folders else [*dict.fromkeys(self.folders.values())]
        )
        return replace(patch, follows=tuple(own) if is_python else (self.route.folder,)) if is_about else patch

    def programs(self, kinds: Kinds) -> dict[str, FileKind]:
        """Return the programs that are edited, each with its kind."""
        paths = {each.path for patch in self.patches for each in patch.edits}
        return {path: kind for path in sorted(paths) if (kind := kinds.of(path)) is not None and kind in PROGRAMS}


def move_programs(
    layer: Layer,
    python: PythonLayer | None,
    report: Report,
    mapping: NatsMapping,
    catalog: Catalog,
    read: Callable[[str], bytes | None],
    paths: Iterable[str],
) -> Moves:
    """Return how programs move to a layer, those in Python to a package of their own if there is one for them."""
    paths = frozenset(paths)
    moves = move(layer, report, mapping, catalog, read, paths)
    route, patches, kept = moves.route, [*moves.patches], [*moves.kept]
    catalog = replace(
        catalog,
        replacements=catalog.replacements.with_packages("haskell", dict.fromkeys(route.packages, route.package)),
    )
    if python is None:
        others = [f for f in report.to_migrate.findings if f.usage.language == FileKind.PYTHON]
        patches += manual_patches((f for f in others if f.usage.tier is Tier.DIRECT), mapping)
        libraries = {library.id for library in catalog.python.libraries}
        staying = frozenset(f.usage.service for f in others if f.usage.library in libraries)
        return Moves(replace(route, staying=staying), catalog, tuple(patches), tuple(kept), {})
    from natsscan.patches.python.route import move_python

    found = move_python(python, report, mapping, catalog, read, paths)
    haskell = (f.usage for f in report.to_migrate.findings if f.usage.language == FileKind.HASKELL)
    closed = frozenset(usage.service for usage in haskell if not route.is_open and usage.tier is Tier.DIRECT)
    route = replace(route, moving=found.moving, staying=found.staying, in_services=found.packages, closed=closed)
    if found.moving:
        catalog = replace(catalog, replacements=catalog.replacements.with_whole_addresses())
    return Moves(route, catalog, (*patches, *found.patches), (*kept, *found.kept), found.folders)
