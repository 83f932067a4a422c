"""Names that look like slips of others: `order-events` beside `orders-events`, of which one leads nowhere."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from natsscan.model.fleet import Alike
from natsscan.model.span import Span
from natsscan.model.topology import Topology, is_server_named
from natsscan.topology.shapes import form, is_said

# In shorter names a letter more or less makes another word.
_SHORTEST = 5
_SEPARATORS = re.compile(r"[-_.:/ ]+")
_DIGITS = re.compile(r"\d+")


@dataclass(slots=True)
class _Named:
    """A name, who uses it and where."""

    name: str
    services: set[str] = field(default_factory=set)
    at: set[Span] = field(default_factory=set)


def alike(topology: Topology, loose: Collection[str]) -> tuple[Alike, ...]:
    """Return the pairs of names of which one may be a slip of the other.

    Names that differ in case or separators only are told whenever both are used; those that differ in one letter, or in
    two that changed places, if the rarer one leads nowhere: it is in `loose`.
    """
    found = [*_pairs("exchange", _exchanges(topology), loose), *_pairs("queue", _queues(topology), loose)]
    return tuple(sorted(found))


def _exchanges(topology: Topology) -> Mapping[str, _Named]:
    found: dict[str, _Named] = {}
    for exchange in topology.exchanges:
        _add(found, exchange.name, exchange.services, exchange.at)
    for publisher in topology.publishers:
        _add(found, publisher.exchange, (publisher.service,), publisher.at)
    for binding in topology.bindings:
        _add(found, binding.exchange, (), binding.at)
    return found


def _queues(topology: Topology) -> Mapping[str, _Named]:
    found: dict[str, _Named] = {}
    for queue in topology.queues:
        _add(found, queue.name, queue.services, queue.at)
    for consumer in topology.consumers:
        _add(found, consumer.queue, (consumer.service,), consumer.at)
    for publisher in topology.publishers:
        if not publisher.exchange:
            _add(found, publisher.routing_key, (publisher.service,), publisher.at)
    for binding in topology.bindings:
        _add(found, binding.queue, (), binding.at)
    return found


def _add(found: dict[str, _Named], name: str, services: Iterable[str], at: Iterable[Span]) -> None:
    if is_said(name) and not is_server_named(name) and len(_plain(name)) >= _SHORTEST:
        named = found.setdefault(form(name), _Named(name))
        named.services.update(services)
        named.at.update(at)


def _plain(name: str) -> str:
    """Return a name without what people write in several ways."""
    return _SEPARATORS.sub("", form(name)).casefold()


def _pairs(kind: str, names: Mapping[str, _Named], loose: Collection[str]) -> Iterator[Alike]:
    lost = {form(name) for name in loose}
    by_plain: dict[str, list[str]] = defaultdict(list)
    for name in sorted(names):
        by_plain[_plain(name)].append(name)
    for same in by_plain.values():
        first, *others = sorted(same, key=lambda name: (-len(names[name].services), name in lost, name))
        yield from (_pair(kind, names[other], names[first]) for other in others)
    near: dict[str, list[str]] = defaultdict(list)
    for plain in by_plain:
        for shorter in _shorter(plain):
            near[shorter].append(plain)
    for name in sorted(lost & names.keys()):
        plain = _plain(name)
        candidates = {other for shorter in _shorter(plain) for other in near[shorter]} - {plain}
        near_by = (each for other in candidates if _is_slip(plain, other) for each in by_plain[other])
        others = [each for each in near_by if not _is_code(name, each)]
        kept = [other for other in others if other not in lost or other < name]
        if kept:
            best = min(kept, key=lambda other: (other in lost, -len(names[other].services), other))
            yield _pair(kind, names[name], names[best])


def _pair(kind: str, one: _Named, other: _Named) -> Alike:
    services, others = tuple(sorted(one.services)), tuple(sorted(other.services))
    return Alike(kind, one.name, other.name, services, others, tuple(sorted(one.at)))


def _shorter(word: str) -> set[str]:
    """Return a word, and it without each of its letters; two that are a slip apart have one of these in common."""
    return {word, *(word[:at] + word[at + 1 :] for at in range(len(word)))}


def _is_code(one: str, other: str) -> bool:
    """Tell whether two names differ in a word so short that a letter makes another one, as `dev` and `des` are."""
    words, others = _SEPARATORS.split(one), _SEPARATORS.split(other)
    differing = [pair for pair in zip(words, others, strict=False) if pair[0] != pair[1]]
    return len(words) == len(others) and all(max(map(len, pair)) < _SHORTEST - 1 for pair in differing)


def _is_slip(one: str, other: str) -> bool:
    """Tell whether two words differ in one letter, or two that changed places; numbers are no slips of each other."""
    if _DIGITS.sub("0", one) == _DIGITS.sub("0", other):
        return False
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    left, right = one[start:], other[start:]
    return (
        left[1:] == right[1:]
        or left[1:] == right
        or left == right[1:]
        or (left[:2] == right[1::-1] and left[2:] == right[2:])
    )
