"""Where publishers send to, and where dead letters go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from natsscan.model.mapping import Discipline, PublisherPlan, StreamPlan
from natsscan.model.topology import Publisher
from natsscan.nats.families import Family
from natsscan.nats.names import HoleRules, subject
from natsscan.topology.shapes import shape

_OWN_KEY = "{its own key}"
_NO_REPLY = ("none", "Nothing", "")


@dataclass(frozen=True, slots=True)
class Ways:
    """What leads a message to its stream: subjects of exchanges and queues, and the streams that hold them.

    `queues` go by the shapes of their names; `delays` are the subjects of schedules, by exchange. Queues that are not
    known have their subjects below `queue_root`.
    """

    exchanges: Mapping[str, str]
    queues: Mapping[str, Family]
    delays: Mapping[str, str]
    holders: Mapping[tuple[str, str], str]
    queue_root: str
    rules: HoleRules

    def to(self, exchange: str, key: str) -> tuple[str, str]:
        """Return subject and stream of what is published to an exchange under a key, either empty if there is none."""
        if exchange:
            root = self.exchanges.get(exchange, "")
            return (subject(root, key, self.rules) if root else "", self.holders.get(("exchange", exchange), ""))
        family = self.queues.get(shape(key))
        if family is None:
            return subject(self.queue_root, key, self.rules), ""
        return family.subject, self.holders.get(("queue", family.name), "")


def ways(
    exchanges: Mapping[str, str],
    families: Iterable[Family],
    delays: Mapping[str, str],
    streams: Iterable[StreamPlan],
    queue_root: str,
    rules: HoleRules,
) -> Ways:
    """Return the ways of messages to streams."""
    holders: dict[tuple[str, str], str] = {}
    for stream in streams:
        holders |= {("exchange", name): stream.name for name in stream.exchanges}
        holders |= {("queue", name): stream.name for name in stream.queues}
    return Ways(exchanges, {shape(f.name): f for f in families}, delays, holders, queue_root, rules)


def publisher_plan(publisher: Publisher, headers: tuple[str, ...], ways: Ways) -> PublisherPlan:
    """Return where a publisher sends to; without a stream that holds it nobody would get it on RabbitMQ either."""
    to, holder = ways.to(publisher.exchange, publisher.routing_key)
    schedule = f"{ways.delays[publisher.exchange]}.{{id}}" if publisher.exchange in ways.delays else ""
    if schedule:
        discipline = Discipline.DELAYED
    elif publisher.properties.get("reply_to", "none") not in _NO_REPLY:
        discipline = Discipline.REQUEST
    else:
        discipline = Discipline.JETSTREAM if holder else Discipline.CORE
    return PublisherPlan(
        service=publisher.service,
        exchange=publisher.exchange,
        routing_key=publisher.routing_key,
        subject=to,
        stream=holder,
        discipline=discipline,
        at=publisher.at,
        schedule=schedule,
        headers=headers,
    )


def dead_letter_plans(families: Iterable[Family], ways: Ways) -> list[PublisherPlan]:
    """Return where whoever rejects a message of a queue publishes it to."""
    found = []
    for family in families:
        if family.dead_letter is None:
            continue
        exchange, key = family.dead_letter
        to, holder = ways.to(exchange, key or _OWN_KEY)
        at = tuple(span for queue in family.declared for span in queue.at)
        services = ", ".join(family.services)
        found.append(PublisherPlan(services, exchange, key or _OWN_KEY, to, holder, Discipline.DEAD_LETTER, at))
    return found
