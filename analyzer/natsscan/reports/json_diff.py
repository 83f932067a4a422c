"""A change as JSON for programs. Its schema is generated from the structs here, as that of the report is."""

from __future__ import annotations

from typing import Literal

import msgspec

from natsscan.catalog.escape import json_text
from natsscan.model.checklist import Status
from natsscan.model.comparison import Comparison, Fate, PropertyChange, SystemPart
from natsscan.reports.json import FindingEntry, Tool, finding_entry, json_schema, tool
from natsscan.reports.place import Place, places
from natsscan.reports.totals import Totals, count


class PropertyEntry(msgspec.Struct, frozen=True):
    """A messaging property that the change touches; the gap rule `rule` knows it, `by` is what keeps it on NATS."""

    about: str
    property: str
    fate: Fate
    before: str
    after: str
    rule: str
    advice: str
    at: list[Place]
    by: list[Place]


class PartEntry(msgspec.Struct, frozen=True):
    """A part of the messaging system that comes or goes."""

    about: str
    at: list[Place]


class TaskMoveEntry(msgspec.Struct, frozen=True):
    """A task of the checklist that the change finishes or takes back."""

    id: str
    line: int
    text: str
    finished: bool
    status: Status
    reason: str


class EndEntry(msgspec.Struct, frozen=True):
    """One end of the change: what people call it, and the findings that are left there."""

    name: str
    totals: Totals


class DiffDocument(msgspec.Struct, frozen=True):
    """The whole change. Paths are those after it, in `fixed` and of properties that are lost those before it."""

    schema_version: Literal[1]
    tool: Tool
    root: str
    scope: list[str]
    base: EndEntry
    head: EndEntry
    properties: list[PropertyEntry]
    new: list[FindingEntry]
    fixed: list[FindingEntry]
    unchanged: int
    added: list[PartEntry]
    removed: list[PartEntry]
    tasks: list[TaskMoveEntry]
    moved: dict[str, str]


def render(comparison: Comparison) -> str:
    """Return a change as JSON, indented, with a final newline."""
    return json_text(_document(comparison))


def schema() -> str:
    """Return the JSON Schema (draft 2020-12) of a change."""
    return json_schema(DiffDocument, "natsscan diff, schema_version 1")


def _document(comparison: Comparison) -> DiffDocument:
    before, after = comparison.before, comparison.after
    return DiffDocument(
        schema_version=1,
        tool=tool(after),
        root=after.root,
        scope=list(after.scope),
        base=EndEntry(comparison.base, count(before.to_migrate.findings)),
        head=EndEntry(comparison.head, count(after.to_migrate.findings)),
        properties=[_property(change) for change in comparison.properties],
        new=[finding_entry(finding) for finding in comparison.new],
        fixed=[finding_entry(finding) for finding in comparison.fixed],
        unchanged=len(comparison.unchanged),
        added=[_part(part) for part in comparison.added],
        removed=[_part(part) for part in comparison.removed],
        tasks=[
            TaskMoveEntry(j.task.id, j.task.line, j.task.text, move.is_finished, j.status, j.reason)
            for move in comparison.tasks
            for j in [move.judgement]
        ],
        moved=dict(sorted(comparison.moved.items())),
    )


def _property(change: PropertyChange) -> PropertyEntry:
    return PropertyEntry(
        about=change.about,
        property=change.property,
        fate=change.fate,
        before=change.before,
        after=change.after,
        rule=change.rule,
        advice=change.advice,
        at=places(change.at),
        by=places(change.by),
    )


def _part(part: SystemPart) -> PartEntry:
    return PartEntry(part.about, places(part.at))
