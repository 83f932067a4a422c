"""What only the whole of a messaging system tells: ends that do not meet, and properties that contradict each other."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from natsscan.model.span import Span
from natsscan.model.topology import SERVER_NAMED, Publisher, Queue, Topology
from natsscan.model.usage import Argument, Operation, Provenance, Tier, Usage
from natsscan.topology.flows import bindings_of, consumers_of, key_matches, publishers_to, queue_names
from natsscan.topology.shapes import shape

_ONE_HOLE = re.compile(r"\{(?:[^{}]*\.)?([^{}.]+)\}")
_NO_NAME = re.compile(r"(?:\{[^{}]*\}|\.)*")


Misfit = tuple[Span, str, dict[str, str]]


def check(topology: Topology, unit_of: Callable[[str], str]) -> Iterator[Misfit]:
    """Yield each thing that does not fit: where, its name, and arguments that say what is wrong with it.

    `unit_of` tells the unit of a configuration key, empty if it is not known. What is nothing but a hole is left out:
    any name may be meant.
    """
    yield from _exchanges(topology)
    yield from _queues(topology)
    yield from _dead_letters(topology)
    yield from _consumers(topology)
    yield from _publishers(topology, unit_of)


def misfit_usage(misfit: Misfit, service: str) -> Usage:
    """Return the usage of operation `topology` that tells of a thing that does not fit."""
    place, name, arguments = misfit
    return Usage(
        operation=Operation.TOPOLOGY,
        is_call=False,
        symbol=name,
        library="topology",
        language="topology",
        tier=Tier.DIRECT,
        span=place,
        definition=None,
        service=service,
        arguments=tuple(Argument(key, text, Provenance.COMPUTED, None) for key, text in sorted(arguments.items())),
    )


def _is_named(name: str) -> bool:
    return not _NO_NAME.fullmatch(name) and name != SERVER_NAMED


def _exchanges(topology: Topology) -> Iterator[Misfit]:
    published = {shape(publisher.exchange): publisher for publisher in topology.publishers}
    bound = {shape(name) for name in _sources(topology)}
    fed = {shape(binding.destination) for binding in topology.exchange_bindings}
    dead = {queue.dead_letter[0] for queue in topology.queues if queue.dead_letter}
    for exchange in topology.exchanges:
        if not _is_named(exchange.name):
            continue
        publisher = published.get(shape(exchange.name))
        if publisher is not None and shape(exchange.name) not in bound:
            yield publisher.at[0], exchange.name, {"unbound": exchange.name}
        if publisher is None and exchange.name not in dead and shape(exchange.name) in bound - fed:
            yield exchange.at[0], exchange.name, {"unpublished": exchange.name}
    kinds = {exchange.name: exchange.properties.get("exchange_type", "") for exchange in topology.exchanges}
    for binding in topology.bindings:
        keys = [p.routing_key for p in topology.publishers if shape(p.exchange) == shape(binding.exchange)]
        kind = kinds.get(binding.exchange, "")
        if (
            keys
            and shape(binding.exchange) not in fed
            and kind in ("direct", "topic")
            and not any(key_matches(kind, binding.routing_key, key) for key in keys)
        ):
            yield binding.at[0], binding.routing_key, {"unused_key": binding.routing_key, "exchange": binding.exchange}


def _sources(topology: Topology) -> set[str]:
    """Return the exchanges that something is bound to."""
    return {binding.exchange for binding in topology.bindings} | {b.source for b in topology.exchange_bindings}


def _queues(topology: Topology) -> Iterator[Misfit]:
    declared = {shape(queue.name or SERVER_NAMED): queue for queue in topology.queues}
    for name in filter(_is_named, queue_names(topology)):
        queue = declared.get(shape(name))
        consumers = consumers_of(topology, name)
        if queue is None:
            yield consumers[0].at[0], name, {"undeclared": name}
        elif not consumers:
            yield queue.at[0], name, {"unconsumed": name}
        elif not publishers_to(topology, name) and not bindings_of(topology, name):
            yield queue.at[0], name, {"unfilled": name}
        if queue is not None and queue.conflicts:
            for place, text in queue.conflicts:
                yield place, name, {"contradicts": text, "queue": name}


def _dead_letters(topology: Topology) -> Iterator[Misfit]:
    exchanges = {exchange.name for exchange in topology.exchanges} | {""}
    bound = _sources(topology)
    for queue in topology.queues:
        if queue.dead_letter is None or not _is_named(queue.dead_letter[0]):
            continue
        exchange = queue.dead_letter[0]
        if exchange not in exchanges or exchange not in bound:
            yield queue.at[0], queue.name, {"dead_letters_lost": exchange}


def _consumers(topology: Topology) -> Iterator[Misfit]:
    for consumer in topology.consumers:
        if consumer.ack == "Ack" and not consumer.acks and not consumer.rejects:
            yield consumer.at[0], consumer.queue, {"never_acknowledged": consumer.queue}


def _publishers(topology: Topology, unit_of: Callable[[str], str]) -> Iterator[Misfit]:
    for name in queue_names(topology):
        queues = [q for q in topology.queues if shape(q.name or SERVER_NAMED) == shape(name)]
        if any(_is_kept(queue) for queue in queues):
            for publisher in publishers_to(topology, name):
                if not _is_persistent(publisher):
                    mode = publisher.properties.get("delivery_mode", "not set")
                    yield publisher.at[0], name, {"transient": mode, "queue": name}
    for publisher in topology.publishers:
        value = publisher.properties.get("expiration", "")
        single = _ONE_HOLE.fullmatch(value)
        unit = unit_of(single.group(1)) if single else ""
        if unit and unit != "milliseconds":
            yield publisher.at[0], publisher.routing_key, {"expiration": value, "unit": unit}


def _is_kept(queue: Queue) -> bool:
    exclusive = queue.properties.get("exclusive") == "true" or queue.properties.get("auto_delete") == "true"
    return queue.properties.get("durable") == "true" and not exclusive


def _is_persistent(publisher: Publisher) -> bool:
    mode = publisher.properties.get("delivery_mode")
    return mode is not None and (mode == "Persistent" or mode.startswith("{"))
