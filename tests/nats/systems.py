"""Messaging systems built by hand, and their mapping."""

from __future__ import annotations

from typing import TypeVar

from natsscan.catalog.catalog import Catalog
from natsscan.model.mapping import Beside, ConsumerPlan, Gap, Mapping, StreamPlan, Version
from natsscan.model.span import Span
from natsscan.model.topology import Binding, Consumer, Exchange, ExchangeBinding, Publisher, Queue, Topology
from natsscan.nats.decisions import Decisions
from natsscan.nats.plan import make_plan

T = TypeVar("T")
AT = (Span("src/Run.hs", 0, 1, 7, 1, 7, 2),)


def exchange(name: str, kind: str = "direct") -> Exchange:
    return Exchange(name, {"exchange_type": kind, "durable": "true"}, {}, frozenset(), ("shop",), AT)


def queue(name: str, properties: dict[str, str] | None = None, **arguments: str) -> Queue:
    written = {"x-" + key.replace("_", "-"): value for key, value in arguments.items()}
    return Queue(name, properties or {"durable": "true"}, written, frozenset(), ("shop",), AT)


def binding(exchange_name: str, key: str, queue_name: str) -> Binding:
    return Binding(exchange_name, key, queue_name, AT)


def passage(source: str, key: str, destination: str) -> ExchangeBinding:
    return ExchangeBinding(source, key, destination, AT)


def publisher(exchange_name: str, key: str, **properties: str) -> Publisher:
    return Publisher("shop", exchange_name, key, properties, AT, ())


def consumer(
    queue_name: str, *, ack: str = "Ack", prefetch: str | None = "10", requeue: tuple[str, ...] = ()
) -> Consumer:
    return Consumer("shop", queue_name, ack, prefetch, False, AT, AT, requeue, AT, ())


def topology(*parts: Exchange | Queue | Binding | Publisher | Consumer | ExchangeBinding) -> Topology:
    def of(kind: type[T]) -> tuple[T, ...]:
        return tuple(part for part in parts if isinstance(part, kind))

    return Topology(
        of(Exchange), of(Queue), of(Binding), of(Publisher), of(Consumer), of(ExchangeBinding)
    )  # fmt: skip


def mapped(
    catalog: Catalog, system: Topology, decisions: Decisions | None = None, server: Version | None = None
) -> Mapping:
    return make_plan(system, Beside(), catalog.target, decisions or Decisions(), server)


def stream(mapping: Mapping, name: str) -> StreamPlan:
    return next(plan for plan in mapping.streams if plan.name == name)


def consumer_of(mapping: Mapping, queue_name: str) -> ConsumerPlan:
    return next(plan for plan in mapping.consumers if plan.queue == queue_name)


def gap(mapping: Mapping, rule: str) -> Gap:
    return next(found for found in mapping.gaps if found.rule == rule)
