"""Queues with all that belongs to them: declarations, bindings, publishers and consumers under one name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from natsscan.catalog.target import Target
from natsscan.model.mapping import Gap, Version
from natsscan.model.topology import Consumer, Queue, Topology, is_server_named
from natsscan.nats.bindings import listens_to, reached_from
from natsscan.nats.decisions import Decisions
from natsscan.nats.gaps import Judged, judge, of_consumer, of_queue
from natsscan.nats.names import (
    HoleRules,
    asset,
    has_text,
    hole_token,
    holes,
    known_part,
    queue_subject,
    subject,
    with_values,
)
from natsscan.nats.topic import Filters
from natsscan.topology.flows import QueueFlow, queue_flows

PRIORITY = "{priority}"


@dataclass(frozen=True, slots=True)
class Family:
    """A queue, or all queues whose names differ in their holes only.

    `subject` is its own, under which the default exchange reaches it; `by_name` tells whether anything is sent there.
    `listens` are the filters below each exchange.
    """

    name: str
    subject: str
    consumer: str
    by_name: bool
    listens: dict[str, Filters]
    patterns: tuple[tuple[str, str], ...]
    declared: tuple[Queue, ...]
    consumers: tuple[Consumer, ...]
    judged: Judged

    @property
    def services(self) -> tuple[str, ...]:
        """Who consumes it; without consumers, who declares it."""
        return tuple(sorted({c.service for c in self.consumers} or {s for q in self.declared for s in q.services}))

    @property
    def dead_letter(self) -> tuple[str, str] | None:
        """Exchange and key of its dead letters, None without."""
        return next((queue.dead_letter for queue in self.declared if queue.dead_letter is not None), None)


def families(
    topology: Topology,
    target: Target,
    decisions: Decisions,
    roots: Mapping[str, str],
    kinds: Mapping[str, str],
    server: Version | None,
) -> tuple[tuple[Family, ...], tuple[str, ...], tuple[Gap, ...]]:
    """Return the queues that can be mapped, the names of those that only the running program knows, and all gaps."""
    found: list[Family] = []
    unknown: list[str] = []
    gaps: list[Gap] = []
    reached = reached_from(topology, roots, kinds, decisions.holes)
    for flow in queue_flows(topology):
        name = flow.name
        parts = [judge(of_queue(q, decisions.holes), target, server) for q in flow.declared]
        parts += [judge(of_consumer(c), target, server) for c in flow.consumers]
        gaps += [gap for part in parts for gap in part.gaps]
        if not has_text(name, decisions.holes):
            unknown.append(name)
            continue
        called = _called(flow, target)
        listens = listens_to(flow.bindings, reached, kinds, decisions.holes)
        by_name = any(not p.exchange for p in flow.publishers) or not listens
        judged = _together(parts)
        if listens:
            judged = replace(judged, levels=())  # what comes through an exchange has no token for its level
        proposed = queue_subject(target.layouts, called, decisions.holes)
        if judged.levels:
            proposed = f"{subject(target.layouts.priority_root, called, decisions.holes)}.{PRIORITY}"
        found.append(
            Family(
                name=name,
                subject=decisions.queues.get(name) or proposed,
                consumer=decisions.consumers.get(name) or asset(called, decisions.holes),
                by_name=by_name,
                listens=listens,
                patterns=tuple((b.exchange, b.routing_key) for b in flow.bindings),
                declared=flow.declared,
                consumers=flow.consumers,
                judged=judged,
            )
        )
    return tuple(found), tuple(unknown), tuple(gaps)


def stem(name: str, target: Target, rules: HoleRules) -> str:
    """Return what a stream for a queue is called after."""
    if is_server_named(name):
        return target.layouts.server_named.rstrip("-")
    known = known_part(with_values(name, rules))
    return known or "_".join(map(hole_token, holes(name)))


def _called(flow: QueueFlow, target: Target) -> str:
    """Return the name of a queue; one that the broker names is called after who has it, and a name made by a client."""
    if not is_server_named(flow.name):
        return flow.name
    services = sorted({c.service for c in flow.consumers} | {s for q in flow.declared for s in q.services})
    return f"{target.layouts.server_named}{services[0] if services else 'client'}.{{client}}"


def _together(parts: list[Judged]) -> Judged:
    stream = {name: value for part in parts for name, value in part.stream.items()}
    consumer = {name: value for part in parts for name, value in part.consumer.items()}
    levels = next((part.levels for part in parts if part.levels), ())
    settle = tuple(dict.fromkeys(each for part in parts for each in part.settle))
    own, temporary = any(p.own_stream for p in parts), any(p.temporary for p in parts)
    return Judged((), stream, consumer, own, temporary, levels, settle=settle)
