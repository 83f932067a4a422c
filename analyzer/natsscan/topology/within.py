"""A messaging system as it stands among those of other repositories."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TypeVar

from natsscan.model.fleet import service_within
from natsscan.model.natsuse import NatsUse
from natsscan.model.span import Span
from natsscan.model.topology import (
    SERVER_NAMED,
    Consumer,
    Exchange,
    Publisher,
    Queue,
    Topology,
    is_server_named,
)
from natsscan.topology.shapes import is_said

D = TypeVar("D", Exchange, Queue)
_HOLE = re.compile(r"\{([^{}]*)\}")
_EXCHANGE, _KEY = "x-dead-letter-exchange", "x-dead-letter-routing-key"


def within(topology: Topology, repository: str) -> Topology:
    """Return the messaging system of a repository among others: its services and paths begin with its name.

    What only the running program or the broker names is its own: `{queue}` of one repository is not that of another.
    """
    return Topology(
        exchanges=tuple(_declared(each, repository, hole_within) for each in topology.exchanges),
        queues=tuple(_declared(each, repository, _queue) for each in topology.queues),
        bindings=tuple(
            replace(
                each,
                exchange=hole_within(each.exchange, repository),
                queue=_queue(each.queue, repository),
                at=_at(each.at, repository),
            )
            for each in topology.bindings
        ),
        publishers=tuple(_publisher(each, repository) for each in topology.publishers),
        consumers=tuple(_consumer(each, repository) for each in topology.consumers),
        exchange_bindings=tuple(
            replace(
                each,
                source=hole_within(each.source, repository),
                destination=hole_within(each.destination, repository),
                at=_at(each.at, repository),
            )
            for each in topology.exchange_bindings
        ),
    )


def nats_within(nats: NatsUse, repository: str) -> NatsUse:
    """Return what a repository does on NATS among others."""
    ends = (
        replace(end, service=service_within(end.service, repository), at=_at(end.at, repository)) for end in nats.ends
    )
    return NatsUse(tuple(ends))


def hole_within(name: str, repository: str) -> str:
    """Return a name that is nothing but holes as one of a repository, any other as it is: `{queue@shop}`."""
    if not name or is_said(name):
        return name
    return _HOLE.sub(lambda hole: f"{{{key_within(hole.group(1), repository)}}}", name)


def key_within(hole: str, repository: str) -> str:
    """Return a hole of a name that is nothing but holes as one of a repository."""
    return f"{hole}@{repository.replace('.', '_')}"  # what is behind the last dot is what a hole is known by


def place_within(span: Span, repository: str) -> Span:
    """Return a place in a repository among others."""
    return replace(span, path=f"{repository}/{span.path}")


def _at(spans: Iterable[Span], repository: str) -> tuple[Span, ...]:
    return tuple(place_within(span, repository) for span in spans)


def _queue(name: str, repository: str) -> str:
    return f"{SERVER_NAMED} in {repository}" if is_server_named(name) else hole_within(name, repository)


def _declared(declared: D, repository: str, named: Callable[[str, str], str]) -> D:
    def arguments(table: dict[str, str]) -> dict[str, str]:
        if _EXCHANGE not in table:
            return table
        found = table | {_EXCHANGE: hole_within(table[_EXCHANGE], repository)}
        to_queue = _KEY in table and not table[_EXCHANGE]
        return found | ({_KEY: hole_within(table[_KEY], repository)} if to_queue else {})

    return replace(
        declared,
        name=named(declared.name, repository),
        arguments=arguments(declared.arguments),
        services=tuple(service_within(service, repository) for service in declared.services),
        at=_at(declared.at, repository),
        otherwise=tuple(
            replace(other, at=place_within(other.at, repository), arguments=arguments(other.arguments))
            for other in declared.otherwise
        ),
    )


def _publisher(publisher: Publisher, repository: str) -> Publisher:
    key = publisher.routing_key
    return replace(
        publisher,
        service=service_within(publisher.service, repository),
        exchange=hole_within(publisher.exchange, repository),
        routing_key=key if publisher.exchange else _queue(key, repository),
        at=_at(publisher.at, repository),
        via=_at(publisher.via, repository),
    )


def _consumer(consumer: Consumer, repository: str) -> Consumer:
    return replace(
        consumer,
        service=service_within(consumer.service, repository),
        queue=_queue(consumer.queue, repository),
        acks=_at(consumer.acks, repository),
        rejects=_at(consumer.rejects, repository),
        at=_at(consumer.at, repository),
        via=_at(consumer.via, repository),
    )
