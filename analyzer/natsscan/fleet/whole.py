"""What repositories are together, worked out of their shares."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path

from natsscan.catalog.catalog import Catalog
from natsscan.fleet.alike import alike
from natsscan.model.definitions import Definitions
from natsscan.model.fleet import (
    Conflict,
    Failed,
    Fleet,
    Loose,
    Point,
    Scanned,
    Share,
    repository_of,
)
from natsscan.model.order import Flow, Step
from natsscan.model.topology import Topology, is_server_named
from natsscan.nats.artifacts.folder import Decided, decide
from natsscan.nats.order import Left, flows_between, order_of
from natsscan.topology.flows import QueueFlow, queue_flows
from natsscan.topology.reconcile import reconcile
from natsscan.topology.shapes import is_said, shape


def make_fleet(
    share: Share,
    failed: Iterable[Failed],
    history: Sequence[Point],
    catalog: Catalog,
    definitions: Definitions | None = None,
    subjects: Path | None = None,
) -> tuple[Fleet, Decided]:
    """Return what a fleet is: `share` is that of all its repositories, `history` what earlier runs found.

    With the broker's own `definitions`, queues and exchanges tell how they stand to these. It is mapped as `subjects`
    decides; raises InputError for decisions that do not fit.
    """
    topology = share.topology
    export = catalog.broker.export
    if definitions is not None and export is not None:
        topology = reconcile(topology, definitions, export).topology
    queues = queue_flows(topology)
    unread, unfed, unbound = _unread(topology, queues), _unfed(queues), _unbound(topology)
    decided = decide(topology, share.beside, catalog.target, subjects)
    fleet = Fleet(
        rules_digest=catalog.digest,
        scanned=share.scanned,
        failed=tuple(sorted(failed, key=lambda each: each.repository)),
        topology=topology,
        nats=share.nats,
        mapping=decided.mapping,
        crossings=tuple(flow for flow in flows_between(topology) if _crosses(flow)),
        unread=unread,
        unfed=unfed,
        unbound=unbound,
        conflicts=tuple(_conflicts(topology)),
        alike=alike(topology, {each.name for each in (*unread, *unfed, *unbound)}),
        order=_order(topology, share.scanned),
        history=_with(history, _point_of(share.scanned, catalog)),
    )
    return fleet, decided


def _crosses(flow: Flow) -> bool:
    return repository_of(flow.publisher) != repository_of(flow.consumer)


def _unread(topology: Topology, queues: Iterable[QueueFlow]) -> tuple[Loose, ...]:
    """Return the queues that get messages or are declared, and that no repository consumes."""
    known = set()
    found = []
    for flow in queues:
        known.add(shape(flow.name))
        if flow.consumers or not is_said(flow.name) or is_server_named(flow.name):
            continue
        services = {service for queue in flow.declared for service in queue.services}
        services |= {publisher.service for publisher in flow.publishers}
        at = {span for queue in flow.declared for span in queue.at}
        at |= {span for publisher in flow.publishers for span in publisher.at}
        found.append(Loose(flow.name, tuple(sorted(services)), tuple(sorted(at))))
    named: dict[str, list[Loose]] = {}
    for publisher in topology.publishers:
        key = publisher.routing_key
        if not publisher.exchange and shape(key) not in known and is_said(key) and not is_server_named(key):
            named.setdefault(key, []).append(Loose(key, (publisher.service,), publisher.at))
    return tuple(sorted((*found, *(_together(each) for each in named.values()))))


def _together(loose: Sequence[Loose]) -> Loose:
    services = {service for each in loose for service in each.services}
    return Loose(loose[0].name, tuple(sorted(services)), tuple(sorted({span for each in loose for span in each.at})))


def _unfed(queues: Iterable[QueueFlow]) -> tuple[Loose, ...]:
    """Return the queues that are consumed and that no message of any repository reaches."""
    found = []
    for flow in queues:
        is_fed = flow.publishers or flow.dead_letters or not is_said(flow.name) or is_server_named(flow.name)
        if flow.consumers and not is_fed:
            services = {consumer.service for consumer in flow.consumers}
            at = {span for consumer in flow.consumers for span in consumer.at}
            found.append(Loose(flow.name, tuple(sorted(services)), tuple(sorted(at))))
    return tuple(found)


def _unbound(topology: Topology) -> tuple[Loose, ...]:
    """Return the exchanges that are published to and that no repository binds anything to."""
    bound = {shape(binding.exchange) for binding in topology.bindings}
    bound |= {shape(binding.source) for binding in topology.exchange_bindings}
    found: dict[str, list[Loose]] = {}
    for publisher in topology.publishers:
        name = publisher.exchange
        if name and is_said(name) and shape(name) not in bound:
            found.setdefault(name, []).append(Loose(name, (publisher.service,), publisher.at))
    return tuple(sorted(_together(each) for each in found.values()))


def _conflicts(topology: Topology) -> Iterable[Conflict]:
    for queue in topology.queues:
        if not is_server_named(queue.name):
            yield from (Conflict(queue.name, at, text, queue.at[0]) for at, text in queue.conflicts)


def _order(topology: Topology, scanned: Iterable[Scanned]) -> tuple[Step, ...]:
    """Return the repositories in the order in which they can move; those that neither publish nor consume stay out."""
    whole = replace(
        topology,
        publishers=tuple(replace(each, service=repository_of(each.service)) for each in topology.publishers),
        consumers=tuple(replace(each, service=repository_of(each.service)) for each in topology.consumers),
    )
    left = {
        each.repository.name: Left(sum(w.direct + w.indirect for w in each.work), sum(w.effort for w in each.work))
        for each in scanned
    }
    return tuple(
        step for step in order_of(whole, left) if step.consumes or step.publishes or step.usages or step.effort
    )


def _point_of(scanned: Sequence[Scanned], catalog: Catalog) -> Point:
    """Return how far a fleet is."""
    work = [each for repository in scanned for each in repository.work]
    told = "\n".join(f"{each.repository.name} {each.commit}" for each in scanned)
    return Point(
        day=max((each.committed for each in scanned), default=""),
        digest=blake2b(f"{catalog.digest}\n{told}".encode(), digest_size=16).hexdigest(),
        repositories=len(scanned),
        direct=sum(each.direct for each in work),
        indirect=sum(each.indirect for each in work),
        effort=sum(each.effort for each in work),
        on_nats=sum(each.on_nats for each in work),
    )


def _with(history: Sequence[Point], now: Point) -> tuple[Point, ...]:
    """Return the points with this run's; a run that finds the state of the last one adds none."""
    is_same = bool(history) and history[-1].digest == now.digest
    return (*(history[:-1] if is_same else history), now)
