"""The messaging system in the JSON report."""

from __future__ import annotations

import msgspec

from natsscan.model.natsuse import NatsUse
from natsscan.model.topology import Exchange, Queue, Topology
from natsscan.reports.nats import NatsEntry, nats_entry
from natsscan.reports.place import Place, places

# A property is true, false, or a text where the code does not settle which.
Flag = bool | str


class ExchangeEntry(msgspec.Struct, frozen=True):
    """An exchange; `defaults` lists the properties that the library filled in."""

    name: str
    type: str
    durable: Flag
    auto_delete: Flag
    internal: Flag
    passive: Flag
    arguments: dict[str, str]
    defaults: list[str]
    services: list[str]
    at: list[Place]


class QueueEntry(msgspec.Struct, frozen=True):
    """A queue; its name is empty if the broker gives it one. `defaults` are the properties the library filled in."""

    name: str
    durable: Flag
    exclusive: Flag
    auto_delete: Flag
    passive: Flag
    arguments: dict[str, str]
    defaults: list[str]
    services: list[str]
    at: list[Place]


class BindingEntry(msgspec.Struct, frozen=True):
    """A binding from an exchange to a queue."""

    exchange: str
    routing_key: str
    queue: str
    at: list[Place]


class PublisherEntry(msgspec.Struct, frozen=True):
    """Who publishes what where; `via` are the calls of wrappers from which it is reached."""

    service: str
    exchange: str
    routing_key: str
    properties: dict[str, str]
    at: list[Place]
    via: list[Place]


class ConsumerEntry(msgspec.Struct, frozen=True):
    """Who consumes a queue, and how its messages are settled."""

    service: str
    queue: str
    ack: str
    prefetch: str | None
    exclusive: bool
    acks: list[Place]
    rejects: list[Place]
    requeue: list[str]
    at: list[Place]
    via: list[Place]


class TopologyEntry(msgspec.Struct, frozen=True):
    """The messaging system that the code describes; `nats` is there only if something is done on NATS already."""

    exchanges: list[ExchangeEntry]
    queues: list[QueueEntry]
    bindings: list[BindingEntry]
    publishers: list[PublisherEntry]
    consumers: list[ConsumerEntry]
    nats: NatsEntry | msgspec.UnsetType = msgspec.UNSET


def topology_entry(topology: Topology, nats: NatsUse) -> TopologyEntry:
    """Return a topology, and what is done on NATS already, in the shape of the contract."""
    return TopologyEntry(
        exchanges=[
            ExchangeEntry(
                name=exchange.name,
                type=exchange.properties.get("exchange_type", ""),
                durable=_flag(exchange, "durable"),
                auto_delete=_flag(exchange, "auto_delete"),
                internal=_flag(exchange, "internal"),
                passive=_flag(exchange, "passive"),
                arguments=exchange.arguments,
                defaults=sorted(exchange.defaults),
                services=list(exchange.services),
                at=places(exchange.at),
            )
            for exchange in topology.exchanges
        ],
        queues=[
            QueueEntry(
                name=queue.name,
                durable=_flag(queue, "durable"),
                exclusive=_flag(queue, "exclusive"),
                auto_delete=_flag(queue, "auto_delete"),
                passive=_flag(queue, "passive"),
                arguments=queue.arguments,
                defaults=sorted(queue.defaults),
                services=list(queue.services),
                at=places(queue.at),
            )
            for queue in topology.queues
        ],
        bindings=[BindingEntry(b.exchange, b.routing_key, b.queue, places(b.at)) for b in topology.bindings],
        publishers=[
            PublisherEntry(p.service, p.exchange, p.routing_key, p.properties, places(p.at), places(p.via))
            for p in topology.publishers
        ],
        consumers=[
            ConsumerEntry(
                service=consumer.service,
                queue=consumer.queue,
                ack=consumer.ack,
                prefetch=consumer.prefetch,
                exclusive=consumer.exclusive,
                acks=places(consumer.acks),
                rejects=places(consumer.rejects),
                requeue=list(consumer.requeue),
                at=places(consumer.at),
                via=places(consumer.via),
            )
            for consumer in topology.consumers
        ],
        nats=nats_entry(nats, topology),
    )


def _flag(declared: Exchange | Queue, name: str) -> Flag:
    text = declared.properties.get(name, "false")
    return text == "true" if text in ("true", "false") else text
