"""Samples: a topology with values for its holes, and messages that should and should not arrive."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from natsscan.model.mapping import Config, ConsumerPlan, Discipline, HoleRule, Mapping, PublisherPlan, Words
from natsscan.model.proof import Broker
from natsscan.model.topology import SERVER_NAMED, Topology
from natsscan.nats.bindings import exchange_kinds
from natsscan.nats.families import PRIORITY
from natsscan.nats.names import fill, hole_token, open_holes, with_values
from natsscan.topology.shapes import shape

_HOLE = re.compile(r"\{([^{}]*)\}")
_VALUES = ("one", "two.example")  # a dot in a value is data
_STRANGER = "three"
ROUTED_BY_KEY = ("direct", "fanout", "topic")
_GENERATED = "amq-gen-"


@dataclass(frozen=True, slots=True)
class Instance:
    """One queue, and the consumer that stands for it."""

    queue: str
    family: str
    plan: ConsumerPlan
    name: str
    config: Config
    patterns: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Sample:
    """A message: where a publisher sends it on AMQP, and on NATS. A near miss is one that no publisher sends."""

    plan: PublisherPlan
    exchange: str
    key: str
    subject: str
    is_near_miss: bool


@dataclass(frozen=True, slots=True)
class Trial:
    """All that is set up and sent."""

    broker: Broker
    instances: tuple[Instance, ...]
    samples: tuple[Sample, ...]


def make_trial(topology: Topology, mapping: Mapping) -> Trial:
    """Return a trial of a mapping: two queues for each one with holes, a message for each way that leads to one."""
    rules = mapping.holes
    kinds = exchange_kinds(topology)
    instances: list[Instance] = []
    bindings: set[tuple[str, str, str]] = set()
    for plan in mapping.consumers:
        if not plan.queue:
            continue
        for value in _values(plan.queue, rules):
            instance = _instance(plan, value, rules)
            instances.append(instance)
            bindings |= {(exchange, key, instance.queue) for exchange, key in instance.patterns}
    exchanges = {
        _filled(name, value, rules): kind
        for name, kind in kinds.items()
        if kind in ROUTED_BY_KEY
        for value in _values(name, rules)
    }
    passages = {
        (_filled(b.source, value, rules), _filled(b.routing_key, value, rules), _filled(b.destination, value, rules))
        for b in topology.exchange_bindings
        for value in _values(b.source + b.routing_key + b.destination, rules)
    }
    ways = tuple(sorted(each for each in bindings if each[0] in exchanges))
    passed = tuple(sorted(each for each in passages if each[0] in exchanges and each[2] in exchanges))
    broker = Broker(exchanges, frozenset(i.queue for i in instances), ways, passed)
    samples = tuple(s for s in _samples(mapping, rules) if not s.exchange or s.exchange in exchanges)
    return Trial(broker, tuple(instances), samples)


def _samples(mapping: Mapping, rules: dict[str, HoleRule]) -> Iterable[Sample]:
    for plan in mapping.publishers:
        if plan.discipline is Discipline.DEAD_LETTER or not plan.subject:
            continue
        values = _values(plan.exchange + plan.routing_key, rules)
        for value in (*values, *((_STRANGER,) if values != ("",) else ())):
            exchange, key = _filled(plan.exchange, value, rules), _filled(plan.routing_key, value, rules)
            subject = _filled_subject(plan.subject.replace(PRIORITY, "0"), value, rules)  # every queue has level 0
            yield Sample(plan, exchange, key, subject, is_near_miss=value == _STRANGER)
            if value == values[0]:
                yield Sample(plan, exchange, f"{key}.x" if key else "x", f"{subject}.x", is_near_miss=True)


def _instance(plan: ConsumerPlan, value: str, rules: dict[str, HoleRule]) -> Instance:
    name = fill(plan.name, _by_token(plan.name, value, rules), {})
    config: Config = {}
    for field, given in plan.config.items():
        if field in ("name", "durable_name"):
            config[field] = name
        elif field == "filter_subject":
            config[field] = _filled_subject(str(given), value, rules)
        elif field == "filter_subjects" and isinstance(given, list):
            config[field] = [_filled_subject(str(each), value, rules) for each in given]
        else:
            config[field] = given
    patterns = tuple((_filled(e, value, rules), _filled(k, value, rules)) for e, k in plan.patterns)
    return Instance(_filled(plan.queue, value, rules), plan.queue, plan, name, config, patterns)


def _values(name: str, rules: dict[str, HoleRule]) -> tuple[str, ...]:
    """Return the values to try for a name's holes. In one that is split a dot would end a word, so it gets none."""
    if any(rules.get(hole, HoleRule()).words is Words.SPLIT for hole in open_holes(name, rules)):
        return _VALUES[:1]
    return _VALUES if SERVER_NAMED in name or open_holes(name, rules) else ("",)


def _filled(name: str, value: str, rules: dict[str, HoleRule]) -> str:
    """Return a name of AMQP with a value in every hole that has many; others keep their one value, or their braces."""
    if shape(name) == shape(SERVER_NAMED):
        return _GENERATED + value
    known = with_values(name, rules)
    return _HOLE.sub(lambda hole: value if open_holes(hole.group(), rules) else hole.group(), known)


def _filled_subject(subject: str, value: str, rules: dict[str, HoleRule]) -> str:
    by_token = {hole_token(hole): rule for hole, rule in rules.items()}
    return fill(subject, _by_token(subject, value, rules), by_token)


def _by_token(text: str, value: str, rules: dict[str, HoleRule]) -> dict[str, str]:
    constant = {hole_token(hole) for hole, rule in rules.items() if rule.constant}
    return {each: value for each in _HOLE.findall(text) if each not in constant}
