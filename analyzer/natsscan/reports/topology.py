"""A topology for people: each exchange and each queue with who fills it, who empties it, and where it says so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from natsscan.catalog.escape import visible
from natsscan.model.span import Span
from natsscan.model.topology import Consumer, Declared, Exchange, Origin, Publisher, Topology
from natsscan.topology.flows import QueueFlow, queue_flows
from natsscan.topology.shapes import shape

_LABEL = 17


def render(topology: Topology) -> str:
    """Return a topology as text, a block for each exchange and each queue."""
    if topology == Topology():
        return "No exchange, queue, publisher or consumer found.\n"
    blocks = [_exchange(topology, exchange) for exchange in topology.exchanges]
    blocks += map(_queue, queue_flows(topology))
    return "\n\n".join("\n".join(map(str.rstrip, block)) for block in blocks) + "\n"


def _exchange(topology: Topology, exchange: Exchange) -> list[str]:
    title = f"exchange {exchange.name}" if exchange.name else "the default exchange"
    kind = exchange.properties.get("exchange_type", "")
    told = ", ".join(trait for trait in (kind, traits(exchange)) if trait)
    lines = [visible(f"{title}: {told}"), *_row("declared", _places(exchange.at)), *_broker(exchange)]
    for binding in topology.exchange_bindings:
        if shape(binding.source) == shape(exchange.name):
            to = f"{binding.destination} with {binding.routing_key or '(empty key)'}"
            lines += _row("passes on to", [f"{to}  {place}" for place in _places(binding.at)])
    return lines


def _broker(declared: Declared) -> Iterator[str]:
    """Yield what the broker's definitions say of an exchange or queue, if they are at hand."""
    match declared.origin:
        case Origin.CODE:
            yield from _row("on the broker", ["not in its definitions"])
        case Origin.BROKER:
            yield from _row("in the code", ["nothing declares it"])
        case _:
            pass
    yield from _row("differs", declared.differences)
    if declared.policy:
        given = [f"{name} {declared.arguments[name]}" for name in declared.from_policy]
        yield from _row("policy", [f"{declared.policy}: {', '.join(given)}"])


def _queue(flow: QueueFlow) -> list[str]:
    lines = [visible(f"queue {flow.name}")]
    for queue in flow.declared:
        lines += _row("declared", [f"{traits(queue) or 'plain'}  {place}" for place in _places(queue.at)])
        lines += _broker(queue)
    if not flow.declared:
        lines += _row("declared", ["nowhere in this code base"])
    for binding in flow.bindings:
        lines += _row(
            "bound",
            [
                f"to {binding.exchange} with {binding.routing_key or '(empty key)'}  {place}"
                for place in _places(binding.at)
            ],
        )
    for publisher in flow.publishers:
        lines += _row("filled by", [f"{publishes(publisher)}  {place}" for place in _places(publisher.at)])
    for source in flow.dead_letters:
        lines += _row("filled by", [f"dead letters of {source.name}"])
    for consumer in flow.consumers:
        lines += _row("emptied by", [f"{consumes(consumer)}  {place}" for place in _places(consumer.at)])
        lines += _row("acknowledged", _places(consumer.acks))
        requeue = f"requeue {' or '.join(consumer.requeue)}  " if consumer.requeue else ""
        lines += _row("rejected", [f"{requeue}{place}" for place in _places(consumer.rejects)])
    for queue in flow.declared:
        if queue.dead_letter is not None:
            exchange, key = queue.dead_letter
            lines += _row("dead letters to", [f"{exchange or 'the default exchange'}{f' with {key}' if key else ''}"])
    return lines


def traits(declared: Declared) -> str:
    """Return the properties and arguments that a declaration gives, not those of a policy."""
    flags = [name.replace("_", " ") for name, text in sorted(declared.properties.items()) if text == "true"]
    own = {key: text for key, text in declared.arguments.items() if key not in declared.from_policy}
    return ", ".join([*flags, *(f"{key} {text}" for key, text in own.items())])


def publishes(publisher: Publisher) -> str:
    """Return who publishes where, and what its messages carry that NATS may have otherwise."""
    exchange = publisher.exchange or "the default exchange"
    told = ("delivery_mode", "expiration", "priority", "mandatory", "reply_to")
    given = [f"{name.replace('_', ' ')} {publisher.properties[name]}" for name in told if name in publisher.properties]
    return "; ".join(
        filter(None, (f"{publisher.service}, through {exchange} with {publisher.routing_key}", ", ".join(given)))
    )


def consumes(consumer: Consumer) -> str:
    """Return who consumes, and how."""
    limit = f"prefetch {consumer.prefetch}" if consumer.prefetch else "no prefetch limit"
    return f"{consumer.service}, mode {consumer.ack}, {limit}{', exclusive' if consumer.exclusive else ''}"


def _places(spans: Iterable[Span]) -> list[str]:
    return [f"{span.path}:{span.line}" for span in spans]


def _row(label: str, texts: Iterable[str]) -> Iterator[str]:
    for at, text in enumerate(texts):
        yield f"  {(label if at == 0 else ''):<{_LABEL}}{visible(text)}"
