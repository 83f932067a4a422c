"""Messaging systems of several repositories as one."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from natsscan.fleet.share import join, join_all, pack, unpack
from natsscan.model.fleet import Repository, Scanned, Share, Work
from natsscan.model.mapping import Beside
from natsscan.model.span import Span
from natsscan.model.topology import SERVER_NAMED, Binding, Consumer, Exchange, Publisher, Queue, Topology
from natsscan.topology.join import join as join_systems
from natsscan.topology.within import within


def at(line: int, path: str = "src/run.py") -> tuple[Span, ...]:
    return (Span(path, line, line + 1, line, 1, line, 2),)


def queue(name: str, line: int = 1, **properties: str) -> Queue:
    return Queue(name, {"durable": "true", **properties}, {}, frozenset(), ("worker",), at(line))


def system(*queues: Queue, repository: str) -> Topology:
    return within(Topology(queues=queues), repository)


def test_what_has_one_name_is_one_thing() -> None:
    whole = join_systems(system(queue("jobs"), repository="a"), system(queue("jobs", 7), repository="b"))
    (jobs,) = whole.queues
    assert jobs.services == ("a/worker", "b/worker")
    assert [(span.path, span.line) for span in jobs.at] == [("a/src/run.py", 1), ("b/src/run.py", 7)]


def test_holes_may_be_called_anything_beside_a_text() -> None:
    whole = join_systems(system(queue("inbox.{user}"), repository="a"), system(queue("inbox.{id}"), repository="b"))
    assert [each.name for each in whole.queues] == ["inbox.{id}"]


def test_what_only_a_program_names_is_its_own() -> None:
    one, other = (system(queue("{queue}"), queue(""), repository=name) for name in ("a", "b"))
    assert [each.name for each in join_systems(one, other).queues] == [
        f"{SERVER_NAMED} in a",
        f"{SERVER_NAMED} in b",
        "{queue@a}",
        "{queue@b}",
    ]


def test_a_service_that_is_the_repository_has_its_name() -> None:
    consumer = Consumer("worker", "{q}", "Ack", None, False, (), (), (), at(1), ())
    found = within(Topology(consumers=(consumer, replace(consumer, service="shop"))), "shop").consumers
    assert [each.service for each in found] == ["shop/worker", "shop"]


def test_the_default_exchange_is_everybodys() -> None:
    found = within(Topology(publishers=(Publisher("s", "", "{q}", {}, at(1), ()),)), "a").publishers[0]
    assert (found.exchange, found.routing_key) == ("", "{q@a}")


def test_contradictions_between_repositories_are_found_whatever_comes_first() -> None:
    systems = [
        system(queue("jobs", 1, durable="false"), repository="b"),
        system(queue("jobs", 2), repository="a"),
        system(queue("jobs", 3), repository="c"),
    ]
    for order in ([0, 1, 2], [2, 1, 0], [1, 2, 0]):
        first, second, third = (systems[place] for place in order)
        for whole in (
            join_systems(join_systems(first, second), third),
            join_systems(first, join_systems(second, third)),
        ):
            assert [(span.path, text) for span, text in whole.queues[0].conflicts] == [
                ("b/src/run.py", "durable false, not true")
            ]


# In any order

NAMES = st.sampled_from(["jobs", "inbox.{user}", "inbox.{id}", "{queue}", ""])
LINES = st.integers(1, 4)
QUEUES = st.builds(
    lambda name, line, durable: queue(name, line, durable=durable), NAMES, LINES, st.sampled_from(["true", "false"])
)
EXCHANGES = st.builds(
    lambda name, line, kind: Exchange(name, {"exchange_type": kind}, {}, frozenset(), ("s",), at(line)),
    NAMES, LINES, st.sampled_from(["topic", "direct"]),
)  # fmt: skip
BINDINGS = st.builds(lambda e, k, q, line: Binding(e, k, q, at(line)), NAMES, NAMES, NAMES, LINES)
PUBLISHERS = st.builds(lambda e, k, line: Publisher("s", e, k, {"line": str(line)}, at(line), ()), NAMES, NAMES, LINES)
CONSUMERS = st.builds(
    lambda q, line, ack: Consumer("s", q, ack, str(line), False, (), at(line), (), at(line), ()),
    NAMES, LINES, st.sampled_from(["Ack", "NoAck"]),
)  # fmt: skip
VALUES = st.dictionaries(st.sampled_from(["queue", "user"]), st.sampled_from([None, "x", "y"]))


@st.composite
def shares(draw: st.DrawFn) -> list[Share]:
    found = []
    for name in draw(st.lists(st.sampled_from("abcdefg"), unique=True, max_size=6)):
        parts = [draw(st.lists(each, max_size=3)) for each in (EXCHANGES, QUEUES, BINDINGS, PUBLISHERS, CONSUMERS)]
        # Of one repository, what has one name is one thing already.
        topology = Topology()
        for part in zip(*(each + [None] * (3 - len(each)) for each in parts), strict=True):
            single = [(x,) if x is not None else () for x in part]
            topology = join_systems(topology, Topology(*single))
        beside = Beside(draw(VALUES), {"rule": ((at(draw(LINES), f"{name}/x")[0], "v"),)})
        scanned = Scanned(Repository(name, f"/{name}"), "c", "2026-01-01", 1, 0, (Work(name, 1, 1, 1, 0),))
        found.append(Share((scanned,), within(topology, name), beside=beside))
    return found


@given(shares(), st.randoms())
def test_the_order_makes_no_difference(parts: list[Share], random: object) -> None:
    one = Share()
    for each in parts:
        one = join(one, each)
    shuffled = list(parts)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    other = Share()
    for each in reversed(shuffled):
        other = join(each, other)
    assert one == other == join_all(shuffled) == join_all(parts)
    assert unpack(pack(one)) == one
