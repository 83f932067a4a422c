"""Where exchanges and queues are for a layer: what the mapping decides, in the layer's own terms."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain

from natsscan.catalog.target import LayoutsFile
from natsscan.generate.haskell import literal
from natsscan.generate.haskell_config import STREAM, fields
from natsscan.model.mapping import Config, StreamPlan, Words, filters_of
from natsscan.model.mapping import Mapping as Plan
from natsscan.model.marks import GENERATED
from natsscan.model.topology import SERVER_NAMED, Queue, Topology
from natsscan.nats.bindings import exchange_kinds
from natsscan.nats.names import hole_token, split_holes, wildcard, with_values
from natsscan.nats.subjects import is_subset, overlap
from natsscan.topology.flows import QueueFlow, queue_flows

MODULE = "Network.NATS.Amqp.Plan"
_GENERATED_QUEUES = "amq.*"  # what the layer calls a queue without a name: amq.gen-...
# Fields of a consumer's configuration that follow from the queue.
_OF_QUEUE = frozenset({"name", "durable_name", "filter_subject", "filter_subjects"})

# A part of a name: what is known, or None for a hole.
Parts = tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class PlannedExchange:
    """An exchange: its subject, below which routing keys come, its stream, and the type by which it chooses."""

    name: str
    subject: str
    stream: str
    kind: str


@dataclass(frozen=True, slots=True)
class PlannedQueue:
    """A queue, or all whose names differ in their holes only: the holes of all names come in the same order.

    Its consumer has these filters, and otherwise this configuration. Exchange and key of `dead_letter` are where its
    dead letters go, the key empty if they keep their own.
    """

    name: Parts
    subject: Parts
    consumer: Parts
    stream: str
    filters: tuple[Parts, ...] = ()
    dead_letter: tuple[str, str] | None = None
    config: Config = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PlannedBinding:
    """A binding of a planned queue: the holes of its key are those of the queue's name, in the same order."""

    exchange: str
    routing_key: Parts
    queue: Parts


@dataclass(frozen=True, slots=True)
class PlannedStream:
    """A stream: what it takes, and the fields of its configuration beside that.

    `config` is without what a layer sees to itself that has definitions of its own, `planned` is all of it.
    """

    name: str
    subjects: tuple[str, ...]
    config: Config
    planned: Config


@dataclass(frozen=True, slots=True)
class CompatPlan:
    """What a layer is told of a messaging system.

    `server_named` is the stream for queues that the broker names. Queues of which more is known come first.
    """

    exchanges: tuple[PlannedExchange, ...]
    queues: tuple[PlannedQueue, ...]
    server_named: str | None
    streams: tuple[PlannedStream, ...]
    bindings: tuple[PlannedBinding, ...]


def compat_plan(mapping: Plan, topology: Topology, layouts: LayoutsFile, *, is_all: bool = False) -> CompatPlan:
    """Return what of a mapping holds for a layer. `topology` is what was mapped.

    No two streams may take one subject. Where they would, the stream of an exchange is before that of a queue, whose
    messages are found by the pattern of the other one then. `is_all` is for a layer that makes no streams of its own:
    there are also those that are filled from others.
    """
    kinds, flows = exchange_kinds(topology), {flow.name: flow for flow in queue_flows(topology)}
    sourced = ("sourced-exchange",) if is_all else ()
    taken = {stream.name: list(_subjects(stream)) for stream in _streams(mapping, "exchange", *sourced)}
    queues = list(_queues(mapping, taken, flows))
    unnamed = {c.stream for c in mapping.consumers if c.queue in ("", SERVER_NAMED)}
    server_named = next(iter(unnamed)) if len(unnamed) == 1 else None
    if server_named not in taken or not _take(taken, server_named, f"{layouts.queue_root}.{_GENERATED_QUEUES}"):
        server_named = None
    own: dict[str, list[str]] = {}
    for stream in _streams(mapping, "queue", *(("sourced-queue",) if is_all else ())):
        subjects = _subjects(stream)
        if not any(overlap(one, other) for one in subjects for other in chain(*taken.values(), *own.values())):
            own[stream.name] = list(subjects)
    queues += _queues(mapping, own, flows)
    taken |= own
    exchanges = [e for s in mapping.streams if s.name in taken for e in _exchanges(s, mapping, kinds)]
    held = {e.stream for e in exchanges} | {q.stream for q in queues} | {server_named}
    declared = {name: flow.declared for name, flow in flows.items()}
    return CompatPlan(
        tuple(exchanges),
        tuple(sorted(queues, key=lambda queue: (-sum(len(part or "") for part in queue.name), _shown(queue.name)))),
        server_named,
        tuple(
            PlannedStream(s.name, tuple(taken[s.name]), _config(s, declared), _planned(s))
            for s in mapping.streams
            if s.name in held
        ),
        tuple(_bindings(topology, mapping, exchanges, queues)),
    )


def _streams(mapping: Plan, *layouts: str) -> tuple[StreamPlan, ...]:
    """Return the streams of some layouts whose subjects are known."""
    return tuple(s for s in mapping.streams if s.layout in layouts and "{" not in "".join(_subjects(s)))


def _queues(mapping: Plan, taken: Mapping[str, list[str]], flows: Mapping[str, QueueFlow]) -> Iterator[PlannedQueue]:
    """Yield the queues that have their place in one of these streams, which take what is sent to them by name too."""
    for name in mapping.queues:
        queue = planned_queue(name, mapping)
        if queue is not None and queue.stream in taken and _take(taken, queue.stream, _reached_by(name, mapping)):
            declared = flows[name].declared if name in flows else ()
            letters = next((each.dead_letter for each in declared if each.dead_letter is not None), None)
            yield replace(queue, dead_letter=letters)


def _subjects(stream: StreamPlan) -> tuple[str, ...]:
    subjects = stream.config.get("subjects", ())
    return tuple(map(str, subjects)) if isinstance(subjects, (list, tuple)) else ()


def _take(taken: Mapping[str, list[str]], stream: str, subject: str) -> bool:
    """Have a stream take a subject too, unless it is another's or not known; tell whether it does now."""
    if any(is_subset(subject, own) for own in taken[stream]):
        return True
    if "{" in subject or any(overlap(subject, each) for each in chain.from_iterable(taken.values())):
        return False
    taken[stream].append(subject)
    return True


def _reached_by(queue: str, mapping: Plan) -> str:
    """Return the filter for what the default exchange sends to a queue, for every value of its holes."""
    return wildcard(mapping.queues[queue], mapping.holes, {hole_token(hole): hole for hole in mapping.holes})


def _exchanges(stream: StreamPlan, mapping: Plan, kinds: Mapping[str, str]) -> Iterable[PlannedExchange]:
    for exchange in stream.exchanges:
        name, subject = with_values(exchange, mapping.holes), mapping.exchanges[exchange]
        if "{" not in name + subject:
            yield PlannedExchange(name, subject, stream.name, kinds.get(exchange, "direct"))


def _bindings(
    topology: Topology, mapping: Plan, exchanges: Iterable[PlannedExchange], queues: Iterable[PlannedQueue]
) -> Iterator[PlannedBinding]:
    """Yield the bindings of planned queues to planned exchanges, as far as a queue's name tells the key."""
    planned, known = {each.name: each.kind for each in exchanges}, {queue.name for queue in queues}
    for binding in topology.bindings:
        exchange = with_values(binding.exchange, mapping.holes)
        queue = split_holes(with_values(binding.queue, mapping.holes))
        key = split_holes(with_values(binding.routing_key, mapping.holes))
        key = key if planned.get(exchange) != "fanout" or _begins(queue, key) else ("",)
        if exchange in planned and _parts(queue) in known and _begins(queue, key):
            yield PlannedBinding(exchange, _parts(key), _parts(queue))


def _begins(name: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Tell whether the holes of a text are the first ones of a name, in order, so that they can be filled from it."""
    return other[1::2] == name[1::2][: len(other) // 2]


def planned_queue(name: str, mapping: Plan) -> PlannedQueue | None:
    """Return a queue; None if not all of its consumer's name follows from its own."""
    consumers = [consumer for consumer in mapping.consumers if consumer.queue == name]
    known = split_holes(with_values(name, mapping.holes))
    inside = known[1::2]
    split = any(mapping.holes[hole].words is Words.SPLIT for hole in inside if hole in mapping.holes)
    if name in ("", SERVER_NAMED) or split or len(consumers) != 1 or not "".join(known[::2]).strip("."):
        return None
    wanted = tuple(map(hole_token, inside))
    each = [split_holes(text) for text in (mapping.queues[name], consumers[0].name)]
    if any(text[1::2] != wanted for text in each):
        return None
    named = {hole_token(hole): hole for hole in mapping.holes}
    filters = [_filter(text, wanted, mapping, named) for text in filters_of(consumers[0].config)]
    config = {key: value for key, value in consumers[0].config.items() if key not in _OF_QUEUE}
    names = (_parts(known), _parts(each[0]), _parts(each[1]))
    return PlannedQueue(*names, consumers[0].stream, tuple(dict.fromkeys(filters)), None, config)


def _filter(text: str, holes: tuple[str, ...], mapping: Plan, named: Mapping[str, str]) -> Parts:
    """Return a filter of a queue; one with other holes than the queue's takes whatever may be there."""
    split = split_holes(text)
    return _parts(split) if split[1::2] == holes[: len(split) // 2] else (wildcard(text, mapping.holes, named),)


def _parts(split: tuple[str, ...]) -> Parts:
    each = (None if at % 2 else text for at, text in enumerate(split))
    return tuple(part for part in each if part != "")


def _shown(parts: Parts) -> str:
    return "".join("{}" if part is None else part for part in parts)


def _config(stream: StreamPlan, declared: Mapping[str, tuple[Queue, ...]]) -> Config:
    """Return the fields of a stream's configuration that matter, without its name and subjects.

    What a queue's messages live for is left to the layer if they are dead letters afterwards: a stream would drop them.
    """
    queues = [queue for name in stream.queues for queue in declared.get(name, ())]
    lost = {"name", "subjects", "allow_msg_ttl"}
    if any("x-message-ttl" in q.arguments for q in queues) and any(q.dead_letter for q in queues):
        lost.add("max_age")
    return {name: value for name, value in stream.config.items() if name not in lost}


def _planned(stream: StreamPlan) -> Config:
    return {name: value for name, value in stream.config.items() if name not in ("name", "subjects")}


def render_plan(plan: CompatPlan, made_by: str) -> str:
    """Return the module of a plan; `made_by` is the name of what makes it."""
    others = any(STREAM.lacks(stream.config) for stream in plan.streams)
    streams = [f"{_stream(stream)}" for stream in plan.streams]
    imports = ["Network.NATS.Amqp.Internal.Plan", *(["Network.NATS.JetStream.Stream"] if streams else [])]
    if others:
        imports += ["qualified Data.Aeson as Aeson", "qualified Data.Aeson.KeyMap as KeyMap"]
    return "\n".join(
        [
            f"-- {GENERATED} {made_by}; written anew when it runs again.",
            "{-# LANGUAGE OverloadedStrings #-}",
            "",
            "-- | Where exchanges and queues are, as @natsscan map@ plans it.",
            f"module {MODULE} (plan) where",
            "",
            *(f"import {each}" for each in sorted(imports, key=lambda each: each.removeprefix("qualified "))),
            "import Prelude",
            "",
            "-- | What is known beforehand of the messaging system.",
            "plan :: Plan",
            "plan =",
            "  Plan",
            f"    {{ planExchanges ={_list(map(_exchange, plan.exchanges))},",
            f"      planQueues ={_list(map(_queue_text, plan.queues))},",
            f"      planServerNamed = {_maybe(plan.server_named)},",
            f"      planStreams ={_list(streams)}",
            "    }",
            "",
        ]
    )


def _list(items: Iterable[str]) -> str:
    each = list(items)
    if not each:
        return " []"
    return "\n        [ " + ",\n          ".join(each) + "\n        ]"


def _maybe(text: str | None) -> str:
    return "Nothing" if text is None else f"Just {literal(text)}"


def _exchange(exchange: PlannedExchange) -> str:
    name, subject, stream = map(literal, (exchange.name, exchange.subject, exchange.stream))
    return f"ExchangePlan {{epName = {name}, epSubject = {subject}, epStream = {stream}}}"


def _queue_text(queue: PlannedQueue) -> str:
    fields = {"qpName": queue.name, "qpSubject": queue.subject, "qpConsumer": queue.consumer}
    given = [f"{name} = [{', '.join(map(part_text, parts))}]" for name, parts in fields.items()]
    return f"QueuePlan {{{', '.join(given)}, qpStream = {literal(queue.stream)}}}"


def part_text(part: str | None) -> str:
    """Return a part of a name in Haskell: Hole, or what is known."""
    return "Hole" if part is None else f"Known {literal(part)}"


def _stream(stream: PlannedStream) -> str:
    head = f"defaultStreamConfig {literal(stream.name)} [{', '.join(map(literal, stream.subjects))}]"
    given = fields(STREAM, stream.config)
    return f"({head})\n            {{ {', '.join(given)} }}" if given else head
