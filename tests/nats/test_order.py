"""The order of the migration, and where an order that people state breaks it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from natsscan.cli.mapping import map_paths
from natsscan.cli.options import Given
from natsscan.model.finding import Category, Finding, Severity
from natsscan.model.order import Mismatch, Part
from natsscan.model.topology import Consumer, Publisher, Topology
from natsscan.model.usage import Operation, Tier, Usage
from natsscan.nats.order import compare_order, migration_order, stated_order
from tests.conftest import WIRE_MINI
from tests.nats.systems import AT, consumer, publisher, queue, topology


def sends(service: str, key: str) -> Publisher:
    return replace(publisher("", key), service=service)


def reads(service: str, name: str) -> Consumer:
    return replace(consumer(name), service=service)


def calls(service: str, symbol: str, path: str, tier: Tier = Tier.INDIRECT) -> Finding:
    at = replace(AT[0], path=path)
    usage = Usage(Operation.PUBLISH, True, symbol, "a-library", "haskell", tier, at, "f", service, ())
    return Finding("", "amqp-publish", Category.MANDATORY, Severity.ERROR, 2, "", usage, "", "rabbitmq")


def names(system: Topology, *findings: Finding) -> list[str]:
    return [step.name for step in migration_order(system, findings)]


CHAIN = topology(queue("a"), queue("b"), sends("front", "a"), reads("middle", "a"), sends("middle", "b"), reads("end", "b"))  # fmt: skip
RING = topology(
    *(queue(each) for each in "abc"),
    *(sends("x", "a"), reads("y", "a"), sends("y", "b"), reads("x", "b"), sends("y", "c"), reads("z", "c")),
)


def test_a_consumer_moves_before_who_publishes_to_it() -> None:
    assert names(CHAIN) == ["end", "middle", "front"]
    middle = migration_order(CHAIN, ())[1]
    assert middle.reason == "It moves after end, which it publishes to, and before front, whose messages it consumes."
    assert (middle.consumes, middle.publishes, len(middle.flows)) == (("a",), ("b",), 2)


def test_of_those_that_can_move_the_one_with_the_fewest_flows_does_then_by_name() -> None:
    system = topology(
        queue("a"), queue("b"), queue("own"),
        sends("one", "a"), sends("two", "a"), reads("many", "a"), sends("one", "b"), reads("few", "b"),
        sends("alone", "own"), reads("alone", "own"),
    )  # fmt: skip
    assert names(system) == ["alone", "few", "many", "two", "one"]
    assert migration_order(system, ())[0].reason == "No queue ties it to another service, so it can move alone."


def test_a_cycle_is_broken_where_it_has_the_fewest_flows_and_that_is_said() -> None:
    assert names(RING) == ["z", "x", "y"]
    assert "of this cycle it has the fewest flows (2)" in migration_order(RING, ())[1].reason


def test_a_dead_letter_flows_from_who_rejects_it() -> None:
    system = topology(
        queue("work", x="", dead_letter_exchange="", dead_letter_routing_key="dead"), queue("dead"),
        reads("worker", "work"), reads("watcher", "dead"),
    )  # fmt: skip
    assert names(system) == ["watcher", "worker"]


def test_libraries_move_first_and_their_users_publish_what_they_do() -> None:
    system = topology(queue("a"), sends("lib", "a"), reads("reader", "a"))
    found = migration_order(
        system,
        (
            calls("lib", "Network.AMQP.publishMsg", "libs/lib/src/Lib/Push.hs", Tier.DIRECT),
            calls("user", "Lib.Push.push", "services/user/src/User.hs"),
        ),
    )
    assert [(step.name, step.part) for step in found] == [
        ("lib", Part.LIBRARY),
        ("reader", Part.SERVICE),
        ("user", Part.SERVICE),
    ]
    assert found[0].reason == "user calls AMQP through it."
    assert found[2].reason == "It moves after reader, which it publishes to through lib."
    assert (found[2].usages, found[2].effort) == (1, 2)


def test_what_only_configures_is_no_part() -> None:
    config = calls("charts", "rabbitmq.host", "charts/values.yaml", Tier.DIRECT)
    assert names(CHAIN, replace(config, usage=replace(config.usage, library="rabbitmq"))) == ["end", "middle", "front"]


@pytest.mark.parametrize("written", ["end → middle → front", "End -> `middle` => front.", "end → middle/front"])
def test_an_order_that_keeps_the_rules_has_no_difference(written: str) -> None:
    assert compare_order(stated_order(written), CHAIN, ()) == ()


def test_the_difference_is_told_with_its_reason() -> None:
    early, unknown = compare_order(stated_order("middle → end → front → elsewhere"), CHAIN, ())
    assert (early.kind, early.name, early.after) == (Mismatch.EARLY, "middle", "end")
    assert early.reason == "end consumes b, which middle fills; end can read both brokers until middle has moved."
    assert (unknown.kind, unknown.name) == (Mismatch.UNKNOWN, "elsewhere")


def test_what_is_left_out_is_told_and_a_cycle_may_go_either_way() -> None:
    assert [each.kind for each in compare_order(("z", "y", "x"), RING, ())] == []
    assert [(d.kind, d.name) for d in compare_order(("y", "x"), RING, ())] == [(Mismatch.MISSING, "z")]


def test_wire_mini() -> None:
    found = map_paths((WIRE_MINI,), Given(), None, None)
    findings = found.report.to_migrate.findings
    steps = {step.name: at for at, step in enumerate(migration_order(found.report.topology, findings))}
    assert (
        steps["extended"] < steps["wire-subsystems"] < steps["background-worker"] < steps["cannon"] < steps["gundeck"]
    )
    assert steps["background-worker"] < steps["brig"]
    stated = stated_order("background-worker → gundeck → cannon → brig/galley")
    wrong = [d for d in compare_order(stated, found.report.topology, findings) if d.kind is Mismatch.EARLY]
    assert [(d.name, d.after) for d in wrong] == [("gundeck", "cannon")]


def test_it_is_the_same_whatever_the_order_of_what_is_given(tmp_path: Path) -> None:
    back = topology(*reversed(RING.queues), *reversed(RING.publishers), *reversed(RING.consumers))
    assert migration_order(back, ()) == migration_order(RING, ())
