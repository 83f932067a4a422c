"""The package with the API of a library on NATS, made for one project."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from natsscan.catalog.catalog import Catalog
from natsscan.catalog.compat import Compat
from natsscan.generate.compat import Facade, Refusal, compat_package, facades, refusals
from natsscan.generate.compat_plan import CompatPlan, compat_plan
from natsscan.generate.haskell import has_crypton
from natsscan.haskell.library_uses import LibraryUses, library_uses
from natsscan.model.mapping import Mapping as Plan
from natsscan.model.source import FileKind
from natsscan.model.topology import Topology
from natsscan.pipeline.options import ScanOptions
from natsscan.pipeline.task import Task, read
from natsscan.source.kinds import Kinds
from natsscan.source.project import Project
from natsscan.source.services import Services

_PACKAGES = frozenset({FileKind.CABAL, FileKind.CABAL_PROJECT, FileKind.HPACK, FileKind.NIX, FileKind.STACK})


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer for one project: the files of its package by path, and what they were made of."""

    files: Mapping[str, str]
    uses: LibraryUses
    facades: tuple[Facade, ...]
    refused: tuple[Refusal, ...]
    plan: CompatPlan


def make_layer(
    project: Project, catalog: Catalog, options: ScanOptions, layer: Compat, mapping: Plan, topology: Topology
) -> Layer:
    """Return the layer for all of a project, whatever is in scope: types are shared.

    `mapping` is what becomes of `topology`, which is that of the whole project. Code that is on the layer already
    counts if it was scanned `with_layer`.
    """
    catalog = catalog.with_layer(layer)
    task, kind_of = _task(project, catalog, options)
    programs = dict.fromkeys((p for p, kind in kind_of.items() if kind is FileKind.HASKELL), FileKind.HASKELL)
    uses = library_uses(read(task, programs, lambda *_: None).sources, catalog, layer.library)
    refused = refusals(layer, uses, topology)
    parts = facades(layer, uses, refused, catalog.exports)
    plan = compat_plan(mapping, topology, catalog.target.layouts)
    files = compat_package(layer, parts, plan, crypton=_has_crypton(task, kind_of))
    return Layer(files, uses, parts, refused, plan)


def builds_with_crypton(project: Project, catalog: Catalog, options: ScanOptions) -> bool:
    """Tell whether a project, whatever is in scope, has replaced cryptonite and what belongs to it."""
    return _has_crypton(*_task(project, catalog, options))


def _task(project: Project, catalog: Catalog, options: ScanOptions) -> tuple[Task, dict[str, FileKind]]:
    """Return what a scan of the project is about, and the kind of each file that is read."""
    listing = project.tree.list(options.exclude)
    kinds = Kinds(listing.paths)
    kind_of = {path: kind for path in listing.paths if (kind := kinds.of(path)) is not None}
    return Task(project, catalog, options, listing.paths, Services(listing.paths, project.root.name)), kind_of


def _has_crypton(task: Task, kind_of: Mapping[str, FileKind]) -> bool:
    packages = {path: kind for path, kind in kind_of.items() if kind in _PACKAGES}
    return has_crypton(source.data for source in read(task, packages, lambda *_: None).sources)
