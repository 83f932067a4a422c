"""A checklist held against a scanned project."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from natsscan.catalog.catalog import Catalog, load_checklist_rules
from natsscan.checklist.review import review
from natsscan.checklist.tree import Tree
from natsscan.config import Config
from natsscan.model.checklist import Attestation, Checklist, Review
from natsscan.model.mapping import Mapping
from natsscan.model.patch import Patch
from natsscan.model.report import Report
from natsscan.pipeline.outcome import reading
from natsscan.source.history import departures
from natsscan.source.project import Project


def tree_for(report: Report, catalog: Catalog, project: Project, exclude: tuple[str, ...], file: Path | None) -> Tree:
    """Return what a checklist is held against. The checklist's own `file` is left out: its words prove nothing."""
    own = file.resolve() if file else None
    paths = project.tree.list(exclude).paths
    others = frozenset(path for path in paths if project.root / path != own)
    return Tree(report, catalog, others, reading(project.tree))


def judge_checklist(
    checklist: Checklist,
    tree: Tree,
    mapping: Mapping,
    patches: Iterable[Patch],
    root: Path,
    config: Config,
    rules: Iterable[Path],
) -> Review:
    """Return what the tree says of a checklist. Raises InputError for a broken file in the folders `rules`."""
    given = [(each.task, Attestation(each.who, each.when, each.note)) for each in config.attest]
    found = load_checklist_rules(rules)
    return review(checklist, found, tree, lambda paths: departures(root, paths), patches, given, mapping.consumers)
