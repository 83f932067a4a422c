"""Following messages: from a publisher through an exchange and its bindings to a queue, and on to its consumers."""

from __future__ import annotations

from natsscan.model.topology import SERVER_NAMED, Binding, Consumer, Publisher, Queue, Topology
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
    bound = bindings_of(topology, queue)
    return tuple(publisher for publisher in topology.publishers if _reaches(publisher, queue, bound, topology))


def dead_letters_to(topology: Topology, queue: str) -> tuple[Queue, ...]:
    """Return the queues whose dead letters end in a queue."""
    found = []
    for source in topology.queues:
        dead = source.dead_letter
        if dead is None:
            continue
        exchange, key = dead
        kind = {item.name: item.properties.get("exchange_type", "") for item in topology.exchanges}.get(exchange, "")
        if (exchange == "" and shape(key) == shape(queue)) or any(
            binding.exchange == exchange and (not key or key_matches(kind, binding.routing_key, key))
            for binding in bindings_of(topology, queue)
        ):
            found.append(source)
    return tuple(found)


def consumers_of(topology: Topology, queue: str) -> tuple[Consumer, ...]:
    """Return the consumers of a queue."""
    return tuple(consumer for consumer in topology.consumers if shape(consumer.queue) == shape(queue))


def _reaches(publisher: Publisher, queue: str, bound: tuple[Binding, ...], topology: Topology) -> bool:
    if publisher.exchange == "":
        return shape(publisher.routing_key) == shape(queue)
    kinds = {exchange.name: exchange.properties.get("exchange_type", "") for exchange in topology.exchanges}
    kind = kinds.get(publisher.exchange, "")
    return any(
        shape(binding.exchange) == shape(publisher.exchange)
        and (kind == "fanout" or key_matches(kind, binding.routing_key, publisher.routing_key))
        for binding in bound
    )


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
