"""Code and broker side by side: what only one of them knows, and what they say differently."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import TypeVar

from natsscan.catalog.broker import Export
from natsscan.model.definitions import Definitions
from natsscan.model.span import Span
from natsscan.model.topology import Binding, Declared, Exchange, ExchangeBinding, Origin, Queue, Topology
from natsscan.topology.build import build_topology
from natsscan.topology.check import Misfit
from natsscan.topology.policies import governed
from natsscan.topology.shapes import form, is_said, shape

_HOLE = re.compile(r"\{[^{}]*\}")
_COMPARED = ("exchange_type", "durable", "auto_delete", "internal", "exclusive")

D = TypeVar("D", Exchange, Queue)
B = TypeVar("B", Binding, ExchangeBinding)


@dataclass(frozen=True, slots=True)
class Reconciled:
    """One topology of what code and broker know, and where they differ: `differences` as places with what is there."""

    topology: Topology
    differences: tuple[Misfit, ...]


def reconcile(code: Topology, definitions: Definitions, export: Export) -> Reconciled:
    """Put together what code and the broker's definitions say.

    A name with holes stands for everything on the broker that it may be. What the broker makes itself, what lives only
    as long as a connection, and names that are nothing but holes are not missed on either side.
    """
    broker = {vhost: build_topology(calls) for vhost, calls in definitions.declared.items()}
    sides = _Sides(definitions, export)
    queues = sides.join("queue", code.queues, {vhost: side.queues for vhost, side in broker.items()})
    exchanges = sides.join("exchange", code.exchanges, {vhost: side.exchanges for vhost, side in broker.items()})
    bound = [binding for side in broker.values() for binding in side.bindings]
    passed = [binding for side in broker.values() for binding in side.exchange_bindings]
    between = (*code.exchange_bindings, *_others(code.exchange_bindings, passed))
    topology = replace(
        code,
        queues=queues,
        exchanges=exchanges,
        bindings=tuple(sorted((*code.bindings, *_others(code.bindings, bound)), key=_order)),
        exchange_bindings=tuple(sorted(between, key=_order)),
    )
    shared = {d.name for d in (*queues, *exchanges) if d.origin is Origin.BOTH}
    sides.compare_bindings(code.bindings, bound, shared)
    sides.compare_bindings(code.exchange_bindings, passed, shared)
    return Reconciled(topology, tuple(sides.differences))


class _Sides:
    def __init__(self, definitions: Definitions, export: Export) -> None:
        self._definitions = definitions
        self._export = export
        self.differences: list[Misfit] = []

    def join(self, kind: str, code: Iterable[D], broker: Mapping[str, Iterable[D]]) -> tuple[D, ...]:
        """Return what either side declares, once, each with what policies give it; note the differences."""
        theirs = [(vhost, declared) for vhost, found in broker.items() for declared in found]
        joined: list[D] = []
        for own in code:
            same = [(vhost, other) for vhost, other in theirs if _is_same(own.name, other.name)]
            if not is_said(own.name):
                joined.append(own)
                continue
            if not same and _is_missed(own):
                self._note(own.at, own.name, {"only_in_code": own.name, "kind": kind})
            ruled = self._governed(own, {vhost for vhost, _ in same} or {*broker})
            origin = Origin.BOTH if same else Origin.CODE
            joined.append(replace(ruled, origin=origin, differences=tuple(self._compare(kind, own, same))))
        for vhost, other in theirs:
            if not self._export.own.fullmatch(other.name) and not any(_is_same(own.name, other.name) for own in code):
                self._note(other.at, other.name, {"only_on_broker": other.name, "kind": kind, "vhost": vhost})
                joined.append(replace(self._governed(other, {vhost}), origin=Origin.BROKER))
        return tuple(sorted(joined, key=lambda declared: (declared.name, declared.at)))

    def compare_bindings(self, code: Sequence[B], broker: Sequence[B], shared: Set[str]) -> None:
        """Note the bindings that one side has only, of what both have."""
        for found, others, told in ((code, broker, "only_in_code"), (broker, code, "only_on_broker")):
            for binding in _others(others, found):
                source, key, destination = _ends(binding)
                known = [any(_is_same(name, end) or name == end for name in shared) for end in (source, destination)]
                if all(known) and "{" not in source + key + destination:
                    name = f"{source} → {destination} with {key or '(empty key)'}"
                    self._note(binding.at, name, {told: name, "kind": "binding", "vhost": ""})

    def _governed(self, declared: D, vhosts: Iterable[str]) -> D:
        policies = [policy for policy in self._definitions.policies if policy.vhost in set(vhosts)]
        return governed(declared, policies, self._export)

    def _note(self, places: tuple[Span, ...], name: str, told: dict[str, str]) -> None:
        if places:
            self.differences.append((places[0], name, told))

    def _compare(self, kind: str, own: D, same: list[tuple[str, D]]) -> Iterator[str]:
        """Yield what code and broker say differently of one thing, and note it, as well as what only policies give."""
        every: list[Declared] = [own, *(other for _, other in same)]
        asked = [] if own.properties.get("passive") == "true" else sorted(_told(own))
        asked += sorted({key for declared in every for key in declared.arguments}) if asked else []
        for name in asked:
            default = self._export.defaults.get(name, "not set") if name not in _COMPARED else ""
            mine, *theirs = ((_told(declared) | declared.arguments).get(name, default) for declared in every)
            others = " or ".join(sorted(text for text in {*theirs} - {mine, ""} if "{" not in text))
            if mine and others and "{" not in mine:
                told = {"differs": name.replace("_", " "), "code": mine, "broker": others}
                self._note(own.at, own.name, {**told, "kind": kind, "name": own.name})
                yield f"{told['differs']} {mine} in the code, {others} on the broker"
        ruled = [self._governed(other, {vhost}) for vhost, other in same]
        for other in ruled:
            given = [f"{name} {other.arguments[name]}" for name in other.from_policy if name not in own.arguments]
            if given:
                told = {"by_policy": ", ".join(given), "policy": other.policy, "kind": kind, "name": own.name}
                self._note(own.at, own.name, told)
                break


def _told(declared: Declared) -> dict[str, str]:
    return {name: declared.properties.get(name, "") for name in _COMPARED}


def _is_same(own: str, theirs: str) -> bool:
    """Tell whether a name in the code may be one on the broker: a hole is any text, but not the whole name."""
    pattern = ".+".join(map(re.escape, _HOLE.split(own)))
    return is_said(own) and (re.fullmatch(pattern, theirs) is not None or form(own) == form(theirs))


def _is_missed(declared: Declared) -> bool:
    """Tell whether something should be on the broker at any time: it has a fixed name, and outlives connections."""
    passing = (declared.properties.get(name) == "true" for name in ("exclusive", "auto_delete"))
    return "{" not in declared.name and not any(passing)


def _others(known: Sequence[B], found: Iterable[B]) -> Iterator[B]:
    """Yield the bindings that are none of those known; what has no name at one end is the broker's own."""
    for binding in found:
        ends = _ends(binding)
        if ends[0] and ends[2] and not any(all(map(_is_end, _ends(one), ends)) for one in known):
            yield binding


def _ends(binding: Binding | ExchangeBinding) -> tuple[str, str, str]:
    if isinstance(binding, Binding):
        return binding.exchange, binding.routing_key, binding.queue
    return binding.source, binding.routing_key, binding.destination


def _is_end(own: str, theirs: str) -> bool:
    return shape(own) == shape(theirs) or _is_same(own, theirs) or _is_same(theirs, own)


def _order(binding: Binding | ExchangeBinding) -> tuple[tuple[str, str, str], tuple[Span, ...]]:
    return _ends(binding), binding.at
