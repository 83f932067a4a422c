# Made by natsscan generate python-amqp; written anew when it runs again.
"""Where exchanges and queues are: what is known beforehand of a messaging system.

A name with holes is a tuple of parts, with None for a hole. What fills a hole in a queue's name fills, as one token,
the same hole of its subject, consumer and filters. Configurations are those of JetStream's API, with times in
nanoseconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Optional, Union

from . import subjects

Name = Union[str, tuple[Optional[str], ...]]
_LONGEST_CONSUMER = 200


@dataclass(frozen=True)
class Exchange:
    """An exchange: how it chooses, the subject below which its routing keys come, and the stream that takes them."""

    name: str
    kind: str
    subject: str
    stream: str


@dataclass(frozen=True)
class Queue:
    """A queue, or all queues whose names differ in their holes only.

    `subject` is what reaches it by its name, or empty. `filters` are those of its consumer, whose configuration is
    `config`.
    """

    name: Name
    subject: Name
    consumer: Name
    stream: str
    filters: tuple[Name, ...] = ()
    dead_letter_exchange: str | None = None
    dead_letter_routing_key: str | None = None
    config: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Binding:
    """A binding; the holes of its key are those of the queue's name."""

    exchange: str
    routing_key: Name
    queue: Name


@dataclass(frozen=True)
class Stream:
    """A stream and its configuration."""

    name: str
    config: Mapping[str, Any]


@dataclass(frozen=True)
class Place:
    """One queue: the subject that reaches it by its name, the stream, and the consumer that stands for it."""

    name: str
    subject: str
    consumer: str
    stream: str
    filters: tuple[str, ...]
    bindings: tuple[tuple[Exchange, str], ...]
    dead_letter_exchange: str | None
    dead_letter_routing_key: str | None
    config: Mapping[str, Any]


@dataclass(frozen=True)
class Plan:
    """All exchanges, queues, bindings and streams."""

    exchanges: tuple[Exchange, ...] = ()
    queues: tuple[Queue, ...] = ()
    bindings: tuple[Binding, ...] = ()
    streams: tuple[Stream, ...] = ()
    # Queues without holes by their names; the others, those of which more is known first; exchanges by their subjects.
    _named: dict[str, Queue] = field(init=False, repr=False, compare=False, default_factory=dict)
    _families: tuple[Queue, ...] = field(init=False, repr=False, compare=False, default=())
    _by_subject: tuple[Exchange, ...] = field(init=False, repr=False, compare=False, default=())

    def __post_init__(self) -> None:
        self._named.update((each.name, each) for each in self.queues if isinstance(each.name, str))
        families = [each for each in self.queues if not isinstance(each.name, str)]
        object.__setattr__(self, "_families", tuple(sorted(families, key=_known, reverse=True)))
        exchanges = sorted(self.exchanges, key=lambda each: len(each.subject), reverse=True)
        object.__setattr__(self, "_by_subject", tuple(exchanges))

    def exchange(self, name: str) -> Exchange | None:
        """Return an exchange by its name."""
        return next((each for each in self.exchanges if each.name == name), None)

    def stream(self, name: str) -> Stream | None:
        """Return a stream by its name."""
        return next((each for each in self.streams if each.name == name), None)

    def queue(self, name: str) -> Place | None:
        """Return the place of a queue by its name; the more is known of a planned name, the earlier it is tried."""
        if name in self._named:
            return self._place(self._named[name], name, ())
        for queue in self._families:
            values = fit(queue.name, name)
            if values is not None:
                return self._place(queue, name, values)
        return None

    def origin(self, subject: str) -> tuple[str, str] | None:
        """Return the exchange and the routing key that a subject stands for."""
        for exchange in self._by_subject:
            key = subjects.key_below(exchange.subject, subject)
            if key is not None:
                return exchange.name, key
        for queue in (*self._named.values(), *self._families):
            found = fit(queue.subject, subject) if queue.subject else None
            if found is not None and not any("." in each for each in found):
                try:
                    return "", filled(queue.name, tuple(map(subjects.word, found)))
                except ValueError:
                    continue
        return None

    def takers(self, stream: str) -> Iterator[tuple[Queue, tuple[str, ...]]]:
        """Yield the queues in streams that are filled from another one, each with the filters of what is taken."""
        for queue in self.queues:
            planned = self.stream(queue.stream)
            sources = planned.config.get("sources", ()) if planned else ()
            wanted = [source for source in sources if source["name"] == stream]
            if wanted:
                yield queue, tuple(filter_ for source in wanted for filter_ in _sourced(source))

    def takes(self, stream: str, subject: str) -> bool:
        """Tell whether a planned stream takes a subject."""
        planned = self.stream(stream)
        return planned is not None and any(
            subjects.within(subject, each) for each in planned.config.get("subjects", ())
        )

    def _place(self, queue: Queue, name: str, values: tuple[str, ...]) -> Place:
        tokens = tuple(map(subjects.token, values))
        subject, consumer = filled(queue.subject, tokens), filled(queue.consumer, tokens)
        given = queue.filters or tuple(queue.config.get("filter_subjects") or ())
        one = queue.config.get("filter_subject")
        own = [subject] if subject and self.takes(queue.stream, subject) else []
        return Place(
            name=name,
            subject=subject,
            consumer=consumer if len(consumer) <= _LONGEST_CONSUMER else subjects.asset_name(name),
            stream=queue.stream,
            filters=subjects.without_subsets(own + [filled(each, tokens) for each in given or ((one,) if one else ())]),
            bindings=tuple(
                (exchange, filled(binding.routing_key, values))
                for binding in self.bindings
                for exchange in [self.exchange(binding.exchange)]
                if binding.queue == queue.name and exchange is not None
            ),
            dead_letter_exchange=queue.dead_letter_exchange,
            dead_letter_routing_key=queue.dead_letter_routing_key,
            config=queue.config,
        )


def filled(name: Name, values: tuple[str, ...]) -> str:
    """Return a name with its holes filled, in order; what there is no value for stays empty."""
    if isinstance(name, str):
        return name
    left = iter(values)
    return "".join(next(left, "") if part is None else part for part in name)


def fit(name: Name, text: str) -> tuple[str, ...] | None:
    """Return the values of a name's holes with which it is this text; each takes as little as it can."""
    parts = (name,) if isinstance(name, str) else name
    if not parts:
        return None if text else ()
    first, rest = parts[0], parts[1:]
    if first is not None:
        return fit(rest, text[len(first) :]) if text.startswith(first) else None
    if not rest:
        return (text,) if text else None
    for at in range(1, len(text) + 1):
        found = fit(rest, text[at:])
        if found is not None:
            return (text[:at], *found)
    return None


def _known(queue: Queue) -> int:
    return len("".join(filter(None, queue.name)))


def _sourced(source: Mapping[str, Any]) -> tuple[str, ...]:
    transformed = tuple(str(each["src"]) for each in source.get("subject_transforms", ()))
    given = source.get("filter_subject")
    return transformed or ((str(given),) if given else (">",))
