"""From two states of a project to what a change between them does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

from natsscan.catalog.target import Target
from natsscan.findings.compare import compare_findings
from natsscan.model.comparison import Comparison
from natsscan.model.errors import InputError
from natsscan.model.report import Report
from natsscan.nats.properties import compare_systems
from natsscan.pipeline.options import ScanOptions
from natsscan.source.changes import changes
from natsscan.source.git import commit_of, index_of, tree_of
from natsscan.source.project import Project
from natsscan.source.services import Services

STAGED = "what is staged"


@dataclass(frozen=True, slots=True)
class Ends:
    """The two ends of a change, as commits and as people call them; `head_commit` is None for what is staged."""

    base: str
    head: str
    base_commit: str
    head_commit: str | None


def ends_of(project: Project, base: str, head: str | None, *, staged: bool) -> Ends:
    """Return the ends of a change. `A..B` and `A...B` are read as git reads them; without a head it is HEAD.

    Raises InputError for what is no commit of the project's repository, or if it has none.
    """
    root = project.root
    if not (root / ".git").exists():
        raise InputError(f"{root}: there is no git repository here, and so no two states to compare")
    if staged:
        return Ends(base, STAGED, commit_of(root, base), None)
    if head is None and "..." in base:
        return Ends(base, _end(base, "..."), commit_of(root, base), commit_of(root, _end(base, "...")))
    if head is None and ".." in base:
        base, head = base.partition("..")[0] or "HEAD", _end(base, "..")
    head = head or "HEAD"
    return Ends(base, head, commit_of(root, base), commit_of(root, head))


def _end(span: str, dots: str) -> str:
    return span.partition(dots)[2] or "HEAD"


def compare(
    project: Project, scan: Callable[[Project], Report], target: Target, options: ScanOptions, ends: Ends
) -> tuple[Comparison, Project, Project]:
    """Compare two states of a project, both read from git's objects; also return the project as it is in each.

    `scan` scans each of them by these options.
    """
    root, head_commit = project.root, ends.head_commit
    old = replace(project, tree=tree_of(root, ends.base_commit, options.max_file_size))
    new = replace(
        project,
        tree=index_of(root, options.max_file_size)
        if head_commit is None
        else tree_of(root, head_commit, options.max_file_size),
    )
    before, after = scan(old), scan(new)
    change = changes(root, ends.base_commit, head_commit)
    findings = compare_findings(before.to_migrate.findings, after.to_migrate.findings, change.moved)
    system = compare_systems(before, after, target, _renamed_services(old, new, options, change.moved))
    comparison = Comparison(
        base=ends.base,
        head=ends.head,
        before=before,
        after=after,
        new=findings.new,
        fixed=findings.fixed,
        unchanged=findings.unchanged,
        properties=system.properties,
        added=system.added,
        removed=system.removed,
        moved=change.moved,
        hunks=change.hunks,
        deleted=change.deleted,
    )
    return comparison, old, new


def _renamed_services(old: Project, new: Project, options: ScanOptions, moved: dict[str, str]) -> dict[str, str]:
    """Return what services and folders are called after a change, of those whose files were all moved."""
    before, after = old.tree.list(options.exclude).paths, new.tree.list(options.exclude).paths
    services = Services(before, old.root.name), Services(after, new.root.name)
    found: dict[str, Counter[str]] = {}
    for path, now in moved.items():
        for one, other in ((services[0].of(path), services[1].of(now)), (_folder(path), _folder(now))):
            if one != other:
                found.setdefault(one, Counter())[other] += 1
    remaining = {services[1].of(path) for path in after} | {_folder(path) for path in after}
    return {name: counts.most_common(1)[0][0] for name, counts in found.items() if name not in remaining}


def _folder(path: str) -> str:
    return "/".join(path.split("/")[:-1][:2])
