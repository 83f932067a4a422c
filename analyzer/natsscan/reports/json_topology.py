"""The messaging system in the JSON report."""

from __future__ import annotations

from typing import TypedDict

import msgspec

from natsscan.model.natsuse import NatsUse
from natsscan.model.topology import Declared, Origin, Topology
from natsscan.reports.nats import NatsEntry, nats_entry
from natsscan.reports.place import Place, places

# A property is true, false, or a text where the code does not settle which.
Flag = bool | str


class DeclaredEntry(msgspec.Struct, frozen=True, kw_only=True):
    """What exchanges and queues have in common; `defaults` lists the properties that the library filled in.

    With the broker's definitions at hand, `origin` says who knows it, `policy` which policy applies to it, and
    `from_policy` which arguments it has from there, `differences` what the broker says otherwise.
    """

    name: str
    durable: Flag
    auto_delete: Flag
    passive: Flag
    arguments: dict[str, str]
    defaults: list[str]
    services: list[str]
    at: list[Place]
    origin: Origin | msgspec.UnsetType = msgspec.UNSET
    policy: str | msgspec.UnsetType = msgspec.UNSET
    from_policy: list[str] | msgspec.UnsetType = msgspec.UNSET
    differences: list[str] | msgspec.UnsetType = msgspec.UNSET


class ExchangeEntry(DeclaredEntry, frozen=True, kw_only=True):
    """An exchange."""

    type: str
    internal: Flag


class QueueEntry(DeclaredEntry, frozen=True, kw_only=True):
    """A queue; its name is empty if the broker gives it one."""

    exclusive: Flag


class BindingEntry(msgspec.Struct, frozen=True):
    """A binding from an exchange to a queue."""

    exchange: str
    routing_key: str
    queue: str
    at: list[Place]


class ExchangeBindingEntry(msgspec.Struct, frozen=True):
    """A binding by which an exchange passes messages on to another one."""

    source: str
    routing_key: str
    destination: str
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
    exchange_bindings: list[ExchangeBindingEntry]
    nats: NatsEntry | msgspec.UnsetType = msgspec.UNSET


def topology_entry(topology: Topology, nats: NatsUse) -> TopologyEntry:
    """Return a topology, and what is done on NATS already, in the shape of the contract."""
    return TopologyEntry(
        exchanges=[
            ExchangeEntry(
                **_declared(exchange),
                type=exchange.properties.get("exchange_type", ""),
                internal=_flag(exchange, "internal"),
            )
            for exchange in topology.exchanges
        ],
        queues=[QueueEntry(**_declared(queue), exclusive=_flag(queue, "exclusive")) for queue in topology.queues],
        bindings=msgspec.convert(topology.bindings, list[BindingEntry], from_attributes=True),
        publishers=msgspec.convert(topology.publishers, list[PublisherEntry], from_attributes=True),
        consumers=msgspec.convert(topology.consumers, list[ConsumerEntry], from_attributes=True),
        exchange_bindings=msgspec.convert(topology.exchange_bindings, list[ExchangeBindingEntry], from_attributes=True),
        nats=nats_entry(nats, topology),
    )


class _Declared(TypedDict):
    name: str
    durable: Flag
    auto_delete: Flag
    passive: Flag
    arguments: dict[str, str]
    defaults: list[str]
    services: list[str]
    at: list[Place]
    origin: Origin | msgspec.UnsetType
    policy: str | msgspec.UnsetType
    from_policy: list[str] | msgspec.UnsetType
    differences: list[str] | msgspec.UnsetType


def _declared(declared: Declared) -> _Declared:
    asked = declared.origin is not None
    return {
        "name": declared.name,
        "durable": _flag(declared, "durable"),
        "auto_delete": _flag(declared, "auto_delete"),
        "passive": _flag(declared, "passive"),
        "arguments": declared.arguments,
        "defaults": sorted(declared.defaults),
        "services": list(declared.services),
        "at": places(declared.at),
        "origin": declared.origin if declared.origin is not None else msgspec.UNSET,
        "policy": declared.policy if asked else msgspec.UNSET,
        "from_policy": list(declared.from_policy) if asked else msgspec.UNSET,
        "differences": list(declared.differences) if asked else msgspec.UNSET,
    }


def _flag(declared: Declared, name: str) -> Flag:
    text = declared.properties.get(name, "false")
    return text == "true" if text in ("true", "false") else text
