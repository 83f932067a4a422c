"""The plan: which streams hold the messages, which consumers stand for the queues, where each publisher sends to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from natsscan.catalog.target import Target, config
from natsscan.model.mapping import Beside, Config, ConsumerPlan, Gap, PublisherPlan, StreamPlan, Version
from natsscan.model.mapping import Mapping as Plan
from natsscan.model.span import Span
from natsscan.model.topology import Topology
from natsscan.nats.bindings import delayed_exchanges, exchange_kinds
from natsscan.nats.decisions import Decisions, proposed_holes
from natsscan.nats.escape import asset_name, distinct_name
from natsscan.nats.families import PRIORITY, Family, families, stem
from natsscan.nats.gaps import code_gaps, judge, of_binding, of_exchange, of_publisher
from natsscan.nats.groups import Group, grouped
from natsscan.nats.names import asset, exchange_subject, has_text, hole_token, wildcard
from natsscan.nats.problems import name_gaps
from natsscan.nats.publishing import dead_letter_plans, publisher_plan, ways
from natsscan.nats.subjects import cover, overlap, without_subsets
from natsscan.nats.versions import fit, least_version

_ADVISORY = "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES"
_DELAYS = "delays"


@dataclass(frozen=True, slots=True)
class _Context:
    """What every step needs: rules, decisions, the subjects of exchanges' schedules, and holes by their tokens."""

    target: Target
    decisions: Decisions
    delays: Mapping[str, str]
    named: Mapping[str, str]

    def wild(self, subject_: str) -> str:
        return wildcard(subject_, self.decisions.holes, self.named)


def make_plan(
    topology: Topology, beside: Beside, target: Target, decisions: Decisions, server: Version | None = None
) -> Plan:
    """Return what a messaging system becomes on NATS, for any server or for one of a given version."""
    decisions = replace(decisions, holes=proposed_holes(topology, beside, target) | decisions.holes)
    rules, layouts = decisions.holes, target.layouts
    kinds = exchange_kinds(topology)
    mapped = {name: kind for name, kind in kinds.items() if has_text(name, rules)}
    roots = {name: decisions.exchanges.get(name) or exchange_subject(layouts, name, rules) for name in mapped}
    found, unknown, gaps = families(topology, target, decisions, roots, mapped, server)
    unmapped = tuple(name for name in kinds if name not in mapped)
    named = {hole_token(hole): hole for hole in rules}
    delays = {e: f"{layouts.schedule_root}.{asset(e, rules)}" for e in delayed_exchanges(topology) if e in roots}
    context = _Context(target, decisions, delays, named)
    streams, consumers = _assets(grouped(found, roots, delays, context.wild), context)
    to = ways(roots, found, delays, streams, layouts.queue_root, rules)
    judged = [judge(of_publisher(p, rules), target, server) for p in topology.publishers]
    publishers = [publisher_plan(p, said.headers, to) for p, said in zip(topology.publishers, judged, strict=True)]
    fields = [(plan.stream, said.stream) for plan, said in zip(publishers, judged, strict=True)]
    streams = _with_message_fields(streams, fields)
    letters = dead_letter_plans(found, to)
    publishers += letters
    streams = _with_windows(streams, consumers, letters, context)
    streams, consumers = _with_mover(streams, consumers, context)
    others = [of_exchange(e) for e in topology.exchanges if e.name]
    others += [of_binding(b, kinds.get(b.exchange, "")) for b in topology.bindings]
    others += [of_binding(b, kinds.get(b.source, "")) for b in topology.exchange_bindings]
    judged += [judge(each, target, server) for each in others]
    gaps += tuple(gap for said in judged for gap in said.gaps)
    gaps += code_gaps(beside, target, server)
    gaps += name_gaps(topology, unknown, unmapped)
    if server is not None:
        fitted = fit(streams, consumers, layouts, server)
        streams, consumers, gaps = fitted.streams, fitted.consumers, gaps + fitted.lost
    return Plan(
        exchanges=roots,
        queues={f.name: f.subject for f in found},
        holes=rules,
        streams=streams,
        consumers=consumers,
        publishers=tuple(sorted(publishers, key=lambda p: (p.exchange, p.routing_key, p.service, p.discipline))),
        gaps=tuple(sorted({(g.rule, g.about, g.value): g for g in gaps}.values(), key=_order)),
        least_version=least_version(streams, consumers, layouts),
        unmapped=tuple(sorted({*unknown, *unmapped})),
    )


def _order(gap: Gap) -> tuple[int, str, str, str]:
    return gap.fidelity.rank, gap.about, gap.property, gap.value


def _assets(groups: tuple[Group, ...], context: _Context) -> tuple[tuple[StreamPlan, ...], tuple[ConsumerPlan, ...]]:
    """Return the streams and consumers of all groups; a name that is taken gets a digest."""
    layouts = context.target.layouts
    streams: list[StreamPlan] = []
    stream_of: dict[str, str] = {}
    taken: set[str] = set()
    for group in groups:
        if group.exchanges:
            wanted = layouts.exchange_stream + asset_name(group.exchanges[0])
        else:
            wanted = layouts.queue_stream + asset_name(
                stem(group.families[0].name, context.target, context.decisions.holes)
            )
        if wanted in taken:
            wanted = distinct_name((group.exchanges or (group.families[0].name,))[0])
        taken.add(wanted)
        for exchange in group.exchanges:
            stream_of[exchange] = context.decisions.streams.get(wanted, wanted)
        streams.append(_stream(group, wanted, context))
    consumers: list[ConsumerPlan] = []
    for at, group in enumerate(groups):
        stream = streams[at]
        if group.is_sourced:
            streams[at] = stream = _sourced(stream, group.families[0], stream_of, context)
        for family in group.families:
            consumers += [_consumer(family, group, stream, context, level) for level in family.judged.levels or (None,)]
        if group.layout == "delayed-exchange":
            consumers.append(_delays(group, stream, context))
    return tuple(sorted(streams, key=lambda s: s.name)), tuple(sorted(consumers, key=lambda c: (c.stream, c.name)))


def _stream(group: Group, name: str, context: _Context) -> StreamPlan:
    fields: Config = {"name": context.decisions.streams.get(name, name)}
    if group.subjects:
        fields["subjects"] = list(group.subjects)
    fields |= config(context.target.layouts.layouts[group.layout].stream)
    for family in group.families:
        fields = _merged(fields, family.judged.stream, shared=len(group.families) > 1 or bool(group.exchanges))
    fields |= config(context.decisions.stream_fields.get(name, {}))
    queues = tuple(sorted(family.name for family in group.families))
    return StreamPlan(str(fields["name"]), group.layout, fields, group.exchanges, queues)


def _merged(fields: Config, new: Config, *, shared: bool) -> Config:
    """Return a stream's fields with those that a queue or a publisher asks for; the most careful win where shared."""
    found = dict(fields)
    for name, value in new.items():
        old = found.get(name)
        if name == "num_replicas" and isinstance(old, int) and isinstance(value, int):
            found[name] = min(max(old, value), 5)
        elif isinstance(value, bool) or not shared:
            found[name] = value
    age, window = found.get("max_age", 0), found.get("duplicate_window", 0)
    if isinstance(age, int) and isinstance(window, int) and 0 < age < window:
        found["duplicate_window"] = age  # the server refuses a longer one, error 10052
    return found


def _sourced(stream: StreamPlan, family: Family, stream_of: Mapping[str, str], context: _Context) -> StreamPlan:
    """Return the stream of a queue as one that is filled from those of its exchanges."""
    sources: list[dict[str, str]] = []
    for exchange, listened in family.listens.items():
        filters = without_subsets(context.wild(each) for each in listened.filters)
        while (pair := _overlapping(filters)) is not None:  # overlapping sources store two copies
            filters = without_subsets([*filters, cover(*pair)])
        sources += [{"name": stream_of[exchange], "filter_subject": each} for each in filters]
    unique = {tuple(source.items()): source for source in sources}
    return replace(stream, config=stream.config | {"sources": list(unique.values())})


def _overlapping(filters: tuple[str, ...]) -> tuple[str, str] | None:
    return next(((a, b) for at, a in enumerate(filters) for b in filters[at + 1 :] if overlap(a, b)), None)


def _delays(group: Group, stream: StreamPlan, context: _Context) -> ConsumerPlan:
    """Return the consumer that keeps schedules in a stream which drops what nobody wants; it is never read."""
    filters = [f"{context.delays[exchange]}.>" for exchange in group.exchanges if exchange in context.delays]
    fields: Config = {"durable_name": _DELAYS, **config(context.target.layouts.layouts[group.layout].consumer)}
    fields |= {"filter_subject": filters[0]} if len(filters) == 1 else {"filter_subjects": filters}
    return ConsumerPlan(_DELAYS, "", stream.name, True, fields, True, (), (), "", ())


def _consumer(family: Family, group: Group, stream: StreamPlan, context: _Context, level: int | None) -> ConsumerPlan:
    temporary = family.judged.temporary
    name = family.consumer if level is None else f"{family.consumer}-{level}"
    fields: Config = {"name" if temporary else "durable_name": name}
    fields |= config(context.target.layouts.layouts[group.layout].consumer)
    fields |= family.judged.consumer
    own = [family.subject.replace(PRIORITY, str(level))] if family.by_name else []
    filters = without_subsets([*own, *(each for listened in family.listens.values() for each in listened.filters)])
    exact = all(listened.is_exact for listened in family.listens.values())
    if group.is_sourced and _overlapping(filters):
        exact = False
    elif len(filters) == 1:
        fields["filter_subject"] = filters[0]
    else:
        fields["filter_subjects"] = list(filters)
    if temporary:
        fields["mem_storage"] = True
    fields |= config(context.decisions.consumer_fields.get(family.name, {}))
    places = (*(span for q in family.declared for span in q.at), *(span for c in family.consumers for span in c.at))
    return ConsumerPlan(
        name=name,
        queue=family.name,
        stream=stream.name,
        is_durable=not temporary,
        config=fields,
        is_exact=exact,
        patterns=family.patterns,
        services=family.services,
        ack=" or ".join(sorted({c.ack for c in family.consumers})),
        at=places,
        settle=family.judged.settle,
        level=level,
    )


def _with_message_fields(
    streams: tuple[StreamPlan, ...], asked: Iterable[tuple[str, Config]]
) -> tuple[StreamPlan, ...]:
    """Return streams with the fields that messages published to them ask for, and those filled from them too."""
    wanted: dict[str, Config] = {}
    for name, fields in asked:
        wanted[name] = wanted.get(name, {}) | fields
    found = []
    for stream in streams:
        sources = stream.config.get("sources", [])
        names = (
            {stream.name, *(s["name"] for s in sources if isinstance(s, dict))}
            if isinstance(sources, list)
            else {stream.name}
        )
        fields = stream.config
        for name in sorted(names):
            fields = _merged(fields, wanted.get(name, {}), shared=True)
        found.append(replace(stream, config=fields))
    return tuple(found)


def _with_windows(
    streams: tuple[StreamPlan, ...],
    consumers: Iterable[ConsumerPlan],
    letters: Iterable[PublisherPlan],
    context: _Context,
) -> tuple[StreamPlan, ...]:
    """Return streams that know the id of a dead letter until the message has come again to whoever rejects it.

    A worker that ends between publishing it and settling the message leaves one that comes again after the ack wait.
    """
    waits_at: dict[Span, int] = {}
    for consumer in consumers:
        wait = consumer.config.get("ack_wait", 0)
        if isinstance(wait, int):
            waits_at |= {span: max(wait, waits_at.get(span, 0)) for span in consumer.at}
    waits: dict[str, int] = {}
    for letter in letters:
        for span in letter.at:
            if span in waits_at:
                waits[letter.stream] = max(waits_at[span], waits.get(letter.stream, 0))
    found = []
    for stream in streams:
        window, decided = stream.config.get("duplicate_window", 0), context.decisions.stream_fields.get(stream.name, {})
        if stream.name in waits and isinstance(window, int) and "duplicate_window" not in decided:
            longer = stream.config | {"duplicate_window": window + waits[stream.name]}
            stream = replace(stream, config=_merged(longer, {}, shared=True))
        found.append(stream)
    return tuple(found)


def _with_mover(
    streams: tuple[StreamPlan, ...], consumers: tuple[ConsumerPlan, ...], context: _Context
) -> tuple[tuple[StreamPlan, ...], tuple[ConsumerPlan, ...]]:
    """Add the stream of advisories and its consumer, if any consumer gives up on a message after some deliveries."""
    limited = sorted({c.stream for c in consumers if isinstance(n := c.config.get("max_deliver"), int) and n > 0})
    if not limited:
        return streams, consumers
    layout = context.target.layouts.layouts["advisories"]
    name, mover = "DLQ_ADVISORIES", "dlq-mover"
    fields: Config = {"name": name, "subjects": [f"{_ADVISORY}.{each}.>" for each in limited], **config(layout.stream)}
    stream = StreamPlan(name, "advisories", fields, (), ())
    consumer = ConsumerPlan(
        mover, "", name, True, {"durable_name": mover, **config(layout.consumer)}, True, (), (), "Ack", ()
    )  # fmt: skip
    return tuple(sorted((*streams, stream), key=lambda s: s.name)), (*consumers, consumer)
