"""What people say of tasks that no tree can show: in the configuration, by ticks, and in dated notes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from natsscan.checklist.tree import folded
from natsscan.model.checklist import Attestation, Checklist, Task

_SIGNED = re.compile(
    r"\s(?:—|–|--|-)\s+(?P<who>[^—–:]{2,60}?),\s*(?P<when>\d{4}-\d\d-\d\d)(?:\s*[:,;]\s*(?P<note>.+))?$"
)
_DATED = re.compile(r"^[-*|\s]*(?P<when>\d{4}-\d\d-\d\d)[|:,\s-]+(?P<note>.+?)[|\s]*$")


def attestations(
    checklist: Checklist, given: Iterable[tuple[str, Attestation]]
) -> tuple[dict[str, Attestation], tuple[str, ...]]:
    """Return what people say of tasks, by the id of each, and the names in `given` that are no task of the checklist.

    `given` names tasks by id or text. A tick counts too; who and when follow a dash in the task's text: `— Jo Doe,
    2026-05-01: seen`. So does a line that begins with a date and has a task's text or id in it.
    """
    found = {task.id: _ticked(task) for task in checklist.tasks if task.is_ticked}
    for note in checklist.notes:
        dated = _DATED.match(note)
        if dated is not None:
            for task in _meant(dated["note"], checklist.tasks):
                found[task.id] = Attestation("", dated["when"], dated["note"])
    unmatched = []
    for name, attestation in given:
        tasks = [task for task in checklist.tasks if task.id == name or folded(task.text) == folded(name)]
        found |= {task.id: attestation for task in tasks}
        if not tasks:
            unmatched.append(name)
    return found, tuple(unmatched)


def _ticked(task: Task) -> Attestation:
    signed = _SIGNED.search(task.text)
    if signed is None:
        return Attestation("", "", "ticked")
    return Attestation(signed["who"].strip(), signed["when"], signed["note"] or "")


def _meant(note: str, tasks: Sequence[Task]) -> list[Task]:
    """Return the tasks whose text, or id, a note has in it."""
    words = f" {folded(note)} "
    return [task for task in tasks if task.id in note or (task.text and f" {folded(task.text)} " in words)]
