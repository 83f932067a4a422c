from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import product
from typing import TypedDict

from natsscan.model.brokercall import BrokerCall
from natsscan.model.name import Name
from natsscan.model.source import PROGRAMS
from natsscan.model.span import Span
from natsscan.model.topology import (
    SERVER_NAMED,
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
from natsscan.model.usage import Operation, Usage
from natsscan.topology.shapes import clearest, shape

_NO_PROPERTIES = frozenset(
    {"exchange", "queue", "routing_key", "source", "destination", "destination_type", "vhost"}
    | {"channel", "connection", "options", "message", "body", "host", "port", "user", "password", "subcommand", "ack"}
)
_NAMES = ("queue", "exchange", "source", "destination")
_MADE_OF = frozenset(
    {Operation.DECLARE_EXCHANGE, Operation.DECLARE_QUEUE, Operation.BIND, Operation.PUBLISH, Operation.CONSUME}
)
_UNKNOWN = "{unknown}"


def build_topology(calls: Iterable[BrokerCall]) -> Topology:
    """Return the messaging system that calls of the broker make up.

    What is declared in several places is one, at all of them; a name with alternatives is one of each. A consumer's
    prefetch is that of the `qos` calls in its file, since both are of one channel in all code seen so far; so are the
    places that acknowledge its messages.
    """
    calls = tuple(calls)
    by: dict[Operation, list[BrokerCall]] = {}
    for call in sorted(calls, key=_order):
        by.setdefault(call.operation, []).append(call)
    return Topology(
        exchanges=(
            *_default_exchange(by.get(Operation.PUBLISH, [])),
            *_exchanges(by.get(Operation.DECLARE_EXCHANGE, [])),
        ),
        queues=tuple(_queues(by.get(Operation.DECLARE_QUEUE, []))),
        bindings=tuple(_bindings(by.get(Operation.BIND, []))),
        publishers=tuple(_publishers(by.get(Operation.PUBLISH, []))),
        consumers=tuple(_consumers(by)),
        exchange_bindings=tuple(_exchange_bindings(by.get(Operation.BIND, []))),
    )


def about(calls: Iterable[BrokerCall], in_scope: Callable[[str], bool]) -> list[BrokerCall]:
    """Return the calls that are made in scope or from there, and wherever what these are about is declared or bound."""
    calls = tuple(calls)
    kept = [call for call in calls if in_scope(call.span.path) or in_scope(call.place.path)]
    chosen = set(kept)
    named = {shape(text) for call in kept for text in (*_names(call, "queue"), *_names(call, "routing_key"))}
    named |= {shape(text) for call in kept for text in _names(call, "exchange")}
    declared = (Operation.DECLARE_EXCHANGE, Operation.DECLARE_QUEUE, Operation.BIND)
    others = [call for call in calls if call not in chosen and call.operation in declared]
    return kept + [
        call
        for call in others
        if any(
            shape(text) in named
            for name in ("queue", "exchange", "source", "destination")
            for text in _names(call, name)
            if text
        )
    ]


def _names(call: BrokerCall, name: str) -> tuple[str, ...]:
    value = call.properties.get(name)
    return value.texts if value else ()


def call_of(usage: Usage) -> BrokerCall | None:
    """Return what a script or an export of definitions does with the broker; None for any other usage."""
    if usage.language in PROGRAMS or usage.operation not in _MADE_OF:
        return None
    given = {argument.name: Name(((argument.text,),)) for argument in usage.arguments}
    if usage.operation is Operation.PUBLISH:
        given.setdefault("exchange", Name((("",),)))
    return BrokerCall(usage.operation, usage.symbol, given, frozenset(), usage.span, (), usage.service, usage.language)


def _order(call: BrokerCall) -> tuple[Span, tuple[Span, ...]]:
    return call.span, call.via


def _exchanges(calls: list[BrokerCall]) -> Iterator[Exchange]:
    for (name,), same in _grouped(calls, lambda call: product(texts(call, "exchange"))):
        yield Exchange(name, **_declared(same))


def _default_exchange(publishing: list[BrokerCall]) -> Iterator[Exchange]:
    """Yield the exchange without a name, which no code declares, if anything is published to it.

    It is direct and durable, and every queue is bound to it under its own name (AMQP 0-9-1, section 2.1.2.4).
    """
    using = [call for call in publishing if "" in texts(call, "exchange")]
    if using:
        properties = {"exchange_type": "direct", "durable": "true"}
        yield Exchange("", properties, {}, frozenset(properties), _services(using), ())


def _queues(calls: list[BrokerCall]) -> Iterator[Queue]:
    for (name,), same in _grouped(calls, lambda call: product(texts(call, "queue"))):
        yield Queue(name, **_declared(same))


class _Declared(TypedDict):
    properties: dict[str, str]
    arguments: dict[str, str]
    defaults: frozenset[str]
    services: tuple[str, ...]
    at: tuple[Span, ...]
    otherwise: tuple[Declaration, ...]


def _declared(same: list[BrokerCall]) -> _Declared:
    """Return what the declarations of one exchange or queue say: the first counts, all are its places."""
    first, *others = (Declaration(call.span, _properties(call), _table(call), call.defaults) for call in same)
    return {
        "properties": first.properties,
        "arguments": first.arguments,
        "defaults": first.defaults,
        "services": _services(same),
        "at": _places(same),
        "otherwise": tuple(each for each in others if each.at != first.at and not is_alike(each, first)),
    }


def is_alike(one: Declaration | Declared, other: Declaration | Declared) -> bool:
    """Tell whether two declarations say the same."""
    return (one.properties, one.arguments, one.defaults) == (other.properties, other.arguments, other.defaults)


def _bindings(calls: list[BrokerCall]) -> Iterator[Binding]:
    def ends(call: BrokerCall) -> Iterator[tuple[str, str, str]]:
        queues = [queue or SERVER_NAMED for queue in texts(call, "queue")]
        return product(texts(call, "exchange"), texts(call, "routing_key"), queues)

    to_queues = (call for call in calls if "source" not in call.properties)
    for (exchange, routing_key, queue), same in _grouped(to_queues, ends):
        yield Binding(exchange, routing_key, queue, _places(same))


def _exchange_bindings(calls: list[BrokerCall]) -> Iterator[ExchangeBinding]:
    def ends(call: BrokerCall) -> Iterator[tuple[str, str, str]]:
        return product(texts(call, "source"), texts(call, "routing_key"), texts(call, "destination"))

    for (source, routing_key, destination), same in _grouped((c for c in calls if "source" in c.properties), ends):
        yield ExchangeBinding(source, routing_key, destination, _places(same))


def _publishers(calls: list[BrokerCall]) -> Iterator[Publisher]:
    def ends(call: BrokerCall) -> Iterator[tuple[str, str, str]]:
        keys = texts(call, "routing_key")
        named = [key or SERVER_NAMED if texts(call, "exchange") == ("",) else key for key in keys]
        return product((call.service,), texts(call, "exchange"), named)

    for (service, exchange, routing_key), same in _grouped(calls, ends):
        via = tuple(sorted({call.place for call in same if call.via}))
        yield Publisher(service, exchange, routing_key, _properties(same[0]), _places(same), via)


def _consumers(by: dict[Operation, list[BrokerCall]]) -> Iterator[Consumer]:
    def ends(call: BrokerCall) -> Iterator[tuple[str, str]]:
        return product((call.service,), (queue or SERVER_NAMED for queue in texts(call, "queue")))

    settings, settling = _by_path(by.get(Operation.QOS, [])), _by_path(by.get(Operation.ACK, []))
    rejecting = _by_path(by.get(Operation.REJECT, []))
    for (service, queue), same in _grouped(by.get(Operation.CONSUME, []), ends):
        files = {call.span.path for call in same}
        limits = {text for path in files for call in settings.get(path, ()) for text in texts(call, "prefetch_count")}
        acks = {call for path in files for call in settling.get(path, ())}
        rejects = {call for path in files for call in rejecting.get(path, ())}
        yield Consumer(
            service=service,
            queue=queue,
            ack=" or ".join(sorted({text for call in same for text in texts(call, "ack")})),
            prefetch=" or ".join(sorted(limits)) or None,
            exclusive=any("true" in map(str.lower, texts(call, "exclusive")) for call in same),
            acks=_near(acks, files),
            rejects=_near(rejects, files),
            requeue=tuple(sorted({text.lower() for call in rejects for text in texts(call, "requeue")})),
            at=_places(same),
            via=tuple(sorted({call.place for call in same if call.via})),
        )


def texts(call: BrokerCall, name: str) -> tuple[str, ...]:
    """Return the alternatives of a call's property as texts."""
    value = call.properties.get(name)
    return (_UNKNOWN,) if value is None else value.texts


def _grouped(
    calls: Iterable[BrokerCall], keys: Callable[[BrokerCall], Iterable[tuple[str, ...]]]
) -> list[tuple[tuple[str, ...], list[BrokerCall]]]:
    """Return the calls by each of their keys, sorted by it; keys that are the same but for their holes are one."""
    found: dict[tuple[str, ...], list[BrokerCall]] = {}
    written: dict[tuple[str, ...], set[tuple[str, ...]]] = {}
    for call in calls:
        for key in keys(call):
            same = tuple(map(shape, key))
            found.setdefault(same, []).append(call)
            written.setdefault(same, set()).add(key)
    clear = {same: tuple(map(clearest, zip(*names, strict=True))) for same, names in written.items()}
    return sorted(((clear[same], group) for same, group in found.items()), key=lambda item: item[0])


def _properties(call: BrokerCall) -> dict[str, str]:
    """Return the properties of a call that are no names and no entries of a table, as texts; nothing for null ones."""
    found = {
        name: _text(value)
        for name, value in sorted(call.properties.items())
        if name not in _NO_PROPERTIES and "." not in name and name != "arguments"
    }
    return {name: text for name, text in found.items() if text not in ("null", "none")}


def _table(call: BrokerCall) -> dict[str, str]:
    prefix = "arguments."
    return {
        name.removeprefix(prefix): _text(value)
        for name, value in sorted(call.properties.items())
        if name.startswith(prefix)
    }


def _text(value: Name) -> str:
    texts = [text.lower() if text in ("True", "False") else text for text in value.texts]
    return " or ".join(texts)


def _services(calls: Iterable[BrokerCall]) -> tuple[str, ...]:
    return tuple(sorted({call.service for call in calls}))


def _places(calls: Iterable[BrokerCall]) -> tuple[Span, ...]:
    return tuple(sorted({call.span for call in calls}))


def _by_path(calls: Iterable[BrokerCall]) -> dict[str, list[BrokerCall]]:
    """Return the calls by the files that they are in, or come from."""
    found: dict[str, list[BrokerCall]] = {}
    for call in calls:
        for path in {span.path for span in (call.span, *call.via)}:
            found.setdefault(path, []).append(call)
    return found


def _near(calls: Iterable[BrokerCall], files: set[str]) -> tuple[Span, ...]:
    """Return for each call the place in one of these files that it is or, most closely, comes from."""
    return tuple(sorted({next(s for s in (call.span, *reversed(call.via)) if s.path in files) for call in calls}))
