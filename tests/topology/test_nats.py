from __future__ import annotations

import pytest

from natsscan.model.natsuse import NatsEnd, NatsRole, NatsUse
from natsscan.model.topology import Publisher, Queue, Topology
from natsscan.topology.nats import on_both


def nats(subject: str) -> NatsUse:
    return NatsUse((NatsEnd(NatsRole.PUBLISHES, subject, "app", (), "", ()),))


def queue(name: str) -> Topology:
    return Topology(queues=(Queue(name, {}, {}, frozenset(), (), ()),))


@pytest.mark.parametrize(
    ("name", "subject"),
    [
        ("user-notifications", "user-notifications"),
        ("user-notifications", "user-notifications.>"),
        ("user-notifications", "user-notifications.{user}.{client}"),
        ("user-notifications.{u}.{c}", "user-notifications.{user}.{client}"),
        ("user-notifications.{u}.{c}", "user-notifications.*.*"),
        ("backend.{domain}", "backend.{d}.>"),
    ],
)
def test_one_name_on_both_systems(name: str, subject: str) -> None:
    assert list(on_both(queue(name), nats(subject))) == [("queue", name, subject)]


@pytest.mark.parametrize(
    ("name", "subject"),
    [
        ("user-notifications", "user-notifications-old"),
        ("user-notifications", "user-notifications.dead"),
        ("user-notifications.dead", "user-notifications.>"),
        ("users", "feeds.>"),
        ("{queue}", "{subject}"),
        ("", "feeds"),
        ("(temporary, server named)", ">"),
    ],
)
def test_names_that_are_different(name: str, subject: str) -> None:
    assert list(on_both(queue(name), nats(subject))) == []


def test_a_routing_key_may_be_a_subject() -> None:
    topology = Topology(publishers=(Publisher("shop", "orders", "orders.new", {}, (), ()),))
    assert list(on_both(topology, nats("orders.new"))) == [("routing key", "orders.new", "orders.new")]
