"""What templates are about: the mapping's streams and consumers put together with who publishes and what is lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from natsscan.generate.text import has_hole
from natsscan.model.mapping import (
    ConsumerPlan,
    Discipline,
    Fidelity,
    Gap,
    Mapping,
    PublisherPlan,
    StreamPlan,
    filters_of,
)
from natsscan.model.order import Part, Step
from natsscan.nats.gaps import about_shape, consumer_title, publisher_title
from natsscan.nats.names import hole_token, holes, wildcard
from natsscan.nats.subjects import overlap
from natsscan.topology.shapes import shape

_CHANGES = (Fidelity.NONE, Fidelity.APPROX)
_SECOND = 10**9


@dataclass(frozen=True, slots=True)
class Flow:
    """One consumer, with who publishes what it gets, and where what it rejects is published to.

    `many` tells that there is one for each value of its holes.
    """

    plan: ConsumerPlan
    stream: StreamPlan
    publishers: tuple[PublisherPlan, ...]
    gaps: tuple[Gap, ...]
    many: bool
    dead_letters: tuple[PublisherPlan, ...]

    @property
    def is_named(self) -> bool:
        """Whether it stays and its name is known, so that it can be asked for."""
        return self.plan.is_durable and not has_hole(self.plan.name)

    @property
    def fixed(self) -> bool:
        """Whether there is always one of it, and only one."""
        return self.plan.is_durable and not self.many

    @property
    def is_pull(self) -> bool:
        """Whether programs ask for its messages."""
        return "deliver_subject" not in self.plan.config

    @property
    def title(self) -> str:
        """What people call it: the queue it stands for, else its own name."""
        level = "" if self.plan.level is None else f", level {self.plan.level}"
        return (self.plan.queue or self.plan.name) + level

    @property
    def filters(self) -> tuple[str, ...]:
        """The subjects it takes; none for all of its stream."""
        return filters_of(self.plan.config)

    @property
    def max_ack_pending(self) -> int:
        """How many messages may be in work at once."""
        return _number(self.plan.config.get("max_ack_pending"))

    @property
    def max_deliver(self) -> int:
        """How often a message is delivered before it is given up."""
        return _number(self.plan.config.get("max_deliver"))

    @property
    def ack_wait(self) -> int:
        """Seconds after which an unacknowledged message comes again, at least a minute."""
        return max(_number(self.plan.config.get("ack_wait")) // _SECOND, 60)


@dataclass(frozen=True, slots=True)
class Stream:
    """One stream with its consumers and publishers; numbers are 0 where there is no limit."""

    plan: StreamPlan
    flows: tuple[Flow, ...]
    publishers: tuple[PublisherPlan, ...]

    @property
    def name(self) -> str:
        """Its name."""
        return self.plan.name

    @property
    def replicas(self) -> int:
        """On how many servers it is kept."""
        return _number(self.plan.config.get("num_replicas")) or 1

    @property
    def max_bytes(self) -> int:
        """How much it holds at most."""
        return _number(self.plan.config.get("max_bytes"))

    @property
    def max_msgs(self) -> int:
        """How many messages it holds at most."""
        return _number(self.plan.config.get("max_msgs"))

    @property
    def max_age(self) -> int:
        """Seconds that a message is kept."""
        return _number(self.plan.config.get("max_age")) // _SECOND

    @property
    def refuses(self) -> bool:
        """Whether publishers are refused when it is full."""
        return self.plan.config.get("discard") == "new"

    @property
    def is_interest(self) -> bool:
        """Whether it keeps only what a consumer waits for."""
        return self.plan.config.get("retention") == "interest"

    @property
    def keys(self) -> tuple[tuple[str, str], ...]:
        """Exchange and key of each publisher."""
        return tuple(dict.fromkeys((p.exchange, p.routing_key) for p in self.publishers))

    @property
    def window(self) -> object:
        """Nanoseconds in which a message id is taken only once."""
        return self.plan.config.get("duplicate_window", 0)

    @property
    def sources(self) -> tuple[str, ...]:
        """Names of the streams that it is filled from."""
        return _sources(self.plan)


@dataclass(frozen=True, slots=True)
class Symptom:
    """Gaps of one rule: they are seen and cured alike."""

    gap: Gap
    gaps: tuple[Gap, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """All of it. `title` is the project's name, `order` the parts as they move."""

    title: str
    mapping: Mapping
    streams: tuple[Stream, ...]
    order: tuple[Step, ...]

    @property
    def flows(self) -> tuple[Flow, ...]:
        """All consumers, by stream."""
        return tuple(flow for stream in self.streams for flow in stream.flows)

    @property
    def replicas(self) -> int:
        """On how many servers it is kept."""
        return max((stream.replicas for stream in self.streams), default=1)

    def senders(self, flow: Flow) -> tuple[tuple[str, str], ...]:
        """Return each subject that a flow is fed by, with who publishes to it."""
        libraries = {step.name for step in self.order if step.part is Part.LIBRARY}
        found: dict[str, list[str]] = {}
        for p in flow.publishers:
            who = f"{p.service} (a library)" if p.service in libraries else p.service
            rejects = p.discipline is Discipline.DEAD_LETTER
            found.setdefault(p.subject, []).append(f"{who} (when it rejects)" if rejects else who)
        return tuple((subject, ", ".join(dict.fromkeys(names))) for subject, names in found.items())

    @property
    def writers(self) -> tuple[str, ...]:
        """Services that publish, those first which move last."""
        publishing = {p.service for p in self.mapping.publishers if p.discipline is not Discipline.DEAD_LETTER}
        inherited = {flow.publisher for step in self.order for flow in step.flows if not flow.dead_letters}
        names = [step.name for step in reversed(self.order) if step.part is Part.SERVICE]
        return tuple(name for name in names if name in publishing | inherited)

    def symptoms(self, fidelity: str) -> tuple[Symptom, ...]:
        """Return the gaps of one fidelity by rule."""
        found: dict[str, list[Gap]] = {}
        for gap in self.mapping.gaps:
            if gap.fidelity == fidelity:
                found.setdefault(gap.rule, []).append(gap)
        return tuple(Symptom(gaps[0], tuple(gaps)) for gaps in found.values())


def facts(mapping: Mapping, order: Sequence[Step], title: str) -> Facts:
    """Return what templates are about."""
    named = {hole_token(hole): hole for hole in mapping.holes}

    def reaches(publisher: PublisherPlan, consumer: ConsumerPlan) -> bool:
        sent = wildcard(publisher.subject, mapping.holes, named) if publisher.subject else ""
        takes = [wildcard(each, mapping.holes, named) for each in filters_of(consumer.config)]
        return bool(sent) and any(overlap(sent, each) for each in takes)

    def is_constant(hole: str) -> bool:
        rule = mapping.holes.get(named.get(hole, hole))
        return rule is not None and rule.constant

    def flow(consumer: ConsumerPlan, stream: StreamPlan) -> Flow:
        held = {stream.name, *_sources(stream)}  # elsewhere a subject that is nothing but a hole would reach all
        publishers = tuple(
            p for p in mapping.publishers if p.stream in held and consumer.queue and reaches(p, consumer)
        )
        about = {f"queue {shape(consumer.queue)}", *(f"exchange {name}" for name in stream.exchanges)}
        about |= {about_shape(consumer_title(service, consumer.queue)) for service in consumer.services}
        about |= {about_shape(publisher_title(p.service, p.exchange, p.routing_key)) for p in publishers}
        gaps = tuple(gap for gap in mapping.gaps if gap.fidelity in _CHANGES and about_shape(gap.about) in about)
        dead = (p for p in mapping.publishers if p.discipline is Discipline.DEAD_LETTER)
        rejecting = tuple(p for p in dead if p.at and set(p.at) <= set(consumer.at))
        open_ = [hole for hole in holes(consumer.name) if not is_constant(hole)]
        return Flow(consumer, stream, publishers, gaps, bool(open_), rejecting)

    streams = tuple(
        Stream(
            plan,
            tuple(flow(consumer, plan) for consumer in mapping.consumers if consumer.stream == plan.name),
            tuple(p for p in mapping.publishers if p.stream == plan.name),
        )
        for plan in mapping.streams
    )
    return Facts(title, mapping, streams, tuple(order))


def _sources(stream: StreamPlan) -> tuple[str, ...]:
    sources = stream.config.get("sources", ())
    found = [source["name"] for source in sources if isinstance(source, dict)] if isinstance(sources, list) else []
    return tuple(dict.fromkeys(found))


def _number(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0
