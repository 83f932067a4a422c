"""The queues and exchanges of an inventory, each with all that leads to it, leaves it, and becomes of it on NATS."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from natsscan.model.inventory import Inventory
from natsscan.model.mapping import ConsumerPlan, Gap, Mapping, StreamPlan
from natsscan.model.topology import Binding, Exchange, ExchangeBinding, Publisher, Topology
from natsscan.nats.gaps import about_shape, consumer_title, publisher_title
from natsscan.topology.flows import QueueFlow, queue_flows
from natsscan.topology.shapes import shape


@dataclass(frozen=True, slots=True)
class DeadLetters:
    """Where the dead letters of a queue go: an exchange and a key, the queues they end in, and who reads those.

    `exchange` is empty for the default one, `key` if they keep their own.
    """

    queue: str
    exchange: str
    key: str
    ends_in: tuple[str, ...]
    readers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sent:
    """A publisher, and the subjects that it sends to on NATS."""

    publisher: Publisher
    subjects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class QueuePart:
    """A queue, or all whose names have one shape. `subject` is empty if the mapping has none."""

    name: str
    flow: QueueFlow
    filled_by: tuple[Sent, ...]
    dead_letters: tuple[DeadLetters, ...]
    gaps: tuple[Gap, ...]
    subject: str
    streams: tuple[StreamPlan, ...]
    consumers: tuple[ConsumerPlan, ...]

    @property
    def publishers(self) -> tuple[str, ...]:
        """The services whose messages may reach it."""
        return tuple(sorted({publisher.service for publisher in self.flow.publishers}))

    @property
    def readers(self) -> tuple[str, ...]:
        """The services that consume it."""
        return tuple(sorted({consumer.service for consumer in self.flow.consumers}))

    @property
    def dead_letters_of(self) -> tuple[str, ...]:
        """The queues whose dead letters end in it."""
        return tuple(sorted({queue.name for queue in self.flow.dead_letters}))


@dataclass(frozen=True, slots=True)
class ExchangePart:
    """An exchange; `declared` is None if only others name it, the name of the default exchange is empty."""

    name: str
    declared: Exchange | None
    sent: tuple[Sent, ...]
    bindings: tuple[Binding, ...]
    passes_to: tuple[ExchangeBinding, ...]
    gets_from: tuple[ExchangeBinding, ...]
    dead_letters: tuple[DeadLetters, ...]
    gaps: tuple[Gap, ...]
    subject: str
    streams: tuple[StreamPlan, ...]

    @property
    def title(self) -> str:
        """What people call it."""
        return self.name or "the default exchange"

    @property
    def publishers(self) -> tuple[str, ...]:
        """The services that publish to it."""
        return tuple(sorted({each.publisher.service for each in self.sent}))

    @property
    def kind(self) -> str:
        """Its type, empty if it is not known."""
        return self.declared.properties.get("exchange_type", "") if self.declared else ""


def queue_parts(inventory: Inventory) -> tuple[QueuePart, ...]:
    """Return all queues that are declared or consumed, sorted by name."""
    mapping, flows = inventory.mapping, queue_flows(inventory.report.topology)
    gaps = _by_about(mapping.gaps)
    return tuple(_queue(flow, flows, mapping, gaps) for flow in flows)


def exchange_parts(inventory: Inventory, queues: Iterable[QueuePart]) -> tuple[ExchangePart, ...]:
    """Return all exchanges that are declared, published to, bound, or that get dead letters; sorted by name."""
    topology, mapping = inventory.report.topology, inventory.mapping
    dead = [letters for queue in queues for letters in queue.dead_letters]
    declared = {exchange.name: exchange for exchange in topology.exchanges}
    names = {*declared, *(each.exchange for each in dead), *_named(topology)}
    gaps = _by_about(mapping.gaps)
    return tuple(
        ExchangePart(
            name=name,
            declared=declared.get(name),
            sent=_sent((p for p in topology.publishers if p.exchange == name), mapping),
            bindings=tuple(each for each in topology.bindings if each.exchange == name),
            passes_to=tuple(each for each in topology.exchange_bindings if each.source == name),
            gets_from=tuple(each for each in topology.exchange_bindings if each.destination == name),
            dead_letters=tuple(each for each in dead if each.exchange == name),
            gaps=gaps.get(f"exchange {name}", ()),
            subject=mapping.exchanges.get(name, ""),
            streams=tuple(stream for stream in mapping.streams if name in stream.exchanges),
        )
        for name in sorted(names)
    )


def _named(topology: Topology) -> set[str]:
    ends = {each.source for each in topology.exchange_bindings} | {e.destination for e in topology.exchange_bindings}
    return ends | {p.exchange for p in topology.publishers} | {b.exchange for b in topology.bindings}


def _queue(
    flow: QueueFlow, flows: Iterable[QueueFlow], mapping: Mapping, gaps: dict[str, tuple[Gap, ...]]
) -> QueuePart:
    known_as = shape(flow.name)
    about = [f"queue {known_as}"]
    about += [about_shape(consumer_title(consumer.service, flow.name)) for consumer in flow.consumers]
    about += [about_shape(publisher_title(p.service, p.exchange, p.routing_key)) for p in flow.publishers]
    return QueuePart(
        name=flow.name,
        flow=flow,
        filled_by=_sent(flow.publishers, mapping),
        dead_letters=_dead_letters(flow, flows),
        gaps=tuple(gap for each in dict.fromkeys(about) for gap in gaps.get(each, ())),
        subject=next((subject for name, subject in mapping.queues.items() if shape(name) == known_as), ""),
        streams=tuple(s for s in mapping.streams if any(shape(name) == known_as for name in s.queues)),
        consumers=tuple(consumer for consumer in mapping.consumers if shape(consumer.queue) == known_as),
    )


def _sent(publishers: Iterable[Publisher], mapping: Mapping) -> tuple[Sent, ...]:
    subjects: dict[tuple[str, str, str], tuple[str, ...]] = {}
    for plan in mapping.publishers:
        key = (plan.service, plan.exchange, plan.routing_key)
        subjects[key] = (*subjects.get(key, ()), plan.subject) if plan.subject else subjects.get(key, ())
    return tuple(Sent(p, subjects.get((p.service, p.exchange, p.routing_key), ())) for p in publishers)


def _dead_letters(flow: QueueFlow, flows: Iterable[QueueFlow]) -> tuple[DeadLetters, ...]:
    ends = [other for other in flows if any(queue in flow.declared for queue in other.dead_letters)]
    readers = tuple(sorted({consumer.service for other in ends for consumer in other.consumers}))
    ways = dict.fromkeys(queue.dead_letter for queue in flow.declared if queue.dead_letter is not None)
    return tuple(DeadLetters(flow.name, *way, tuple(other.name for other in ends), readers) for way in ways)


def _by_about(gaps: Iterable[Gap]) -> dict[str, tuple[Gap, ...]]:
    found: dict[str, tuple[Gap, ...]] = {}
    for gap in gaps:
        about = about_shape(gap.about)
        found[about] = (*found.get(about, ()), gap)
    return found
