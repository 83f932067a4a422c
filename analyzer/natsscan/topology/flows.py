"""Following messages: from a publisher through an exchange and its bindings to a queue, and on to its consumers."""

from __future__ import annotations

from natsscan.model.topology import SERVER_NAMED, Binding, Consumer, ExchangeBinding, Publisher, Queue, Topology
from natsscan.topology.shapes import form, shape


def queue_names(topology: Topology) -> tuple[str, ...]:
    """Return the names of all queues that are declared or consumed, one for each shape, sorted."""
    found: dict[str, str] = {}
    for name in (*(queue.name or SERVER_NAMED for queue in topology.queues), *(c.queue for c in topology.consumers)):
        found.setdefault(shape(name), name)
    return tuple(sorted(found.values()))


def bindings_of(topology: Topology, queue: str) -> tuple[Binding, ...]:
    """Return the bindings that lead to a queue."""
    return tuple(binding for binding in topology.bindings if shape(binding.queue) == shape(queue))


def publishers_to(topology: Topology, queue: str) -> tuple[Publisher, ...]:
    """Return the publishers whose messages may reach a queue, by a binding or by its name."""
    return tuple(p for p in topology.publishers if _leads(topology, p.exchange, p.routing_key, queue))


def dead_letters_to(topology: Topology, queue: str) -> tuple[Queue, ...]:
    """Return the queues whose dead letters end in a queue."""
    found = []
    for source in topology.queues:
        if source.dead_letter is None:
            continue
        exchange, key = source.dead_letter
        if _leads(topology, exchange, key, queue) and (exchange or key):
            found.append(source)
    return tuple(found)


def consumers_of(topology: Topology, queue: str) -> tuple[Consumer, ...]:
    """Return the consumers of a queue."""
    return tuple(consumer for consumer in topology.consumers if shape(consumer.queue) == shape(queue))


def passed_on_to(topology: Topology, exchange: str, key: str) -> tuple[str, ...]:
    """Return an exchange and those that get what is published to it under a key, by bindings between exchanges.

    An empty key stands for any: dead letters may keep their own.
    """
    found = [exchange]
    for reached in found:  # grows meanwhile
        for binding in topology.exchange_bindings:
            known = any(shape(binding.destination) == shape(name) for name in found)
            if not known and shape(binding.source) == shape(reached) and _takes(topology, binding, key):
                found.append(binding.destination)
    return tuple(found)


def _leads(topology: Topology, exchange: str, key: str, queue: str) -> bool:
    if exchange == "":
        return shape(key) == shape(queue)
    reached = {shape(name) for name in passed_on_to(topology, exchange, key)}
    return any(shape(b.exchange) in reached and _takes(topology, b, key) for b in bindings_of(topology, queue))


def _takes(topology: Topology, binding: Binding | ExchangeBinding, key: str) -> bool:
    """Tell whether a binding takes what its exchange gets under a key."""
    source = binding.exchange if isinstance(binding, Binding) else binding.source
    kinds = (item.properties.get("exchange_type", "") for item in topology.exchanges if item.name == source)
    kind = next(kinds, "")
    return not key or kind == "fanout" or key_matches(kind, binding.routing_key, key)


def key_matches(kind: str, pattern: str, key: str) -> bool:
    """Tell whether a routing key may match a binding's: in a topic exchange `*` is one word, `#` any number of words.

    A hole may be any text of one word; AMQP 0-9-1, section 3.1.3.3.
    """
    if kind != "topic":
        return form(pattern) == form(key)
    return _words_match(form(pattern).split("."), form(key).split("."))


def _words_match(pattern: list[str], words: list[str]) -> bool:
    if not pattern:
        return not words
    if pattern[0] == "#":
        return any(_words_match(pattern[1:], words[at:]) for at in range(len(words) + 1))
    if not words:
        return False
    return (pattern[0] in ("*", words[0]) or "{}" in (pattern[0], words[0])) and _words_match(pattern[1:], words[1:])
