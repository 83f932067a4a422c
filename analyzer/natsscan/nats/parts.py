"""The parts of a messaging system, on AMQP and on NATS, with the guarantees that each of them gives.

What a guarantee is, is said by the rules in `rules/nats/gaps-*.yaml` that have `kept_by`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import PurePosixPath

from natsscan.catalog.target import GapRule, Target
from natsscan.model.report import Report
from natsscan.model.source import PROGRAMS
from natsscan.model.span import Span
from natsscan.model.topology import Binding, Consumer, ExchangeBinding, Publisher, Topology
from natsscan.model.usage import Provenance, Tier, Usage
from natsscan.nats.gaps import (
    NOTHING,
    Subject,
    fitting,
    of_binding,
    of_consumer,
    of_exchange,
    of_publisher,
    of_queue,
    of_usage,
)
from natsscan.topology.shapes import shape

Rename = Callable[[str], str]
Key = tuple[str, ...]

OR = " or "
_ANY = ".*"


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a messaging system with its guarantees: values by rule, and the services whose code says so.

    `key` is the same for the same part after a change, though holes in its name are called otherwise.
    """

    key: Key
    subjects: tuple[Subject, ...]
    services: frozenset[str]
    guarantees: dict[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """What people call it."""
        return self.subjects[0].title

    @property
    def at(self) -> tuple[Span, ...]:
        """All places that say so, each once, in order."""
        return tuple(sorted({span for subject in self.subjects for span in subject.at}))


def parts_of(report: Report, target: Target, rename: Rename) -> Iterator[Part]:
    """Yield each part of a report's messaging system, on NATS too; `rename` is applied to services."""
    owners = {finding.usage.span.path: owner(finding.usage) for finding in report.findings}
    grouped: dict[Key, list[tuple[Subject, frozenset[str]]]] = {}
    for key, subject, services in (*_of_topology(report.topology, rename), *_of_code(report, rename)):
        known = services | {rename(owners[span.path]) for span in subject.at if span.path in owners}
        grouped.setdefault(key, []).append((subject, known))
    for key, same in grouped.items():
        values: dict[str, set[str]] = {}
        for subject, _ in same:
            for rule, value in fitting(subject, target.guarantees):
                values.setdefault(rule.id, set()).update(_said(rule, value))
        guarantees = {name: OR.join(sorted(found)) for name, found in sorted(values.items()) if found}
        yield Part(key, tuple(s for s, _ in same), frozenset().union(*(known for _, known in same)), guarantees)
    for end in report.nats.ends:
        title = f"{end.service}: {end.role} {end.name} on NATS"
        subject = Subject("code", title, {}, end.at)
        yield Part(("nats", end.role, shape(end.name), rename(end.service)), (subject,), frozenset(), {})


def _said(rule: GapRule, value: str) -> list[str]:
    """Return the alternatives of a value that have the property, or the value if only all of them together do."""
    pattern = pattern_of(rule)
    if pattern == _ANY:  # it is there, whatever it is called
        return ["true"]
    literal = pattern.split("|")
    alone = [each for each in value.split(OR) if _compiled(pattern).fullmatch(each)]
    return [each for each in alone or [value] if each in literal or each not in NOTHING]


def _of_topology(topology: Topology, rename: Rename) -> Iterator[tuple[Key, Subject, frozenset[str]]]:
    for exchange in topology.exchanges:
        yield ("exchange", shape(exchange.name)), of_exchange(exchange), frozenset(map(rename, exchange.services))
    for queue in topology.queues:
        yield ("queue", shape(queue.name)), of_queue(queue, {}), frozenset(map(rename, queue.services))
    kinds = {exchange.name: exchange.properties.get("exchange_type", "") for exchange in topology.exchanges}
    for binding in topology.bindings:
        yield _key_of(binding), of_binding(binding, kinds.get(binding.exchange, "")), frozenset()
    for inner in topology.exchange_bindings:
        yield _key_of(inner), of_binding(inner, kinds.get(inner.source, "")), frozenset()
    for publisher in topology.publishers:
        yield _key_of_end(publisher, rename), of_publisher(publisher, {}), frozenset({rename(publisher.service)})
    for consumer in topology.consumers:
        yield _key_of_end(consumer, rename), of_consumer(consumer), frozenset({rename(consumer.service)})


def _key_of(binding: Binding | ExchangeBinding) -> Key:
    if isinstance(binding, Binding):
        return "binding", shape(binding.exchange), shape(binding.routing_key), shape(binding.queue)
    return "binding", shape(binding.source), shape(binding.routing_key), "", shape(binding.destination)


def _key_of_end(end: Publisher | Consumer, rename: Rename) -> Key:
    if isinstance(end, Publisher):
        return "publisher", rename(end.service), shape(end.exchange), shape(end.routing_key)
    return "consumer", rename(end.service), shape(end.queue)


def _of_code(report: Report, rename: Rename) -> Iterator[tuple[Key, Subject, frozenset[str]]]:
    """Yield what the code of each service does beside the messaging system itself, as far as it says so itself."""
    for finding in report.to_migrate.findings:
        usage = finding.usage
        if usage.tier is not Tier.MENTION:
            whose = rename(owner(usage))
            given = tuple(each for each in usage.arguments if each.provenance is not Provenance.DEFAULT)
            subject = of_usage(replace(usage, arguments=given))
            yield ("code", whose), replace(subject, title=whose), frozenset({whose})


def owner(usage: Usage) -> str:
    """Return whose a usage is: the service of a program; of other files their folder, down to that of a chart."""
    if usage.language in PROGRAMS:
        return usage.service
    return "/".join(PurePosixPath(usage.span.path).parent.parts[:2]) or usage.service


def pattern_of(rule: GapRule) -> str:
    """Return the pattern of the attribute that a rule is about, which is the last that it names."""
    return list(rule.when.values())[-1]


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
