"""What a service that is rewritten by hand onto NATS has there: its streams, queues, and what it publishes."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import chain, count

from natsscan.generate.facts import Facts, Flow
from natsscan.generate.names import Style, distinct, words
from natsscan.model.mapping import Config, Discipline, Fidelity, Gap, PublisherPlan, StreamPlan, Words
from natsscan.model.mapping import Mapping as Plan
from natsscan.model.topology import SERVER_NAMED, Topology
from natsscan.nats.gaps import about_shape, consumer_title, publisher_title
from natsscan.nats.names import hole_token, holes, split_holes
from natsscan.topology.shapes import shape

OWN_KEY = "{its own key}"  # what the mapping calls the key that a dead letter came with
OWN_ENDING = f".{{{hole_token(OWN_KEY)}}}"  # how that key ends a subject
# After this time without a word a message goes to somebody else: clients say it while the message is worked on.
SILENCE = 30 * 10**9


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue that a service declares or consumes. `stem` is what its functions are called after.

    `gaps` are about the queue, `consuming` about how the service reads it. `dead` is where it sends what it rejects,
    `exchanges` are those that fill it, with their subjects.
    """

    stem: str
    flow: Flow
    consumes: bool
    gaps: tuple[Gap, ...]
    consuming: tuple[Gap, ...]
    dead: PublisherPlan | None
    window: int
    exchanges: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Sending:
    """One subject that a service publishes to, for all that it publishes there, and the libraries that do it for it."""

    name: str
    plans: tuple[PublisherPlan, ...]
    libraries: tuple[str, ...]
    gaps: tuple[Gap, ...]

    @property
    def plan(self) -> PublisherPlan:
        """The first of them, which stands for all."""
        return self.plans[0]


@dataclass(frozen=True, slots=True)
class Service:
    """A service. `absent` is what has no function in its module, as its name is not known, or has no stream."""

    name: str
    streams: tuple[StreamPlan, ...]
    queues: tuple[Queue, ...]
    sendings: tuple[Sending, ...]
    gaps: tuple[Gap, ...]
    absent: tuple[str, ...]


def services(found: Facts, topology: Topology, wanted: Collection[str], style: Style) -> tuple[Service, ...]:
    """Return those services of some names that publish or consume on NATS, sorted; names are those of a language."""
    made = (_service(name, found, topology, style) for name in sorted(wanted))
    return tuple(each for each in made if each.sendings or any(queue.consumes for queue in each.queues))


def _service(name: str, found: Facts, topology: Topology, style: Style) -> Service:
    mapping = found.mapping
    own = [(plan, "") for plan in mapping.publishers if plan.service == name]
    lent = [(plan, plan.service) for plan in _through_libraries(name, found)]
    sent = [each for each in (*own, *lent) if each[0].discipline is not Discipline.DEAD_LETTER]
    kept = [each for each in sent if _has_place(each[0], style)]
    names: set[str] = set(style.reserved)
    delayed = {plan.stream for plan, _ in kept if plan.discipline is Discipline.DELAYED}
    queues = _queues(_flows(name, found, topology, delayed), name, mapping, topology, style, names)
    sendings = _sendings(kept, mapping, style, names)
    used = {queue.flow.stream.name for queue in queues} | {each.plan.stream for each in sendings if each.plan.stream}
    used |= {queue.dead.stream for queue in queues if queue.dead is not None}
    streams = _with_sources(used, mapping.streams)
    about = {f"exchange {exchange}" for stream in streams for exchange in stream.exchanges}
    lost = [
        f"what it publishes to {p.exchange or 'the default exchange'} under {p.routing_key or 'the empty key'}"
        for p, _ in sent
    ]
    absent = [text for text, each in zip(lost, sent, strict=True) if each not in kept]
    absent += [
        f"the dead letters of {queue.flow.title}, as no stream is known for them"
        for queue in queues
        if queue.dead is None and _rejects(queue.flow.plan.queue, topology) is not None
    ]
    unmapped = sorted(_unmapped(name, mapping, topology))
    return Service(name, streams, queues, sendings, _gaps(about, mapping), tuple(dict.fromkeys(unmapped + absent)))


def _has_place(plan: PublisherPlan, style: Style) -> bool:
    """Tell whether there is a function for a publisher: a stream keeps what it sends, or the language needs none."""
    if not plan.stream:
        return style.has_core and bool(plan.subject)
    return "{" not in plan.stream


def _through_libraries(name: str, found: Facts) -> list[PublisherPlan]:
    """Return what libraries publish for a service: to the queues that it fills through them."""
    flows = [flow for step in found.order if step.name == name for flow in step.flows]
    fills = {(flow.through, flow.queue) for flow in flows if flow.publisher == name and flow.through}
    streams = {
        (library, each.stream) for library, queue in fills for each in found.mapping.consumers if each.queue == queue
    }
    return [plan for plan in found.mapping.publishers if plan.stream and (plan.service, plan.stream) in streams]


def _declares(name: str, topology: Topology) -> set[str]:
    declared = (queue.name or SERVER_NAMED for queue in topology.queues if name in queue.services)
    return {shape(queue) for queue in declared}


def _consumes(name: str, topology: Topology) -> set[str]:
    return {shape(consumer.queue) for consumer in topology.consumers if consumer.service == name}


def _flows(name: str, found: Facts, topology: Topology, delayed: Collection[str]) -> list[Flow]:
    """Return the queues of a service, and the consumers that keep the schedules of what it publishes for later."""
    queues = _declares(name, topology) | _consumes(name, topology)
    return [
        flow
        for flow in found.flows
        if (shape(flow.plan.queue) in queues if flow.plan.queue else flow.stream.name in delayed)
    ]


def _queues(
    flows: Iterable[Flow], name: str, mapping: Plan, topology: Topology, style: Style, names: set[str]
) -> tuple[Queue, ...]:
    consumed = _consumes(name, topology)
    found: list[Queue] = []
    for flow in flows:
        plan = flow.plan
        title = f"queue {shape(plan.queue)}"
        reading = {about_shape(consumer_title(name, plan.queue))}
        dead = _dead(plan.queue, mapping, topology)
        window = next((s.config.get("duplicate_window") for s in mapping.streams if dead and s.name == dead.stream), 0)
        below = [f"{each}." for each in flow.filters]
        found.append(
            Queue(
                stem=_stem(plan.queue or plan.name, plan.level, style, names),
                flow=flow,
                consumes=bool(plan.queue) and shape(plan.queue) in consumed,
                gaps=_gaps({title}, mapping),
                consuming=_gaps(reading, mapping),
                dead=dead,
                window=window if isinstance(window, int) else 0,
                exchanges=tuple(
                    (exchange, root)
                    for exchange, root in mapping.exchanges.items()
                    if any(each.startswith(f"{root}.") for each in below)
                ),
            )
        )
    return tuple(found)


def _rejects(queue: str, topology: Topology) -> tuple[str, str] | None:
    """Return exchange and key of a queue's dead letters, if it has any."""
    queues = (each for each in topology.queues if shape(each.name or SERVER_NAMED) == shape(queue))
    return next((each.dead_letter for each in queues if each.dead_letter is not None), None)


def _dead(queue: str, mapping: Plan, topology: Topology) -> PublisherPlan | None:
    """Return where dead letters of a queue go, if a stream keeps them."""
    exchange, key = _rejects(queue, topology) or ("", "")
    plans = (p for p in mapping.publishers if p.discipline is Discipline.DEAD_LETTER and p.subject and p.stream)
    return next((p for p in plans if (p.exchange, p.routing_key) == (exchange, key or OWN_KEY)), None)


def _stem(queue: str, level: int | None, style: Style, names: set[str]) -> str:
    """Return what the functions of a queue are called after, and take their names."""
    parts = split_holes("temporary" if queue == SERVER_NAMED else queue)
    known, full = (words(" ".join(each)) for each in (parts[::2], parts))
    after = () if level is None else (f"level{level}",)
    kind = ("queue",)
    numbered = ((kind, full, (str(number),)) for number in count(2))
    for each in chain(((known,), (full,), (kind, full)), numbered):
        stem = style.join(*each, after)
        made = style.queue_functions(stem)
        if stem[:1].isalpha() and not made & names:
            break
    names |= made
    return stem


def _sendings(
    plans: Iterable[tuple[PublisherPlan, str]], mapping: Plan, style: Style, names: set[str]
) -> tuple[Sending, ...]:
    grouped: dict[str, list[tuple[PublisherPlan, str]]] = {}
    for plan, library in plans:
        grouped.setdefault(_alike(plan, mapping), []).append((plan, library))
    groups = list(grouped.values())
    to = [_to(group[0][0]) for group in groups]
    called = [style.join(each) for each in to]
    found = []
    for group, target in zip(groups, to, strict=True):
        plan = group[0][0]
        key = split_holes(plan.routing_key if plan.exchange else "")
        known, full = (words(" ".join(each)) for each in (key[::2], key))
        keys = dict.fromkeys((known or full, full, ("of", "empty", "key")))
        wanted = [style.publisher(target, each) for each in keys]
        wanted = ([style.publisher(target)] if called.count(style.join(target)) == 1 else []) + wanted
        name = next((each for each in wanted if each not in names), distinct(wanted[-1], names))
        names.add(name)
        about = {about_shape(publisher_title(p.service, p.exchange, p.routing_key)) for p, _ in group}
        libraries = tuple(sorted({library for _, library in group if library}))
        found.append(Sending(name, tuple(p for p, _ in group), libraries, _gaps(about, mapping)))
    return tuple(sorted(found, key=lambda each: each.name))


def _to(plan: PublisherPlan) -> tuple[str, ...]:
    """Return the words of the exchange or queue that a publisher sends to."""
    parts = split_holes(plan.exchange or ("temporary" if plan.routing_key == SERVER_NAMED else plan.routing_key))
    return words(" ".join(parts[::2])) or words(" ".join(parts))


def _alike(plan: PublisherPlan, mapping: Plan) -> str:
    """Return the subject of a publisher with holes that are filled alike named alike."""
    parts = split_holes(plan.subject)
    filled = (f"{{{words_of(part, mapping)}}}" if at % 2 else part for at, part in enumerate(parts))
    return f"{plan.discipline is Discipline.DELAYED} {''.join(filled)}"


def words_of(hole: str, mapping: Plan) -> Words:
    """Return how a hole, as it stands in subjects, becomes tokens."""
    rules = {hole_token(name): rule for name, rule in mapping.holes.items()}
    return rules[hole].words if hole in rules else Words.ESCAPE


def _gaps(about: Collection[str], mapping: Plan) -> tuple[Gap, ...]:
    return tuple(g for g in mapping.gaps if g.fidelity is not Fidelity.EXACT and about_shape(g.about) in about)


def _with_sources(names: Collection[str], streams: Iterable[StreamPlan]) -> tuple[StreamPlan, ...]:
    """Return streams by their names and those that fill them, which have to be there before."""
    of = {stream.name: stream for stream in streams}
    first = sorted({source for name in names for source, _ in sources_of(of[name].config)})
    return tuple(of[name] for name in dict.fromkeys((*first, *sorted(names))) if name in of)


def subjects_of(stream: StreamPlan) -> tuple[str, ...]:
    """Return the subjects that a stream takes."""
    subjects = stream.config.get("subjects", ())
    return tuple(map(str, subjects)) if isinstance(subjects, (list, tuple)) else ()


def held_seconds(config: Config) -> int:
    """Return for how many seconds a message of a consumer may be worked on, if that is longer than silence may be."""
    wait = config.get("ack_wait", 0)
    return wait // 10**9 if isinstance(wait, int) and wait > SILENCE else 0


def is_of_dead_letters(gap: Gap) -> bool:
    """Tell whether a gap of a queue is about what it rejects."""
    return "dead" in gap.property


def sources_of(config: Config) -> list[tuple[str, str]]:
    """Return what fills a stream: the names of other streams, each with what is taken of it."""
    sources = config.get("sources", ())
    found = sources if isinstance(sources, (list, tuple)) else ()
    return [(each["name"], each["filter_subject"]) for each in found if isinstance(each, dict)]


def _unmapped(name: str, mapping: Plan, topology: Topology) -> Iterable[str]:
    """Yield queues and exchanges of a service that only the running program names."""
    known = {shape(queue) for queue in mapping.queues}
    queues = _declares(name, topology) | _consumes(name, topology)
    yield from (f"queue {queue}" for queue in queues - known)
    exchanges = {e.name for e in topology.exchanges if name in e.services and holes(e.name)}
    yield from (f"exchange {exchange}" for exchange in exchanges - mapping.exchanges.keys())
