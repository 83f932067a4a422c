"""Messaging properties before and after a change: which are lost, which are kept by code on NATS, which are others now.

What a property is, and which code on NATS shows that it is kept, is said by the rules in `rules/nats/gaps-*.yaml`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from natsscan.catalog.target import GapRule, Target
from natsscan.model.comparison import Fate, PropertyChange, SystemPart
from natsscan.model.finding import Finding
from natsscan.model.report import Report
from natsscan.model.span import Span
from natsscan.nats.gaps import NOTHING, fitting
from natsscan.nats.parts import OR, Key, Part, owner, parts_of, pattern_of
from natsscan.topology.shapes import shape

_SHOWN = 3


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
    rules = target.known
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
    old, new = ({shape(each): each for each in value.split(OR)} for value in (before, after))
    gone = [each for key, each in old.items() if key not in new]
    return OR.join(gone), OR.join(each for key, each in new.items() if key not in old)


def _successor(rule: GapRule, before: Part, after: Part, rules: Mapping[str, GapRule]) -> str | None:
    """Return the guarantee that a part has in place of one: the same, or a new one about the same attribute."""
    if rule.id in after.guarantees:
        return rule.id
    fresh = (name for name in after.guarantees if name not in before.guarantees)
    return next((name for name in fresh if rule.about != "code" and _attribute(rules[name]) == _attribute(rule)), None)


def _attribute(rule: GapRule) -> str:
    return list(rule.when)[-1]


def _value_of(rule: GapRule, part: Part) -> str:
    """Return what a part says now of the attribute that a rule is about; nothing if it only says no."""
    names = _attribute(rule).split("|")
    said = {s.attributes[n] for s in part.subjects for n in names if s.attributes.get(n)}
    return OR.join(sorted(said - NOTHING - {"true"}))


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
    named = pattern_of(rule).split("|")  # where only these values have the property, they add nothing
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
            self._said.setdefault(owner(usage), []).append(said)

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
def _in_any_case(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)
