"""Names that look like slips of others."""

from __future__ import annotations

import pytest

from natsscan.fleet.alike import alike
from natsscan.model.span import Span
from natsscan.model.topology import Queue, Topology

AT = (Span("a/run.py", 0, 1, 1, 1, 1, 2),)


def pairs(loose: set[str], *names: str) -> list[tuple[str, str]]:
    queues = tuple(
        Queue(name, {}, {}, frozenset(), ("a/s",) if name in loose else ("a/s", "b/s"), AT) for name in names
    )
    return [(each.name, each.other) for each in alike(Topology(queues=queues), loose)]


@pytest.mark.parametrize(
    ("slip", "meant"),
    [
        ("order-evnts", "order-events"),
        ("order-eventts", "order-events"),
        ("order-evemts", "order-events"),
        ("order-evetns", "order-events"),
        ("inbox.{user}.mial", "inbox.{user}.mail"),
        ("orders", "order"),
    ],
)
def test_a_name_that_leads_nowhere_and_one_a_letter_away(slip: str, meant: str) -> None:
    assert pairs({slip}, slip, meant, "something-else") == [(slip, meant)]
    assert pairs(set(), slip, meant, "something-else") == []


@pytest.mark.parametrize(
    ("one", "other"), [("Orders", "orders"), ("order_events", "order-events"), ("a.b.cde", "a-b-cde")]
)
def test_case_and_separators_are_told_in_any_case(one: str, other: str) -> None:
    assert len(pairs(set(), one, other)) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("work-1", "work-2"),
        ("shard-10", "shard-1"),
        ("jobs.dev", "jobs.des"),
        ("jobs.XQ", "jobs.DQ"),
        ("mail", "male"),
        ("orders-created", "orders-updated"),
        ("{queue}", "{queu}"),
    ],
)
def test_what_is_another_name(one: str, other: str) -> None:
    assert pairs({one}, one, other) == []


def test_many_names_take_little_time() -> None:
    names = [f"team{number}.{word}" for number in range(2500) for word in ("orders", "bills", "mails", "jobs")]
    assert pairs(set(names[:5000]), *names) == []
