"""Bindings as filters: what a queue listens to, below the subject of each exchange that leads to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from natsscan.model.topology import Binding, Exchange, Topology
from natsscan.nats.names import HoleRules, subject, word_token
from natsscan.nats.subjects import intersection, without_subsets
from natsscan.nats.topic import Filters, translate

_DELAYED = "x-delayed-message"
_EVERY_SERVER_HAS = {"amq.direct": "direct", "amq.fanout": "fanout", "amq.topic": "topic", "amq.headers": "headers"}


def exchange_kinds(topology: Topology) -> dict[str, str]:
    """Return the type of each exchange that is declared, bound or published to, but the default one.

    One that is declared elsewhere is taken for a topic exchange if a binding has a wildcard, else for a direct one.
    """
    kinds = {each.name: _kind(each) for each in topology.exchanges if each.name}
    keys: dict[str, list[str]] = {}
    for binding in topology.bindings:
        keys.setdefault(binding.exchange, []).append(binding.routing_key)
    for passed in topology.exchange_bindings:
        keys.setdefault(passed.source, []).append(passed.routing_key)
        keys.setdefault(passed.destination, [])
    for publisher in topology.publishers:
        keys.setdefault(publisher.exchange, [])
    for name, patterns in keys.items():
        if name and name not in kinds:
            wild = any({"*", "#"} & set(pattern.split(".")) for pattern in patterns)
            kinds[name] = _EVERY_SERVER_HAS.get(name, "topic" if wild else "direct")
    return dict(sorted(kinds.items()))


def delayed_exchanges(topology: Topology) -> frozenset[str]:
    """Return the exchanges that hold messages back (the plugin for delayed messages); they route as another type."""
    return frozenset(e.name for e in topology.exchanges if e.properties.get("exchange_type") == _DELAYED)


def _kind(exchange: Exchange) -> str:
    kind = exchange.properties.get("exchange_type", "direct")
    return exchange.arguments.get("x-delayed-type", "direct") if kind == _DELAYED else kind


def filters_of_key(root: str, kind: str, key: str, rules: HoleRules) -> Filters:
    """Return the filters for one binding to an exchange of a type, below the exchange's subject."""
    if kind == "direct":
        return Filters((subject(root, key, rules),), is_exact=True)
    if kind == "topic":
        words = key.split(".") if key else []
        return translate(root, [each if each in ("*", "#") else word_token(each, rules) for each in words])
    return Filters((root, f"{root}.>"), is_exact=kind == "fanout")


@dataclass(frozen=True, slots=True)
class Arriving:
    """What of the messages published to an exchange, below its subject `root`, comes to it or to another one."""

    source: str
    root: str
    filters: Filters


def listens_to(
    bindings: Iterable[Binding],
    reached: Mapping[str, Iterable[Arriving]],
    kinds: Mapping[str, str],
    rules: HoleRules,
) -> dict[str, Filters]:
    """Return, by the exchange that is published to, the filters of a queue with these bindings.

    RabbitMQ delivers a message once however many ways lead to a queue, and so does a consumer with several filters.
    """
    parts: dict[str, list[Filters]] = {}
    for binding in bindings:
        for arriving in reached.get(binding.exchange, ()):
            wanted = filters_of_key(arriving.root, kinds[binding.exchange], binding.routing_key, rules)
            parts.setdefault(arriving.source, []).append(_both(arriving.filters, wanted))
    found = {
        source: Filters(without_subsets(f for part in each for f in part.filters), all(p.is_exact for p in each))
        for source, each in sorted(parts.items())
    }
    return {source: filters for source, filters in found.items() if filters.filters}


def reached_from(
    topology: Topology, roots: Mapping[str, str], kinds: Mapping[str, str], rules: HoleRules
) -> dict[str, list[Arriving]]:
    """Return for each exchange what comes to it: what is published to it, and what other exchanges pass on."""
    found: dict[str, list[Arriving]] = {}
    for source, root in roots.items():
        for exchange, filters in _passed_on(topology, source, root, kinds, rules).items():
            found.setdefault(exchange, []).append(Arriving(source, root, filters))
    return found


def _passed_on(
    topology: Topology, source: str, root: str, kinds: Mapping[str, str], rules: HoleRules
) -> dict[str, Filters]:
    """Return the exchanges that get messages published to `source`, each with what it gets of them."""
    found = {source: Filters((root, f"{root}.>"), is_exact=True)}
    waiting = [source]
    while waiting:
        at = waiting.pop()
        for binding in topology.exchange_bindings:
            if binding.source != at or binding.destination not in kinds:
                continue
            new = _both(found[at], filters_of_key(root, kinds[at], binding.routing_key, rules))
            old = found.get(binding.destination, Filters((), is_exact=True))
            filters = without_subsets((*old.filters, *new.filters))
            if filters != old.filters:  # there are finitely many, so a cycle comes to rest
                found[binding.destination] = Filters(filters, old.is_exact and new.is_exact)
                waiting.append(binding.destination)
    return found


def _both(one: Filters, other: Filters) -> Filters:
    pairs = (intersection(left, right) for left in one.filters for right in other.filters)
    return Filters(without_subsets(pair for pair in pairs if pair), one.is_exact and other.is_exact)
