"""What `checklist` and `diff` have in common: a project, scanned and mapped, and a checklist held against it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from natsscan.checklist.tree import Tree
    from natsscan.cli.mapping import Mapped
    from natsscan.cli.opened import Opened
    from natsscan.model.checklist import Checklist, Review


@dataclass(frozen=True, slots=True)
class Seen:
    """A project scanned and mapped, to be held against a checklist."""

    tree: Tree
    mapped: Mapped
    opened: Opened


def seen(opened: Opened, mapped: Mapped, file: Path | None) -> Seen:
    """Return a project with its files; the checklist itself is left out: what it says proves nothing."""
    from natsscan.checklist.tree import Tree
    from natsscan.pipeline.outcome import reading

    project = opened.project
    own = file.resolve() if file else None
    paths = frozenset(
        path for path in project.tree.list(opened.options.exclude).paths if own is None or project.root / path != own
    )
    return Seen(Tree(mapped.report, mapped.catalog, paths, reading(project.tree)), mapped, opened)


def judge_checklist(checklist: Checklist, looked_at: Seen, rules: tuple[Path, ...]) -> Review:
    """Hold a checklist against a project; `rules` are folders of rules of the user's own."""
    from natsscan.catalog.catalog import load_checklist_rules
    from natsscan.checklist.review import review
    from natsscan.model.checklist import Attestation
    from natsscan.patches.plan import make_patches
    from natsscan.source.history import departures

    mapped, tree, opened = looked_at.mapped, looked_at.tree, looked_at.opened
    root = opened.project.root
    patches = make_patches(mapped.report, mapped.mapping, mapped.catalog, tree.read, tree.paths)
    given = [(each.task, Attestation(each.who, each.when, each.note)) for each in opened.config.attest]
    return review(
        checklist,
        load_checklist_rules(rules),
        tree,
        lambda paths: departures(root, paths),
        patches,
        given,
        mapped.mapping.consumers,
    )


def read_file_of_tasks(file: Path) -> bytes:
    """Return the bytes of a checklist. Raises InputError if it cannot be read."""
    from natsscan.model.errors import InputError

    try:
        return file.read_bytes()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(f"--checklist {file}: cannot be read: {reason}; --generate writes one") from error
