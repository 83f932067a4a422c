"""Following messages: from a publisher through an exchange and its bindings to a queue, and on to its consumers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from natsscan.model.topology import SERVER_NAMED, Binding, Consumer, ExchangeBinding, Publisher, Queue, Topology
from natsscan.topology.shapes import form, shape

_FANOUT = "fanout"
# A word that only run time knows, as `form` writes it.
_HOLE = "{}"


@dataclass(frozen=True, slots=True)
class QueueFlow:
    """A queue, or all whose names have one shape, with what leads to it and who empties it.

    `publishers` are those whose messages may reach it, by a binding or by its name; `dead_letters` the queues whose
    dead letters end in it.
    """

    name: str
    declared: tuple[Queue, ...]
    bindings: tuple[Binding, ...]
    publishers: tuple[Publisher, ...]
    dead_letters: tuple[Queue, ...]
    consumers: tuple[Consumer, ...]


def queue_flows(topology: Topology) -> tuple[QueueFlow, ...]:
    """Return all queues that are declared or consumed, sorted by name."""
    ways = _ways(topology)
    names: dict[str, str] = {}
    declared: dict[str, list[Queue]] = defaultdict(list)
    consumers: dict[str, list[Consumer]] = defaultdict(list)
    bindings: dict[str, list[Binding]] = defaultdict(list)
    publishers: dict[str, list[Publisher]] = defaultdict(list)
    dead_letters: dict[str, list[Queue]] = defaultdict(list)
    for queue in topology.queues:
        name = queue.name or SERVER_NAMED
        names.setdefault(shape(name), name)
        declared[shape(name)].append(queue)
        if queue.dead_letter not in (None, ("", "")):
            for reached in ways.queues(*queue.dead_letter):
                dead_letters[reached].append(queue)
    for consumer in topology.consumers:
        names.setdefault(shape(consumer.queue), consumer.queue)
        consumers[shape(consumer.queue)].append(consumer)
    for binding in topology.bindings:
        bindings[shape(binding.queue)].append(binding)
    for publisher in topology.publishers:
        for reached in ways.queues(publisher.exchange, publisher.routing_key):
            publishers[reached].append(publisher)
    return tuple(
        QueueFlow(
            name,
            tuple(declared[known_as]),
            tuple(bindings[known_as]),
            tuple(publishers[known_as]),
            tuple(dead_letters[known_as]),
            tuple(consumers[known_as]),
        )
        for known_as, name in sorted(names.items(), key=lambda item: item[1])
    )


class _Bound:
    """What is bound to exchanges of one shape, found by the first word of a key: an exchange may have thousands."""

    def __init__(self) -> None:
        self.every: list[Binding] = []
        self._by_word: dict[str, list[Binding]] = defaultdict(list)

    def add(self, binding: Binding) -> None:
        """Add a binding."""
        self.every.append(binding)
        self._by_word[_first_word(binding.routing_key)].append(binding)

    def near(self, key: str) -> Iterable[Binding]:
        """Return all bindings that may take a key, and some that do not."""
        word = _first_word(key)
        words = dict.fromkeys((word, "*", "#", _HOLE))
        return self.every if not key or word == _HOLE else (b for each in words for b in self._by_word.get(each, ()))


def _first_word(key: str) -> str:
    return form(key).partition(".")[0]


@dataclass(frozen=True, slots=True)
class _Ways:
    """The type of each exchange by its name, and what is bound to it by its shape."""

    kinds: Mapping[str, str]
    bindings: Mapping[str, _Bound]
    passages: Mapping[str, Iterable[ExchangeBinding]]

    def queues(self, exchange: str, key: str) -> frozenset[str]:
        """Return the shapes of the queues that a message may reach. An empty key stands for any, of dead letters."""
        if exchange == "":
            return frozenset({shape(key)})
        reached = [shape(exchange)]
        for source in reached:  # grows meanwhile
            for passed in self.passages.get(source, ()):
                if shape(passed.destination) not in reached and self._takes(passed.source, passed.routing_key, key):
                    reached.append(shape(passed.destination))
        return frozenset(
            shape(binding.queue)
            for source in reached
            if source in self.bindings
            for binding in self._near(self.bindings[source], key)
            if self._takes(binding.exchange, binding.routing_key, key)
        )

    def _near(self, bound: _Bound, key: str) -> Iterable[Binding]:
        is_fanout = bool(bound.every) and self.kinds.get(bound.every[0].exchange) == _FANOUT
        return bound.every if is_fanout else bound.near(key)

    def _takes(self, exchange: str, pattern: str, key: str) -> bool:
        kind = self.kinds.get(exchange, "")
        return not key or kind == _FANOUT or key_matches(kind, pattern, key)


def _ways(topology: Topology) -> _Ways:
    bindings: dict[str, _Bound] = defaultdict(_Bound)
    for binding in topology.bindings:
        bindings[shape(binding.exchange)].add(binding)
    passages: dict[str, list[ExchangeBinding]] = {}
    for passed in topology.exchange_bindings:
        passages.setdefault(shape(passed.source), []).append(passed)
    return _Ways({e.name: e.properties.get("exchange_type", "") for e in topology.exchanges}, bindings, passages)


def key_matches(kind: str, pattern: str, key: str) -> bool:
    """Tell whether a routing key may match a binding's: in a topic exchange `*` is one word, `#` any number of words.

    A hole may be any text of one word; AMQP 0-9-1, section 3.1.3.3.
    """
    if kind != "topic":
        return form(pattern) == form(key)
    return _words_match(form(pattern).split("."), form(key).split("."))


def _words_match(pattern: list[str], words: list[str]) -> bool:
    if not pattern:
        return not words
    if pattern[0] == "#":
        return any(_words_match(pattern[1:], words[at:]) for at in range(len(words) + 1))
    if not words:
        return False
    return (pattern[0] in ("*", words[0]) or _HOLE in (pattern[0], words[0])) and _words_match(pattern[1:], words[1:])
