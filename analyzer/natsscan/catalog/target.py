"""What rule files say of the way to NATS: layouts of streams and consumers, and what becomes of each property."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Literal

from msgspec import Meta, field

from natsscan.catalog.strict import Strict
from natsscan.catalog.yamlfile import YamlFile
from natsscan.model.errors import InputError
from natsscan.model.mapping import Config, ConfigValue, Fidelity

_DURATION = re.compile(r"(\d+)(ms|s|m|h)")
_NANOSECONDS = {"ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
LAYOUTS = ("exchange", "sourced-exchange", "delayed-exchange", "queue", "sourced-queue", "advisories")
_VERSION = r"^\d+\.\d+$"
VersionText = Annotated[str, Meta(pattern=_VERSION)]
Setting = str | int | bool | list[str]
Noun = Literal["exchange", "queue", "binding", "publisher", "consumer", "code"]


class LayoutRule(Strict, frozen=True):
    """The configurations that a layout begins with."""

    stream: dict[str, Setting]
    consumer: dict[str, Setting]


class LayoutsFile(Strict, frozen=True, tag_field="kind", tag="layouts"):
    """How exchanges and queues are laid out, what subjects and streams of them are called, which version has what."""

    id: str
    title: str
    links: tuple[str, ...]
    exchange_root: str
    queue_root: str
    exchange_stream: str
    queue_stream: str
    server_named: str
    split_holes: str
    priority_root: str
    schedule_root: str
    layouts: dict[str, LayoutRule]
    since: dict[str, dict[str, VersionText]]


class GapRule(Strict, frozen=True):
    """What becomes of one property.

    `when` has a pattern for each attribute of the noun that the rule is `about`; it must fit the whole value or one of
    its alternatives. `unless` names attributes that must not fit. `stream` and `consumer` are fields it sets; the texts
    `number`, `number + 1` and `milliseconds` stand for the value of the last attribute of `when`. With `own_stream`
    the queue cannot share a stream; a `temporary` one comes and goes; with `levels` there is a consumer for each level.
    `headers` are those that messages are to carry, `settle` how a consumer settles them. `kept_by` tells what code on
    NATS shows that the property is kept there: for operations a pattern that is looked for in what such code says, in
    capitals or not. A rule with it is about a guarantee, and a change that loses it is told.
    """

    id: str
    about: Noun
    when: dict[str, str]
    property: str
    fidelity: Fidelity
    advice: str
    feature: str = ""
    since: VersionText = "2.2"
    unless: dict[str, str] = field(default_factory=dict)
    stream: dict[str, Setting] = field(default_factory=dict)
    consumer: dict[str, Setting] = field(default_factory=dict)
    own_stream: bool = False
    temporary: bool = False
    levels: bool = False
    headers: tuple[str, ...] = ()
    settle: tuple[str, ...] = ()
    kept_by: dict[str, str] = field(default_factory=dict)


class GapsFile(Strict, frozen=True, tag_field="kind", tag="gaps"):
    """What becomes of the properties of the AMQP side; `silent` are attributes, by noun, that no rule is needed for.

    `guarantees` are what NATS has as a matter of course: no gap, but told if a change loses it.
    """

    id: str
    title: str
    links: tuple[str, ...]
    gaps: tuple[GapRule, ...] = ()
    guarantees: tuple[GapRule, ...] = ()
    silent: dict[Noun, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Target:
    """All that rule files say of the way to NATS.

    `known` are all rules about properties by their ids; `gaps` those that are told of a system, `guarantees` those
    about what a change must not lose.
    """

    layouts: LayoutsFile
    known: dict[str, GapRule]
    gaps: tuple[GapRule, ...]
    guarantees: tuple[GapRule, ...]
    silent: dict[Noun, frozenset[str]]


def compile_target(
    layouts: Iterable[tuple[YamlFile, LayoutsFile]], gaps: Iterable[tuple[YamlFile, GapsFile]]
) -> Target:
    """Return what all files say together; the last file of layouts counts.

    Raises InputError, with file and line, for a gap given twice, a broken pattern, a field that is none and its value.
    """
    layout = _last(layouts)
    found: dict[str, GapRule] = {}
    guaranteed: set[str] = set()
    silent: dict[Noun, frozenset[str]] = {}
    for file, content in gaps:
        for part, rules in (("gaps", content.gaps), ("guarantees", content.guarantees)):
            for at, rule in enumerate(rules):
                if rule.id in found:
                    raise file.error((part, at, "id"), f"gap {rule.id} is defined twice")
                _check_gap(file, (part, at), rule, layout)
                found[rule.id] = rule
        guaranteed |= {rule.id for rule in content.guarantees}
        for noun, names in content.silent.items():
            silent[noun] = silent.get(noun, frozenset()) | set(names)
    known = {name: found[name] for name in sorted(found)}
    told = tuple(rule for rule in known.values() if rule.id not in guaranteed)
    return Target(layout, known, told, tuple(rule for rule in known.values() if rule.kept_by), silent)


def _last(layouts: Iterable[tuple[YamlFile, LayoutsFile]]) -> LayoutsFile:
    last = None
    for file, layout in layouts:
        last = layout
        file.pattern(("split_holes",), layout.split_holes)
        missing = ", ".join(name for name in LAYOUTS if name not in layout.layouts)
        if missing:
            raise file.error(("layouts",), f"no layout is called {missing}; a file of layouts gives all of them")
        for name, each in layout.layouts.items():
            for part, settings in (("stream", each.stream), ("consumer", each.consumer)):
                for key, value in settings.items():
                    if isinstance(value, str) and value[:1].isdigit() and not _DURATION.fullmatch(value):
                        steps = ("layouts", name, part, key)
                        raise file.error(steps, f"'{value}' is no duration; write a number and ms, s, m or h")
    if last is None:
        raise InputError("no rule file of kind `layouts`; the bundled one is rules/nats/layouts.yaml")
    return last


def _check_gap(file: YamlFile, steps: tuple[str, int], rule: GapRule, layout: LayoutsFile) -> None:
    for part, settings in (("stream", rule.stream), ("consumer", rule.consumer)):
        for name in settings:
            if name not in layout.since.get(part, {}):
                raise file.error((*steps, part, name), f"{name} is no field of a {part}'s configuration")
    for part, patterns in (("when", rule.when), ("unless", rule.unless), ("kept_by", rule.kept_by)):
        for name, pattern in patterns.items():
            file.pattern((*steps, part, name), pattern)


def config(settings: dict[str, Setting]) -> Config:
    """Return settings as the server takes them: durations in nanoseconds."""
    return {name: _value(setting) for name, setting in settings.items()}


def _value(setting: Setting) -> ConfigValue:
    if isinstance(setting, list):
        return list(map(_nanoseconds, setting))
    return _nanoseconds(setting) if isinstance(setting, str) else setting


def _nanoseconds(text: str) -> str | int:
    found = _DURATION.fullmatch(text)
    return int(found[1]) * _NANOSECONDS[found[2]] if found else text
