"""From a report to all that the output formats show: what it becomes on NATS, and patches."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import TYPE_CHECKING

from natsscan.model.outcome import Outcome
from natsscan.pipeline.kept import propose_kept
from natsscan.source.tree import Tree

if TYPE_CHECKING:
    from natsscan.cache.store import Store
    from natsscan.catalog.catalog import Catalog
    from natsscan.model.mapping import Mapping
    from natsscan.model.patch import Patch
    from natsscan.model.report import Report
    from natsscan.model.rule import RulePage
    from natsscan.source.kinds import Kinds

Read = Callable[[str], bytes | None]


def reading(tree: Tree) -> Read:
    """Return what gives the bytes of a tree's files, each read once; None for what is not there or cannot be read."""

    @cache
    def read(path: str) -> bytes | None:
        data = tree.read(path)
        return data if isinstance(data, bytes) else None

    return read


def propose_mapping(report: Report, catalog: Catalog) -> Mapping:
    """Return what a report's topology becomes on NATS if people decide nothing."""
    from natsscan.nats.beside import beside
    from natsscan.nats.decisions import Decisions
    from natsscan.nats.plan import make_plan

    told = beside((finding.usage for finding in report.to_migrate.findings), catalog.target)
    return make_plan(report.topology, told, catalog.target, Decisions())


def outcome(
    report: Report, load: Callable[[], Catalog], tree: Tree, exclude: tuple[str, ...], store: Store | None = None
) -> Outcome:
    """Return what the formats are made of; the rules are loaded if one of them needs more than the report.

    The `store` may have the mapping already.
    """
    read = reading(tree)

    made: list[tuple[Mapping, tuple[Patch, ...]]] = []

    def make_patches(mapping: Mapping) -> tuple[Patch, ...]:
        from natsscan.patches.plan import make_patches
        from natsscan.source.helm import renderer

        # Outcomes that are this one with more in it ask again.
        if not made or made[-1][0] is not mapping:
            made.append((mapping, make_patches(report, mapping, load(), read, tree.list(exclude).paths, renderer())))
        return made[-1][1]

    def make_rules() -> tuple[RulePage, ...]:
        from natsscan.reports.rules import rule_pages

        return rule_pages(load(), report.targets)

    return Outcome(
        report=report,
        read=read,
        make_mapping=partial(propose_kept, report, load, store),
        make_patches=make_patches,
        redact=_redacting(load, tree, exclude),
        make_rules=make_rules,
    )


def _redacting(load: Callable[[], Catalog], tree: Tree, exclude: tuple[str, ...]) -> Callable[[str, str], str]:
    """Return what strikes the secrets out of a line of the file at a path."""

    @cache
    def kinds() -> Kinds:
        from natsscan.source.kinds import Kinds

        return Kinds(tree.list(exclude).paths)

    def redacted(path: str, line: str) -> str:
        from natsscan.findings.redact import notation_of, redact

        return redact(load().secrets, line, notation_of(kinds().of(path) or ""))

    return redacted
