"""Messaging properties before and after a change: which are lost, which are kept by code on NATS, which are others now.

What a property is, and which code on NATS shows that it is kept, is said by the rules in `rules/nats/gaps-*.yaml`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import PurePosixPath

from natsscan.catalog.target import GapRule, Target
from natsscan.model.comparison import Fate, PropertyChange, SystemPart
from natsscan.model.finding import Finding
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

_OR = " or "
_SHOWN = 3
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


@dataclass(frozen=True, slots=True)
class SystemChange:
    """What a change does to a messaging system: guarantees that it touches, and parts that come and go."""

    properties: tuple[PropertyChange, ...]
    added: tuple[SystemPart, ...]
    removed: tuple[SystemPart, ...]


def compare_systems(before: Report, after: Report, target: Target, services: Mapping[str, str]) -> SystemChange:
    """Compare the messaging systems of two reports; guarantees that are lost come first.

    `services` maps names of services, and folders, before to names after, of those that were renamed.
    """
    old = {part.key: part for part in parts_of(before, target, lambda name: services.get(name, name))}
    new = {part.key: part for part in parts_of(after, target, lambda name: name)}
    rules = {rule.id: rule for rule in target.guarantees}
    renamed = _renamed(old, new)
    on_nats = _on_nats(after)
    found = []
    for key, part in old.items():
        now = new.get(renamed.get(key, key))
        if key in renamed and now is not None:
            found.append(_change(part, None, Fate.CHANGED, (part.title, now.title), now.at))
        found += _touched(part, now, rules, on_nats)
    for key, part in new.items():
        was = old.get(key)
        if was is not None:
            missing = {
                n: value for n, value in part.guarantees.items() if _successor(rules[n], part, was, rules) is None
            }
            found += [_change(part, rules[name], Fate.ADDED, ("", value)) for name, value in missing.items()]
    order = list(Fate)
    return SystemChange(
        tuple(sorted(found, key=lambda each: (order.index(each.fate), each.about, each.property, each.before))),
        added=_system_parts(part for key, part in new.items() if key not in old and key not in renamed.values()),
        removed=_system_parts(part for key, part in old.items() if key not in new and key not in renamed),
    )


def _system_parts(parts: Iterable[Part]) -> tuple[SystemPart, ...]:
    return tuple(sorted(SystemPart(part.title, part.at) for part in parts if part.key[0] != "code"))


def parts_of(report: Report, target: Target, rename: Rename) -> Iterator[Part]:
    """Yield each part of a report's messaging system, on NATS too; `rename` is applied to services."""
    owners = {finding.usage.span.path: _owner(finding.usage) for finding in report.findings}
    grouped: dict[Key, list[tuple[Subject, frozenset[str]]]] = {}
    for key, subject, services in (*_of_topology(report.topology, rename), *_of_code(report, rename)):
        known = services | {rename(owners[span.path]) for span in subject.at if span.path in owners}
        grouped.setdefault(key, []).append((subject, known))
    for key, same in grouped.items():
        values: dict[str, set[str]] = {}
        for subject, _ in same:
            for rule, value in fitting(subject, target.guarantees):
                values.setdefault(rule.id, set()).update(_said(rule, value))
        guarantees = {name: _OR.join(sorted(found)) for name, found in sorted(values.items()) if found}
        yield Part(key, tuple(s for s, _ in same), frozenset().union(*(known for _, known in same)), guarantees)
    for end in report.nats.ends:
        title = f"{end.service}: {end.role} {end.name} on NATS"
        subject = Subject("code", title, {}, end.at)
        yield Part(("nats", end.role, shape(end.name), rename(end.service)), (subject,), frozenset(), {})


def _said(rule: GapRule, value: str) -> list[str]:
    """Return the alternatives of a value that have the property, or the value if only all of them together do."""
    pattern = _pattern(rule)
    if pattern == _ANY:  # it is there, whatever it is called
        return ["true"]
    literal = pattern.split("|")
    alone = [each for each in value.split(_OR) if _compiled(pattern).fullmatch(each)]
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
            owner = rename(_owner(usage))
            given = tuple(each for each in usage.arguments if each.provenance is not Provenance.DEFAULT)
            subject = of_usage(replace(usage, arguments=given))
            yield ("code", owner), replace(subject, title=owner), frozenset({owner})


def _owner(usage: Usage) -> str:
    """Return whose a usage is: the service of a program; of other files their folder, down to that of a chart."""
    if usage.language in PROGRAMS:
        return usage.service
    return "/".join(PurePosixPath(usage.span.path).parent.parts[:2]) or usage.service


def _touched(part: Part, now: Part | None, rules: Mapping[str, GapRule], on_nats: _OnNats) -> Iterator[PropertyChange]:
    """Yield the guarantees of a part that a change loses, moves to NATS or gives another value."""
    for name, value in part.guarantees.items():
        rule = rules[name]
        places = _places(part, rule)
        same = _successor(rule, part, now, rules) if now is not None else None
        if same is not None and now is not None:
            gone, fresh = _difference(value, now.guarantees[same])
            if gone:
                yield _change(part, rule, Fate.CHANGED, (gone, fresh), now.at, places)
        elif keeping := on_nats.keeping(rule, part.services):
            yield _change(part, rule, Fate.KEPT, (value, ""), keeping, places)
        else:
            other = _value_of(rule, now) if now is not None else ""
            yield _change(part, rule, Fate.LOST, (value, other), now.at if now is not None and other else (), places)


def _difference(before: str, after: str) -> tuple[str, str]:
    """Return the alternatives of a value that are gone after a change, and those that are new."""
    old, new = ({shape(each): each for each in value.split(_OR)} for value in (before, after))
    gone = [each for key, each in old.items() if key not in new]
    return _OR.join(gone), _OR.join(each for key, each in new.items() if key not in old)


def _successor(rule: GapRule, before: Part, after: Part, rules: Mapping[str, GapRule]) -> str | None:
    """Return the guarantee that a part has in place of one: the same, or a new one about the same attribute."""
    if rule.id in after.guarantees:
        return rule.id
    fresh = (name for name in after.guarantees if name not in before.guarantees)
    return next((name for name in fresh if rule.about != "code" and _attribute(rules[name]) == _attribute(rule)), None)


def _attribute(rule: GapRule) -> str:
    return list(rule.when)[-1]


def _pattern(rule: GapRule) -> str:
    return list(rule.when.values())[-1]


def _value_of(rule: GapRule, part: Part) -> str:
    """Return what a part says now of the attribute that a rule is about; nothing if it only says no."""
    names = _attribute(rule).split("|")
    said = {s.attributes[n] for s in part.subjects for n in names if s.attributes.get(n)}
    return _OR.join(sorted(said - NOTHING - {"true"}))


def _places(part: Part, rule: GapRule) -> tuple[Span, ...]:
    """Return the places of a part that have the property: those of the attribute itself where they are known."""
    names = _attribute(rule).split("|")
    found: set[Span] = set()
    for subject in part.subjects:
        if any(True for _ in fitting(subject, (rule,))):
            found.update({subject.places[name] for name in names if name in subject.places} or subject.at)
    return tuple(sorted(found))


def _renamed(old: Mapping[Key, Part], new: Mapping[Key, Part]) -> dict[Key, Key]:
    """Return the parts that have another name after a change: of one service, and with the same guarantees."""
    fresh = [part for key, part in new.items() if key not in old]
    found = {}
    for key, part in old.items():
        if key in new or key[0] in ("code", "nats") or not part.guarantees:
            continue
        like = [other for other in fresh if _is_like(part, other)]
        if len(like) == 1:
            found[key] = like[0].key
            fresh.remove(like[0])
    return found


def _is_like(part: Part, other: Part) -> bool:
    same = part.key[0] == other.key[0] and part.guarantees == other.guarantees
    return same and bool(part.services & other.services)


def _change(
    part: Part,
    rule: GapRule | None,
    fate: Fate,
    values: tuple[str, str],
    by: Iterable[Span] = (),
    at: tuple[Span, ...] = (),
) -> PropertyChange:
    if rule is None:
        return PropertyChange(part.title, "name", *values, fate, "", "", at or part.at, tuple(by))
    named = _pattern(rule).split("|")  # where only these values have the property, they add nothing
    before, after = ("" if value in ("true", *named) else value for value in values)
    return PropertyChange(
        part.title, rule.property, before, after, fate, rule.id, rule.advice, at or part.at, tuple(by)
    )


class _OnNats:
    """What the code does on NATS after a change, by service."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self._said: dict[str, list[tuple[str, str, Span]]] = {}
        for finding in findings:
            usage = finding.usage
            words = [usage.symbol, *(f"{a.name}={a.text}" for a in usage.arguments), finding.excerpt]
            said = (usage.operation.value, " ".join(words), usage.span)
            self._said.setdefault(_owner(usage), []).append(said)

    def keeping(self, rule: GapRule, services: frozenset[str]) -> tuple[Span, ...]:
        """Return the first places in some services that show that a property is kept."""
        places = {
            span
            for service in services
            for operation, words, span in self._said.get(service, ())
            for wanted, pattern in rule.kept_by.items()
            if operation in wanted.split("|") and _in_any_case(pattern).search(words)
        }
        return tuple(sorted(places))[:_SHOWN]


def _on_nats(report: Report) -> _OnNats:
    return _OnNats(finding for finding in report.findings if finding.system in report.targets)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


@cache
def _in_any_case(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)
