"""A checklist held against a tree: every task judged, and what it lacks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from natsscan.catalog.checklist import ChecklistRules
from natsscan.checklist.attest import attestations
from natsscan.checklist.forgotten import proposals
from natsscan.checklist.judge import judge
from natsscan.checklist.tree import Kind, Tree
from natsscan.checklist.understand import understand
from natsscan.checklist.whereabouts import find
from natsscan.model.checklist import Attestation, Checklist, Judgement, Review
from natsscan.model.mapping import ConsumerPlan
from natsscan.model.patch import Applicability, Patch
from natsscan.source.history import Departure


def review(
    checklist: Checklist,
    rules: ChecklistRules,
    tree: Tree,
    departed: Callable[[Iterable[str]], Mapping[str, Departure]],
    patches: Iterable[Patch],
    given: Iterable[tuple[str, Attestation]],
    consumers: Iterable[ConsumerPlan],
) -> Review:
    """Return what the tree says of a checklist.

    `departed` tells what git knows of paths that are gone, `given` is what people attest of tasks by id or text,
    `consumers` take the place of queues.
    """
    tasks = understand(checklist.tasks, rules, tree)
    missing = sorted({each.name for task in tasks for each in task.named if each.kind is Kind.MISSING})
    gone = find(missing, tree, departed(missing))
    attested, unmatched = attestations(checklist, given)
    judgements = judge(tasks, tree, gone, _by_finding(patches), attested)
    return Review(checklist, judgements, proposals(tasks, tree, consumers), unmatched)


def _by_finding(patches: Iterable[Patch]) -> dict[str, tuple[str, ...]]:
    """Return the ids of the patches with edits by the fingerprints of the findings that they answer."""
    found: dict[str, tuple[str, ...]] = {}
    for patch in patches:
        if patch.applicability is not Applicability.MANUAL:
            for fingerprint in patch.answers:
                found[fingerprint] = (*found.get(fingerprint, ()), patch.id)
    return found


def moves(before: Review, after: Review) -> list[tuple[Judgement, bool]]:
    """Return the tasks that are finished now and were not, and those that were and are not, with whether they are."""
    was = {judged.task.id: judged.is_finished for judged in before.judgements}
    return [
        (judged, judged.is_finished)
        for judged in leaves(after.judgements)
        if was.get(judged.task.id, judged.is_finished) is not judged.is_finished
    ]


def leaves(judgements: Iterable[Judgement]) -> list[Judgement]:
    """Return the judgements of tasks that have no tasks in them."""
    judgements = list(judgements)
    outer = {(j.task.sections, j.task.parents[:depth]) for j in judgements for depth in range(1, j.task.depth + 1)}
    return [j for j in judgements if (j.task.sections, (*j.task.parents, j.task.text)) not in outer]
