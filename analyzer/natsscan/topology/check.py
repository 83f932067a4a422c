"""What only the whole of a messaging system tells: ends that do not meet, and properties that contradict each other."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from natsscan.model.span import Span
from natsscan.model.topology import Publisher, Queue, Topology, is_server_named
from natsscan.model.usage import Argument, Operation, Provenance, Tier, Usage
from natsscan.topology.flows import QueueFlow, key_matches, queue_flows
from natsscan.topology.shapes import is_said, shape

_ONE_HOLE = re.compile(r"\{(?:[^{}]*\.)?([^{}.]+)\}")


Misfit = tuple[Span, str, dict[str, str]]


def check(topology: Topology, unit_of: Callable[[str], str]) -> Iterator[Misfit]:
    """Yield each thing that does not fit: where, its name, and arguments that say what is wrong with it.

    `unit_of` tells the unit of a configuration key, empty if it is not known. What is nothing but a hole is left out:
    any name may be meant.
    """
    flows = queue_flows(topology)
    yield from _exchanges(topology)
    yield from _queues(flows)
    yield from _dead_letters(topology)
    yield from _consumers(topology)
    yield from _publishers(topology, flows, unit_of)


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
    return is_said(name) and not is_server_named(name)


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
    keys_of: dict[str, list[str]] = {}
    for publisher in topology.publishers:
        keys_of.setdefault(shape(publisher.exchange), []).append(publisher.routing_key)
    for binding in topology.bindings:
        keys = keys_of.get(shape(binding.exchange), [])
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


def _queues(flows: Iterable[QueueFlow]) -> Iterator[Misfit]:
    for flow in flows:
        if not _is_named(flow.name):
            continue
        if not flow.declared:
            yield flow.consumers[0].at[0], flow.name, {"undeclared": flow.name}
            continue
        queue = flow.declared[-1]
        if not flow.consumers:
            yield queue.at[0], flow.name, {"unconsumed": flow.name}
        elif not flow.publishers and not flow.bindings:
            yield queue.at[0], flow.name, {"unfilled": flow.name}
        for place, text in queue.conflicts:
            yield place, flow.name, {"contradicts": text, "queue": flow.name}


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


def _publishers(topology: Topology, flows: Iterable[QueueFlow], unit_of: Callable[[str], str]) -> Iterator[Misfit]:
    for flow in flows:
        if any(map(_is_kept, flow.declared)):
            for publisher in flow.publishers:
                if not _is_persistent(publisher):
                    mode = publisher.properties.get("delivery_mode", "not set")
                    yield publisher.at[0], flow.name, {"transient": mode, "queue": flow.name}
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
