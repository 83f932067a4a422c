"""A fleet as JSON, which other programs depend on. Its schema is generated from the structs here.

Within `schema_version` 1 fields are added but none is removed or changes its meaning.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

from natsscan import __version__
from natsscan.catalog.escape import json_text
from natsscan.model.fleet import Alike, Conflict, Fleet, Loose, Repository, Scanned, Work
from natsscan.model.order import Part, Step
from natsscan.model.span import Span
from natsscan.reports.fleet.parts import totals
from natsscan.reports.json import Tool, json_schema
from natsscan.reports.json_topology import TopologyEntry, topology_entry
from natsscan.reports.mapping import MappingEntry, mapping_entry
from natsscan.reports.place import Place, places


class TotalsEntry(msgspec.Struct, frozen=True):
    """Uses left to move, of a library or a broker itself and of wrappers; the effort for them; uses on NATS."""

    direct: int
    indirect: int
    effort: int
    on_nats: int


class WorkEntry(TotalsEntry, frozen=True):
    """The same of one service."""

    service: str


class RepositoryEntry(msgspec.Struct, frozen=True):
    """A repository; `committed` is the commit's date empty without git. `unread` files were not read in whole."""

    name: str
    source: str
    revision: str
    commit: str
    committed: str
    files: int
    unread: int
    services: list[WorkEntry]
    totals: TotalsEntry


class FailedEntry(msgspec.Struct, frozen=True):
    """A repository that could not be scanned."""

    name: str
    source: str
    revision: str
    reason: str
    attempts: int


class LooseEntry(msgspec.Struct, frozen=True):
    """A queue or exchange of which one end is in no repository; `services` have the other one."""

    name: str
    services: list[str]
    at: list[Place]


class ConflictEntry(msgspec.Struct, frozen=True):
    """A place that declares a queue in another way than the first one does."""

    queue: str
    at: Place
    difference: str
    first: Place


class AlikeEntry(msgspec.Struct, frozen=True):
    """Two names of which one, `name`, looks like a slip of the other; each with the services that have it."""

    kind: str
    name: str
    other: str
    services: list[str]
    others: list[str]
    at: list[Place]


class FlowEntry(msgspec.Struct, frozen=True):
    """Messages of a queue from one service to another; `through` is the library that publishes them, if one does."""

    publisher: str
    queue: str
    consumer: str
    through: str
    dead_letters: bool


class StepEntry(msgspec.Struct, frozen=True):
    """A repository in the order in which they can move, and why it moves when it does."""

    name: str
    part: Part
    reason: str
    consumes: list[str]
    publishes: list[str]
    flows: list[FlowEntry]
    usages: int
    effort: int


class PointEntry(msgspec.Struct, frozen=True):
    """How far the fleet was in one run; `day` is that of the newest commit that was scanned."""

    day: str
    digest: str
    repositories: int
    direct: int
    indirect: int
    effort: int
    on_nats: int


class FleetDocument(msgspec.Struct, frozen=True):
    """All of it. Paths begin with the name of the repository that they are in."""

    schema_version: Literal[1]
    tool: Tool
    totals: TotalsEntry
    repositories: list[RepositoryEntry]
    failed: list[FailedEntry]
    topology: TopologyEntry
    mapping: MappingEntry
    crossings: list[FlowEntry]
    unread_queues: list[LooseEntry]
    unfed_queues: list[LooseEntry]
    unbound_exchanges: list[LooseEntry]
    conflicts: list[ConflictEntry]
    alike: list[AlikeEntry]
    order: list[StepEntry]
    history: list[PointEntry]


def render(fleet: Fleet) -> str:
    """Return the fleet as JSON, indented, with a final newline; equal fleets give equal text."""
    return json_text(document(fleet))


def document(fleet: Fleet) -> FleetDocument:
    """Return the fleet in the shape of the contract."""
    return FleetDocument(
        schema_version=1,
        tool=Tool("natsscan", __version__, fleet.rules_digest),
        totals=_totals(work for each in fleet.scanned for work in each.work),
        repositories=[_repository(each) for each in fleet.scanned],
        failed=[FailedEntry(*_named(each.repository), each.reason, each.attempts) for each in fleet.failed],
        topology=topology_entry(fleet.topology, fleet.nats),
        mapping=mapping_entry(fleet.mapping),
        crossings=msgspec.convert(fleet.crossings, list[FlowEntry], from_attributes=True),
        unread_queues=_loose(fleet.unread),
        unfed_queues=_loose(fleet.unfed),
        unbound_exchanges=_loose(fleet.unbound),
        conflicts=[_conflict(each) for each in fleet.conflicts],
        alike=[_alike(each) for each in fleet.alike],
        order=[_step(each) for each in fleet.order],
        history=msgspec.convert(fleet.history, list[PointEntry], from_attributes=True),
    )


def schema() -> str:
    """Return the JSON Schema (draft 2020-12) of the document."""
    return json_schema(FleetDocument, "natsscan fleet, schema_version 1")


def _repository(scanned: Scanned) -> RepositoryEntry:
    repository = scanned.repository
    return RepositoryEntry(
        *_named(repository),
        commit=scanned.commit,
        committed=scanned.committed,
        files=scanned.files,
        unread=scanned.unread,
        services=[_work(each) for each in sorted(scanned.work, key=lambda each: each.service)],
        totals=_totals(scanned.work),
    )


def _totals(work: Iterable[Work]) -> TotalsEntry:
    return msgspec.convert(totals(work), TotalsEntry, from_attributes=True)


def _named(repository: Repository) -> tuple[str, str, str]:
    return repository.name, repository.source, repository.revision


def _work(work: Work) -> WorkEntry:
    return WorkEntry(work.direct, work.indirect, work.effort, work.on_nats, work.service)


def _loose(found: Iterable[Loose]) -> list[LooseEntry]:
    return [LooseEntry(each.name, list(each.services), places(each.at)) for each in found]


def _conflict(each: Conflict) -> ConflictEntry:
    return ConflictEntry(each.queue, _place(each.at), each.difference, _place(each.first))


def _place(span: Span) -> Place:
    return Place(span.path, span.line)


def _alike(each: Alike) -> AlikeEntry:
    return AlikeEntry(each.kind, each.name, each.other, list(each.services), list(each.others), places(each.at))


def _step(step: Step) -> StepEntry:
    return msgspec.convert(step, StepEntry, from_attributes=True)
