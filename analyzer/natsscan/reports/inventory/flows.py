"""The queues and exchanges of an inventory, each with all that leads to it, leaves it, and becomes of it on NATS."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from natsscan.model.inventory import Inventory
from natsscan.model.mapping import ConsumerPlan, Gap, Mapping, StreamPlan
from natsscan.model.topology import SERVER_NAMED, Binding, Exchange, ExchangeBinding, Publisher, Topology
from natsscan.nats.gaps import about_shape, consumer_title, publisher_title
from natsscan.topology.flows import QueueFlow, queue_flows
from natsscan.topology.shapes import shape

K = TypeVar("K")
V = TypeVar("V")


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


def queue_parts(topology: Topology, mapping: Mapping) -> tuple[QueuePart, ...]:
    """Return all queues that are declared or consumed, sorted by name."""
    flows = queue_flows(topology)
    known = _Known.of(mapping, flows)
    return tuple(_queue(flow, known) for flow in flows)


def exchange_parts(inventory: Inventory, queues: Iterable[QueuePart]) -> tuple[ExchangePart, ...]:
    """Return all exchanges that are declared, published to, bound, or that get dead letters; sorted by name."""
    topology, mapping = inventory.report.topology, inventory.mapping
    dead = [letters for queue in queues for letters in queue.dead_letters]
    declared = {exchange.name: exchange for exchange in topology.exchanges}
    names = {*declared, *(each.exchange for each in dead), *named_exchanges(topology)}
    gaps, subjects = _by_about(mapping.gaps), _subjects(mapping)
    return tuple(
        ExchangePart(
            name=name,
            declared=declared.get(name),
            sent=_sent((p for p in topology.publishers if p.exchange == name), subjects),
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


def named_exchanges(topology: Topology) -> set[str]:
    """Return the names of the exchanges that something is published to, bound to or passed on by."""
    ends = {each.source for each in topology.exchange_bindings} | {e.destination for e in topology.exchange_bindings}
    return ends | {p.exchange for p in topology.publishers} | {b.exchange for b in topology.bindings}


@dataclass(frozen=True, slots=True)
class _Known:
    """What the mapping says of queues by their shape, and of publishers, and where dead letters of a queue end."""

    subjects: dict[str, str]
    streams: dict[str, tuple[StreamPlan, ...]]
    consumers: dict[str, tuple[ConsumerPlan, ...]]
    gaps: dict[str, tuple[Gap, ...]]
    sent: dict[tuple[str, str, str], tuple[str, ...]]
    ends: dict[str, tuple[QueueFlow, ...]]

    @classmethod
    def of(cls, mapping: Mapping, flows: Iterable[QueueFlow]) -> _Known:
        streams = ((shape(name), stream) for stream in mapping.streams for name in stream.queues)
        ends = ((shape(queue.name or SERVER_NAMED), flow) for flow in flows for queue in flow.dead_letters)
        return cls(
            subjects={shape(name): subject for name, subject in reversed(mapping.queues.items())},
            streams=_grouped(streams),
            consumers=_grouped((shape(consumer.queue), consumer) for consumer in mapping.consumers),
            gaps=_by_about(mapping.gaps),
            sent=_subjects(mapping),
            ends=_grouped(ends),
        )


def _queue(flow: QueueFlow, known: _Known) -> QueuePart:
    known_as = shape(flow.name)
    about = [f"queue {known_as}"]
    about += [about_shape(consumer_title(consumer.service, flow.name)) for consumer in flow.consumers]
    about += [about_shape(publisher_title(p.service, p.exchange, p.routing_key)) for p in flow.publishers]
    return QueuePart(
        name=flow.name,
        flow=flow,
        filled_by=_sent(flow.publishers, known.sent),
        dead_letters=_dead_letters(flow, known.ends.get(known_as, ())),
        gaps=tuple(gap for each in dict.fromkeys(about) for gap in known.gaps.get(each, ())),
        subject=known.subjects.get(known_as, ""),
        streams=known.streams.get(known_as, ()),
        consumers=known.consumers.get(known_as, ()),
    )


def _subjects(mapping: Mapping) -> dict[tuple[str, str, str], tuple[str, ...]]:
    """Return the subjects that each publisher, by service, exchange and key, sends to."""
    plans = (((plan.service, plan.exchange, plan.routing_key), plan.subject) for plan in mapping.publishers)
    return _grouped((key, subject) for key, subject in plans if subject)


def _sent(publishers: Iterable[Publisher], subjects: dict[tuple[str, str, str], tuple[str, ...]]) -> tuple[Sent, ...]:
    return tuple(Sent(p, subjects.get((p.service, p.exchange, p.routing_key), ())) for p in publishers)


def _dead_letters(flow: QueueFlow, ends: Iterable[QueueFlow]) -> tuple[DeadLetters, ...]:
    """Return the ways of a queue's dead letters; `ends` are the queues that they end in."""
    names = tuple(end.name for end in ends)
    readers = tuple(sorted({consumer.service for end in ends for consumer in end.consumers}))
    ways = dict.fromkeys(queue.dead_letter for queue in flow.declared if queue.dead_letter is not None)
    return tuple(DeadLetters(flow.name, *way, names, readers) for way in ways)


def _by_about(gaps: Iterable[Gap]) -> dict[str, tuple[Gap, ...]]:
    return _grouped((about_shape(gap.about), gap) for gap in gaps)


def _grouped(pairs: Iterable[tuple[K, V]]) -> dict[K, tuple[V, ...]]:
    """Return what belongs to each key, in order; what comes several times in a row is there once."""
    found: dict[K, list[V]] = {}
    for key, value in pairs:
        known = found.setdefault(key, [])
        if not known or known[-1] is not value:
            known.append(value)
    return {key: tuple(values) for key, values in found.items()}
