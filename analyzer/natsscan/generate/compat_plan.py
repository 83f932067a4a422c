"""Where exchanges and queues are, as a module of Haskell: what the mapping decides, in the layer's own terms."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

from natsscan.catalog.target import LayoutsFile
from natsscan.generate.haskell import literal
from natsscan.generate.haskell_config import STREAM, fields
from natsscan.model.mapping import Config, StreamPlan, Words
from natsscan.model.mapping import Mapping as Plan
from natsscan.model.marks import GENERATED
from natsscan.model.topology import SERVER_NAMED, Queue, Topology
from natsscan.nats.names import hole_token, split_holes, wildcard, with_values
from natsscan.nats.subjects import is_subset, overlap
from natsscan.topology.flows import queue_flows

MODULE = "Network.NATS.Amqp.Plan"
_GENERATED_QUEUES = "amq.*"  # what the layer calls a queue without a name: amq.gen-...

# A part of a name: what is known, or None for a hole.
Parts = tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class PlannedExchange:
    """An exchange: its subject, below which routing keys come, and its stream."""

    name: str
    subject: str
    stream: str


@dataclass(frozen=True, slots=True)
class PlannedQueue:
    """A queue, or all whose names differ in their holes only: the holes of all three come in the same order."""

    name: Parts
    subject: Parts
    consumer: Parts
    stream: str


@dataclass(frozen=True, slots=True)
class PlannedStream:
    """A stream: what it takes, and the fields of its configuration beside that."""

    name: str
    subjects: tuple[str, ...]
    config: Config


@dataclass(frozen=True, slots=True)
class CompatPlan:
    """What the layer is told of a messaging system; all else gets a stream of the layer's own when it runs.

    `server_named` is the stream for queues that the broker names. Queues of which more is known come first.
    """

    exchanges: tuple[PlannedExchange, ...]
    queues: tuple[PlannedQueue, ...]
    server_named: str | None
    streams: tuple[PlannedStream, ...]


def compat_plan(mapping: Plan, topology: Topology, layouts: LayoutsFile) -> CompatPlan:
    """Return what of a mapping holds for the layer. `topology` is what was mapped.

    No two streams may take one subject. Where they would, the stream of an exchange is before that of a queue, whose
    messages are found by the pattern of the other one then.
    """
    taken = {stream.name: list(_subjects(stream)) for stream in _streams(mapping, "exchange")}
    queues = list(_queues(mapping, taken))
    unnamed = {c.stream for c in mapping.consumers if c.queue in ("", SERVER_NAMED)}
    server_named = next(iter(unnamed)) if len(unnamed) == 1 else None
    if server_named not in taken or not _take(taken, server_named, f"{layouts.queue_root}.{_GENERATED_QUEUES}"):
        server_named = None
    own: dict[str, list[str]] = {}
    for stream in _streams(mapping, "queue"):
        subjects = _subjects(stream)
        if not any(overlap(one, other) for one in subjects for other in chain(*taken.values(), *own.values())):
            own[stream.name] = list(subjects)
    queues += _queues(mapping, own)
    taken |= own
    exchanges = [e for s in mapping.streams if s.name in taken for e in _exchanges(s, mapping)]
    held = {e.stream for e in exchanges} | {q.stream for q in queues} | {server_named}
    declared = {flow.name: flow.declared for flow in queue_flows(topology)}
    return CompatPlan(
        tuple(exchanges),
        tuple(sorted(queues, key=lambda queue: (-sum(len(part or "") for part in queue.name), _shown(queue.name)))),
        server_named,
        tuple(
            PlannedStream(s.name, tuple(taken[s.name]), _config(s, declared)) for s in mapping.streams if s.name in held
        ),
    )


def _streams(mapping: Plan, layout: str) -> tuple[StreamPlan, ...]:
    """Return the streams of a layout whose subjects are known."""
    return tuple(s for s in mapping.streams if s.layout == layout and "{" not in "".join(_subjects(s)))


def _queues(mapping: Plan, taken: Mapping[str, list[str]]) -> Iterator[PlannedQueue]:
    """Yield the queues that have their place in one of these streams, which take what is sent to them by name too."""
    for name in mapping.queues:
        queue = planned_queue(name, mapping)
        if queue is not None and queue.stream in taken and _take(taken, queue.stream, _reached_by(name, mapping)):
            yield queue


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


def _exchanges(stream: StreamPlan, mapping: Plan) -> Iterable[PlannedExchange]:
    for exchange in stream.exchanges:
        name, subject = with_values(exchange, mapping.holes), mapping.exchanges[exchange]
        if "{" not in name + subject:
            yield PlannedExchange(name, subject, stream.name)


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
    return PlannedQueue(_parts(known), _parts(each[0]), _parts(each[1]), consumers[0].stream)


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
