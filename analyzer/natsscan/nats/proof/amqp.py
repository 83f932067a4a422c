"""How RabbitMQ routes (AMQP 0-9-1, section 3.1.3): the reading of the rules that the mapping is held against."""

from __future__ import annotations

from natsscan.model.proof import Broker
from natsscan.nats.topic import key_matches


def route(broker: Broker, exchange: str, key: str) -> frozenset[str]:
    """Return the queues that get a message published to an exchange under a key, each one copy.

    The default exchange has the empty name. An exchange that does not exist routes nowhere.
    """
    if not exchange:
        return frozenset({key}) & broker.queues
    reached = [exchange] if exchange in broker.exchanges else []
    for at in reached:  # grows meanwhile
        for source, pattern, destination in broker.passages:
            known = destination in reached or destination not in broker.exchanges
            if source == at and not known and takes(broker.exchanges[at], pattern, key):
                reached.append(destination)
    return frozenset(
        queue
        for source, pattern, queue in broker.bindings
        if source in reached and queue in broker.queues and takes(broker.exchanges[source], pattern, key)
    )


def takes(kind: str, pattern: str, key: str) -> bool:
    """Tell whether a binding to an exchange of a type takes a key; what headers decide cannot be told from keys."""
    if kind == "fanout":
        return True
    return key_matches(pattern, key) if kind == "topic" else pattern == key
