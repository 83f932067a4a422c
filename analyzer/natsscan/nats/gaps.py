"""What becomes of each property of exchanges, bindings, queues, publishers, consumers and the rest of the code."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache

from natsscan.catalog.target import GapRule, Noun, Setting, Target, config
from natsscan.model.mapping import OLDEST_SERVER, Beside, Config, Fidelity, Gap, Version, Words
from natsscan.model.span import Span
from natsscan.model.topology import (
    SERVER_NAMED,
    Binding,
    Consumer,
    Exchange,
    ExchangeBinding,
    Publisher,
    Queue,
    is_server_named,
)
from natsscan.model.usage import Usage
from natsscan.nats.names import HoleRules, open_holes
from natsscan.topology.shapes import shape

_OR = " or "
# How gaps call what they are about, which is how they are found again.
_QUEUE, _CONSUMING, _PUBLISHING, _TO = "queue ", ", consuming ", ", publishing ", " to "
_UNKNOWN = "No rule says what NATS has for this. Find out what relied on it before it goes."
_NUMBERS = ("number", "number + 1", "milliseconds")
# Values that say that a property is not there.
NOTHING = frozenset({"", "false", "none", "Nothing", "nothing", "null"})


@dataclass(frozen=True, slots=True)
class Subject:
    """Something that has properties: what people call it, its attributes, and where the code says so.

    `places` are those of single attributes, as far as they are known.
    """

    noun: Noun
    title: str
    attributes: Mapping[str, str]
    at: tuple[Span, ...]
    places: Mapping[str, Span] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Judged:
    """What the rules say of one subject: its gaps, fields of its stream and consumer, and levels of priority."""

    gaps: tuple[Gap, ...]
    stream: Config
    consumer: Config
    own_stream: bool
    temporary: bool
    levels: tuple[int, ...] = ()
    headers: tuple[str, ...] = ()
    settle: tuple[str, ...] = ()


def judge(subject: Subject, target: Target, server: Version | None) -> Judged:
    """Apply all rules to one subject; for a server older than a rule's feature the property is lost, and that is said.

    A property that is given and that no rule knows is a gap too: nothing goes without a word.
    """
    gaps: list[Gap] = []
    stream: Config = {}
    consumer: Config = {}
    own = temporary = False
    levels: tuple[int, ...] = ()
    headers: list[str] = []
    settle: list[str] = []
    known: set[str] = set(target.silent.get(subject.noun, ()))
    for rule in target.gaps:
        if rule.about == subject.noun:
            known.update(name for names in rule.when for name in names.split("|"))
    for rule, value in fitting(subject, target.gaps):
        since = Version.parse(rule.since)
        missing = server is not None and since > server
        if not missing:
            headers += rule.headers
            settle += rule.settle
            stream |= _fields(rule.stream, value)
            consumer |= _fields(rule.consumer, value)
        own, temporary = own or rule.own_stream, temporary or rule.temporary
        if rule.levels and value.isdigit():
            levels = tuple(sorted({0, int(value) // 2, int(value)}))
        gaps.append(_gap(rule, subject, value, missing))
    for name, value in subject.attributes.items():
        if name not in known and value not in NOTHING and subject.noun != "code":
            what = ("unknown-property", subject.title, name, value)
            gaps.append(Gap(*what, Fidelity.NONE, "", OLDEST_SERVER, _UNKNOWN, subject.at))
    return Judged(tuple(gaps), stream, consumer, own, temporary, levels, _once(headers), _once(settle))


def fitting(subject: Subject, rules: Iterable[GapRule]) -> Iterator[tuple[GapRule, str]]:
    """Yield the rules that know a property which a subject has, each with the value it has there."""
    for rule in rules:
        if rule.about == subject.noun and (value := _fits(rule, subject.attributes)) is not None:
            yield rule, value


def _once(texts: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))


def code_gaps(beside: Beside, target: Target, server: Version | None) -> tuple[Gap, ...]:
    """Return the gaps of what code does beside the messaging system itself, one for each rule."""
    found = []
    for rule in target.gaps:
        places = beside.places.get(rule.id, ()) if rule.about == "code" else ()
        if places:
            at = tuple(span for span, _ in places)
            subject = Subject("code", "the code", {}, at)
            is_later = server is not None and Version.parse(rule.since) > server
            found.append(_gap(rule, subject, places[0][1], is_later))
    return tuple(found)


def of_exchange(exchange: Exchange) -> Subject:
    """Return an exchange with its attributes."""
    return Subject("exchange", f"exchange {exchange.name}", exchange.properties | exchange.arguments, exchange.at)


def of_queue(queue: Queue, rules: HoleRules) -> Subject:
    """Return a queue with its attributes; its kind is `server-named`, `per-value` (of a hole) or `fixed`."""
    kind = "server-named" if is_server_named(queue.name) else "per-value" if open_holes(queue.name, rules) else "fixed"
    title = f"{_QUEUE}{queue.name or SERVER_NAMED}"
    return Subject("queue", title, queue.properties | queue.arguments | {"kind": kind}, queue.at)


def of_binding(binding: Binding | ExchangeBinding, kind: str) -> Subject:
    """Return a binding with its attributes, and the type of its exchange."""
    if isinstance(binding, Binding):
        ends = {"exchange": binding.exchange, "queue": binding.queue}
        title = f"binding of {binding.exchange} to {binding.queue} with {binding.routing_key or 'the empty key'}"
    else:
        ends = {"exchange": binding.source, "destination": binding.destination}
        title = f"binding of {binding.source} to exchange {binding.destination}"
    return Subject("binding", title, {"routing_key": binding.routing_key, "exchange_type": kind, **ends}, binding.at)


def of_publisher(publisher: Publisher, rules: HoleRules) -> Subject:
    """Return a publisher with the properties of its messages; `words` tells of a key whose words a hole brings."""
    split = any(rules[hole].words is Words.SPLIT for hole in open_holes(publisher.routing_key, rules) if hole in rules)
    attributes = publisher.properties | ({"words": "split"} if split else {})
    title = publisher_title(publisher.service, publisher.exchange, publisher.routing_key)
    return Subject("publisher", title, attributes, (*publisher.at, *publisher.via))


def of_consumer(consumer: Consumer) -> Subject:
    """Return a consumer with how it acknowledges; the places that settle its messages are places of it too."""
    attributes = {
        "ack": consumer.ack,
        "prefetch": consumer.prefetch or "",
        "requeue": _OR.join(consumer.requeue) or "none",
        "exclusive": str(consumer.exclusive).lower(),
        "queue": consumer.queue,
        "acknowledges": str(bool(consumer.acks)).lower(),
    }
    title = consumer_title(consumer.service, consumer.queue)
    return Subject("consumer", title, attributes, (*consumer.at, *consumer.acks, *consumer.rejects))


def of_usage(usage: Usage) -> Subject:
    """Return one thing that code, a setting or a script does, with its arguments."""
    attributes = {"operation": usage.operation.value, "symbol": usage.symbol, "library": usage.library}
    attributes |= {argument.name: argument.text for argument in usage.arguments}
    places = {argument.name: argument.span for argument in usage.arguments if argument.span is not None}
    return Subject("code", "the code", attributes, (usage.span,), places)


def publisher_title(service: str, exchange: str, routing_key: str) -> str:
    """Return what gaps call a publisher."""
    return f"{service}{_PUBLISHING}{routing_key or 'the empty key'}{_TO}{exchange or 'the default exchange'}"


def consumer_title(service: str, queue: str) -> str:
    """Return what gaps call a consumer."""
    return f"{service}{_CONSUMING}{queue}"


def about_shape(about: str) -> str:
    """Return what a gap is about, with the holes of its name named alike."""
    if about.startswith(_QUEUE):
        return _QUEUE + shape(about.removeprefix(_QUEUE))
    service, found, name = about.partition(_CONSUMING)
    if found:
        return service + found + shape(name)
    service, found, name = about.partition(_PUBLISHING)
    key, to, exchange = name.rpartition(_TO)
    return service + found + shape(key) + to + exchange if found else about


def _fits(rule: GapRule, attributes: Mapping[str, str]) -> str | None:
    """Return the value that the last pattern of a rule fits, if all do; None otherwise."""
    last: str | None = None
    for names, pattern in rule.when.items():
        fitting = [
            attributes[name] for name in names.split("|") if name in attributes and _fit(pattern, attributes[name])
        ]
        if not fitting:
            return None
        last = fitting[0]
    if any(name in attributes and _fit(pattern, attributes[name]) for name, pattern in rule.unless.items()):
        return None
    return last


def _fit(pattern: str, value: str) -> bool:
    compiled = _compiled(pattern)
    return any(compiled.fullmatch(each) for each in (value, *value.split(_OR)))


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _fields(settings: Mapping[str, Setting], value: str) -> Config:
    """Return the fields that a rule sets; none that is a number which the code does not tell."""
    known: dict[Setting, Setting] = {}
    if value.isdigit():
        number = int(value)
        known = {"number": number, "number + 1": number + 1, "milliseconds": number * 10**6}
    wanted = {name: known.get(given, given) if isinstance(given, str) else given for name, given in settings.items()}
    return config({name: given for name, given in wanted.items() if given not in _NUMBERS})


def _gap(rule: GapRule, subject: Subject, value: str, missing: bool) -> Gap:
    since = Version.parse(rule.since)
    advice = rule.advice
    if missing:
        advice = f"The server is too old for {rule.feature}, which came with {rule.since}. {advice}"
    shown = "" if value in ("true", rule.property) else value
    return Gap(
        rule.id,
        subject.title,
        rule.property,
        shown,
        Fidelity.NONE if missing else rule.fidelity,
        "" if missing else rule.feature,
        since,
        advice,
        subject.at,
    )
