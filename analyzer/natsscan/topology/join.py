"""Several messaging systems as one: what has one name is the same thing, whoever declares it.

In what order systems are joined makes no difference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from operator import attrgetter
from typing import TypeVar

from natsscan.model.natsuse import NatsUse
from natsscan.model.span import Span
from natsscan.model.topology import (
    Binding,
    Consumer,
    Declaration,
    Declared,
    Exchange,
    ExchangeBinding,
    Publisher,
    Queue,
    Topology,
)
from natsscan.topology.build import is_alike
from natsscan.topology.nats import in_order
from natsscan.topology.shapes import clearest, shape

T = TypeVar("T")
D = TypeVar("D", Exchange, Queue)
U = TypeVar("U", str, Span)
Names = tuple[str, ...]


def join(left: Topology, right: Topology) -> Topology:
    """Return two messaging systems as one."""
    return Topology(
        exchanges=_together(left.exchanges, right.exchanges, _name, _declared),
        queues=_together(left.queues, right.queues, _name, _declared),
        bindings=_together(left.bindings, right.bindings, lambda b: (b.exchange, b.routing_key, b.queue), _bound),
        publishers=_together(
            left.publishers, right.publishers, lambda p: (p.service, p.exchange, p.routing_key), _publisher
        ),
        consumers=_together(left.consumers, right.consumers, lambda c: (c.service, c.queue), _consumer),
        exchange_bindings=_together(
            left.exchange_bindings,
            right.exchange_bindings,
            lambda b: (b.source, b.routing_key, b.destination),
            _passed,
        ),
    )


def join_nats(left: NatsUse, right: NatsUse) -> NatsUse:
    """Return what two code bases do on NATS, neither of which has a service of the other."""
    return in_order((*left.ends, *right.ends))


def _together(
    left: Iterable[T], right: Iterable[T], names_of: Callable[[T], Names], unite: Callable[[T, T, Names], T]
) -> tuple[T, ...]:
    """Return what is in either; what has names of one shape is united, under the names that tell most."""
    found: dict[Names, tuple[Names, T]] = {}
    for each in (*left, *right):
        names = names_of(each)
        key = tuple(map(shape, names))
        if key in found:
            known, one = found[key]
            names = tuple(map(clearest, zip(known, names, strict=True)))
            found[key] = names, unite(one, each, names)
        else:
            found[key] = names, each
    return tuple(each for _, each in sorted(found.values(), key=lambda item: item[0]))


def _name(declared: Declared) -> Names:
    return (declared.name,)


def _declared(one: D, other: D, names: Names) -> D:
    """Return an exchange or queue that is declared in two systems: the first of all places counts."""
    united = replace(one, name=names[0], services=_all(one.services, other.services), at=_all(one.at, other.at))
    every = sorted((*_declarations(one), *_declarations(other)), key=attrgetter("at"))
    if not every:
        return united
    first = every[0]
    return replace(
        united,
        properties=first.properties,
        arguments=first.arguments,
        defaults=first.defaults,
        otherwise=tuple(each for each in every if not is_alike(each, first)),
    )


def _declarations(declared: Declared) -> Iterable[Declaration]:
    different = {each.at for each in declared.otherwise}
    own = (span for span in declared.at if span not in different)
    yield from (Declaration(at, declared.properties, declared.arguments, declared.defaults) for at in own)
    yield from declared.otherwise


def _bound(one: Binding, other: Binding, names: Names) -> Binding:
    exchange, routing_key, queue = names
    return Binding(exchange, routing_key, queue, at=_all(one.at, other.at))


def _passed(one: ExchangeBinding, other: ExchangeBinding, names: Names) -> ExchangeBinding:
    source, routing_key, destination = names
    return ExchangeBinding(source, routing_key, destination, at=_all(one.at, other.at))


def _publisher(one: Publisher, other: Publisher, names: Names) -> Publisher:
    first = min(one, other, key=attrgetter("at"))
    service, exchange, routing_key = names
    return Publisher(
        service, exchange, routing_key, first.properties, at=_all(one.at, other.at), via=_all(one.via, other.via)
    )


def _consumer(one: Consumer, other: Consumer, names: Names) -> Consumer:
    service, queue = names
    return Consumer(
        service=service,
        queue=queue,
        ack=_either(one.ack, other.ack),
        prefetch=_either(one.prefetch or "", other.prefetch or "") or None,
        exclusive=one.exclusive or other.exclusive,
        acks=_all(one.acks, other.acks),
        rejects=_all(one.rejects, other.rejects),
        requeue=_all(one.requeue, other.requeue),
        at=_all(one.at, other.at),
        via=_all(one.via, other.via),
    )


def _all(one: tuple[U, ...], other: tuple[U, ...]) -> tuple[U, ...]:
    return tuple(sorted(set(one + other)))


def _either(one: str, other: str) -> str:
    words = " or "
    return words.join(sorted({*filter(None, one.split(words)), *filter(None, other.split(words))}))
