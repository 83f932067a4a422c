"""What a messaging system becomes: streams, consumers, subjects, and what is said of each property."""

from __future__ import annotations

from pathlib import Path

import pytest

from natsscan.catalog.catalog import Catalog, load_catalog
from natsscan.cli.mapping import map_paths
from natsscan.cli.options import Given
from natsscan.generate.facts import facts
from natsscan.model.errors import InputError
from natsscan.model.mapping import Fidelity, HoleRule, Words
from natsscan.model.topology import Exchange
from natsscan.nats.decisions import Decisions
from natsscan.nats.order import migration_order
from natsscan.nats.subjects import overlap
from natsscan.reports.inventory.flows import queue_parts
from tests.conftest import WIRE_MINI
from tests.nats.systems import (
    AT,
    binding,
    consumer,
    consumer_of,
    exchange,
    gap,
    mapped,
    passage,
    publisher,
    queue,
    stream,
    topology,
)


def test_an_exchange_is_a_stream_and_each_queue_bound_to_it_a_durable(catalog: Catalog) -> None:
    found = mapped(
        catalog,
        topology(
            exchange("orders", "topic"),
            queue("billing"),
            queue("audit"),
            binding("orders", "eu.*", "billing"),
            binding("orders", "*.paid", "billing"),
            binding("orders", "#", "audit"),
            publisher("orders", "eu.paid"),
        ),
    )
    assert [plan.name for plan in found.streams] == ["X_orders"]
    assert stream(found, "X_orders").config["subjects"] == ["x.orders", "x.orders.>"]
    assert stream(found, "X_orders").config["retention"] == "interest"
    assert consumer_of(found, "billing").config["filter_subjects"] == ["x.orders.*.paid", "x.orders.eu.*"]
    assert consumer_of(found, "audit").config["filter_subjects"] == ["x.orders", "x.orders.>"]
    assert consumer_of(found, "audit").config["ack_policy"] == "explicit"
    assert [(plan.subject, plan.stream, plan.discipline) for plan in found.publishers] == [
        ("x.orders.eu.paid", "X_orders", "jetstream")
    ]
    assert found.least_version == (2, 10)


def test_a_queue_without_bindings_is_a_work_queue_of_its_own(catalog: Catalog) -> None:
    found = mapped(catalog, topology(queue("jobs"), publisher("", "jobs"), consumer("jobs")))
    assert stream(found, "Q_jobs").config["retention"] == "workqueue"
    assert stream(found, "Q_jobs").config["subjects"] == ["q.jobs"]
    assert consumer_of(found, "jobs").config["filter_subject"] == "q.jobs"
    assert found.publishers[0].subject == "q.jobs"


def test_a_queue_bound_to_two_exchanges_brings_them_into_one_stream(catalog: Catalog) -> None:
    found = mapped(
        catalog,
        topology(exchange("a"), exchange("b"), queue("both"), binding("a", "k", "both"), binding("b", "k", "both")),
    )
    assert [plan.exchanges for plan in found.streams] == [("a", "b")]
    assert consumer_of(found, "both").config["filter_subjects"] == ["x.a.k", "x.b.k"]


@pytest.mark.parametrize(
    ("argument", "field", "value"),
    [
        ({"message_ttl": "60000"}, "max_age", 60 * 10**9),
        ({"max_length": "100"}, "max_msgs", 100),
        ({"max_length_bytes": "4096"}, "max_bytes", 4096),
        ({"overflow": "reject-publish"}, "discard", "new"),
    ],
)
def test_limits_of_a_queue_are_those_of_a_stream_of_its_own(
    catalog: Catalog, argument: dict[str, str], field: str, value: object
) -> None:
    found = mapped(catalog, topology(exchange("e"), queue("small", **argument), binding("e", "k", "small")))
    own = stream(found, "Q_small")
    assert own.config[field] == value
    assert own.config["sources"] == [{"name": "X_e", "filter_subject": "x.e.k"}]
    assert stream(found, "X_e").config["retention"] == "limits"


def test_the_duplicate_window_is_never_longer_than_messages_live(catalog: Catalog) -> None:
    found = mapped(catalog, topology(queue("short", message_ttl="1000"), publisher("", "short")))
    assert stream(found, "Q_short").config["duplicate_window"] == 10**9


def test_the_delivery_limit_counts_the_first_delivery_and_brings_the_mover(catalog: Catalog) -> None:
    found = mapped(catalog, topology(queue("tries", delivery_limit="5"), publisher("", "tries")))
    assert consumer_of(found, "tries").config["max_deliver"] == 6
    advisories = stream(found, "DLQ_ADVISORIES").config["subjects"]
    assert advisories == ["$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.Q_tries.>"]


def test_a_single_active_consumer_has_one_message_in_work_at_a_time(catalog: Catalog) -> None:
    system = topology(queue("one", single_active_consumer="true"), publisher("", "one"))
    new = consumer_of(mapped(catalog, system), "one").config
    old = mapped(catalog, system, server=(2, 10))
    assert new["max_ack_pending"] == 1
    assert "priority_policy" not in new  # most clients could not read it
    assert consumer_of(old, "one").config["max_ack_pending"] == 1
    assert gap(old, "queue-single-active-pinned").fidelity is Fidelity.NONE
    assert "2.11" in gap(old, "queue-single-active-pinned").advice


def test_dead_letters_go_to_the_subject_of_their_exchange(catalog: Catalog) -> None:
    found = mapped(
        catalog,
        topology(
            exchange("dead"),
            queue("dead-q"),
            binding("dead", "late", "dead-q"),
            queue("work", dead_letter_exchange="dead", dead_letter_routing_key="late"),
            publisher("", "work"),
        ),
    )
    letters = next(plan for plan in found.publishers if plan.discipline == "dead-letter")
    assert (letters.subject, letters.stream) == ("x.dead.late", "X_dead")
    waited = consumer_of(found, "work").config["ack_wait"]
    window = stream(found, "X_dead").config["duplicate_window"]
    assert isinstance(window, int) and isinstance(waited, int)
    assert window > waited, "rejected again after a crash, it leaves one copy"
    assert gap(found, "queue-dead-letter").fidelity is Fidelity.NONE
    assert gap(found, "queue-dead-letter").at[0].line == 7


def test_bindings_between_exchanges_are_put_together_and_a_cycle_comes_to_rest(catalog: Catalog) -> None:
    found = mapped(
        catalog,
        topology(
            exchange("all", "topic"),
            exchange("eu", "topic"),
            queue("paid"),
            passage("all", "eu.#", "eu"),
            passage("eu", "#", "all"),
            binding("eu", "*.paid", "paid"),
        ),
    )
    assert consumer_of(found, "paid").config["filter_subjects"] == ["x.all.eu.paid", "x.eu.*.paid"]
    assert gap(found, "binding-exchanges").fidelity is Fidelity.CONFIG


def test_a_hash_before_a_word_takes_too_much_and_says_so(catalog: Catalog) -> None:
    found = mapped(catalog, topology(exchange("e", "topic"), queue("q"), binding("e", "#.paid", "q")))
    assert not consumer_of(found, "q").is_exact
    assert consumer_of(found, "q").config["filter_subject"] == "x.e.>"
    assert gap(found, "binding-approximate").value == "#.paid"


def test_a_name_with_holes_is_a_family_whose_stream_takes_every_value(catalog: Catalog) -> None:
    found = mapped(
        catalog,
        topology(queue("inbox.{user}.{device}"), publisher("", "inbox.{u}.{d}"), consumer("inbox.{user}.{device}")),
    )
    assert stream(found, "Q_inbox").config["subjects"] == ["q.inbox.*.*"]
    assert consumer_of(found, "inbox.{user}.{device}").config["filter_subject"] == "q.inbox.{user}.{device}"
    assert found.publishers[0].subject == "q.inbox.{user}.{device}"


def test_families_that_would_take_each_others_subjects_share_a_stream(catalog: Catalog) -> None:
    found = mapped(
        catalog,
        topology(queue("a{x}.z"), queue("b.z"), publisher("", "a{x}.z"), publisher("", "b.z")),
    )
    assert len(found.streams) == 1
    subjects = [str(each) for plan in found.streams for each in plan.config["subjects"]]  # type: ignore[union-attr]
    assert not any(overlap(one, other) for at, one in enumerate(subjects) for other in subjects[at + 1 :])
    assert found.streams[0].config["retention"] == "interest"


def test_a_hole_that_is_split_may_be_many_tokens(catalog: Catalog) -> None:
    system = topology(queue("in.{where}"), publisher("", "in.{where}"))
    decisions = Decisions(holes={"where": HoleRule(Words.SPLIT)})
    assert stream(mapped(catalog, system, decisions), "Q_in").config["subjects"] == ["q.in.>"]


def test_a_name_that_nothing_is_known_of_is_said_and_not_mapped(catalog: Catalog) -> None:
    found = mapped(catalog, topology(queue("jobs"), publisher("", "jobs"), consumer("{queue}")))
    assert found.unmapped == ("{queue}",)
    assert gap(found, "name-unknown").about == "queue {queue}"
    assert "{queue}" not in found.queues


def test_a_queue_that_the_broker_names_is_a_consumer_that_comes_and_goes(catalog: Catalog) -> None:
    found = mapped(
        catalog,
        topology(
            exchange("e"),
            queue("", {"durable": "true", "exclusive": "true", "auto_delete": "true"}),
            binding("e", "k", "(temporary, server named)"),
            consumer("(temporary, server named)"),
        ),
    )
    plan = consumer_of(found, "(temporary, server named)")
    assert not plan.is_durable
    assert plan.config["name"] == "tmp-shop=2E{client}"
    assert plan.config["inactive_threshold"] == 30 * 10**9


@pytest.mark.parametrize("name", ["a b", "a*", ">", "$JS", "é", "a..b", ".", "x" * 300, "é" * 120, "50%", "a/b"])
def test_strange_names_become_valid_ones(catalog: Catalog, name: str) -> None:
    from natsscan.nats.escape import asset_name_problem
    from natsscan.nats.subjects import problem

    found = mapped(catalog, topology(exchange(name), queue(name), binding(name, name, name), publisher(name, name)))
    assert [asset_name_problem(plan.name) for plan in found.streams] == [None]
    assert asset_name_problem(consumer_of(found, name).name) is None
    assert problem(found.publishers[0].subject, wildcards=False) is None


def test_names_longer_than_amqp_takes_and_names_alike_but_for_case_are_told(catalog: Catalog) -> None:
    found = mapped(catalog, topology(queue("x" * 300), queue("Jobs"), queue("jobs")))
    assert "300 bytes" in gap(found, "name-too-long").property
    assert gap(found, "name-differs-in-case").about == "queue jobs"
    assert len({plan.name for plan in found.streams}) == 3


def test_a_property_that_no_rule_knows_is_a_gap(catalog: Catalog) -> None:
    found = mapped(catalog, topology(queue("q", made_up="7")))
    assert (gap(found, "unknown-property").property, gap(found, "unknown-property").value) == ("x-made-up", "7")


@pytest.mark.parametrize(
    ("properties", "rule", "fidelity"),
    [
        ({"delivery_mode": "NonPersistent or Persistent"}, "publish-mixed-delivery-mode", Fidelity.APPROX),
        ({"delivery_mode": "Persistent"}, "publish-persistent", Fidelity.CONFIG),
        ({"delivery_mode": "NonPersistent"}, "publish-transient", Fidelity.APPROX),
        ({"expiration": "0 or 5000"}, "publish-expiration-zero", Fidelity.NONE),
        ({"expiration": "0 or 5000"}, "publish-expiration", Fidelity.APPROX),
        ({"mandatory": "true"}, "publish-mandatory", Fidelity.APPROX),
        ({"user_id": "shop"}, "publish-user-id", Fidelity.NONE),
    ],
)
def test_properties_of_messages_say_what_becomes_of_them(
    catalog: Catalog, properties: dict[str, str], rule: str, fidelity: Fidelity
) -> None:
    found = mapped(catalog, topology(queue("q"), publisher("", "q", **properties)))
    assert gap(found, rule).fidelity is fidelity
    assert gap(found, rule).at[0].path == "src/Run.hs"


def test_expiring_messages_need_a_stream_that_lets_them_and_a_server_that_knows(catalog: Catalog) -> None:
    system = topology(queue("q"), publisher("", "q", expiration="5000"))
    assert stream(mapped(catalog, system), "Q_q").config["allow_msg_ttl"] is True
    assert mapped(catalog, system).least_version == (2, 11)
    old = mapped(catalog, system, server=(2, 10))
    assert "allow_msg_ttl" not in stream(old, "Q_q").config
    assert gap(old, "publish-expiration").fidelity is Fidelity.NONE
    assert old.least_version <= (2, 10)


def test_an_old_server_takes_one_filter_and_the_client_drops_the_rest(catalog: Catalog) -> None:
    system = topology(exchange("e"), queue("q"), binding("e", "a.x", "q"), binding("e", "b.x", "q"))
    found = mapped(catalog, system, server=(2, 9))
    assert consumer_of(found, "q").config["filter_subject"] == "x.e.*.x"
    assert not consumer_of(found, "q").is_exact
    assert gap(found, "filter-too-wide").value == "x.e.*.x"


@pytest.mark.parametrize(
    ("parts", "rule"),
    [
        ({"prefetch": "1"}, "consume-prefetch-one"),
        ({"prefetch": "500"}, "consume-prefetch"),
        ({"prefetch": None}, "consume-no-prefetch"),
        ({"ack": "NoAck"}, "consume-unacknowledged"),
        ({"requeue": ("false",)}, "consume-reject"),
        ({"requeue": ("false", "true")}, "consume-requeue"),
    ],
)
def test_how_a_queue_is_consumed_says_what_becomes_of_it(catalog: Catalog, parts: dict[str, object], rule: str) -> None:
    found = mapped(catalog, topology(queue("q"), consumer("q", **parts)))  # type: ignore[arg-type]
    assert gap(found, rule).advice


def test_decisions_are_obeyed(catalog: Catalog) -> None:
    system = topology(exchange("e"), queue("q"), binding("e", "k", "q"), publisher("e", "k"))
    decisions = Decisions(
        exchanges={"e": "shop.events"},
        consumers={"q": "reader"},
        streams={"X_e": "EVENTS"},
        stream_fields={"X_e": {"num_replicas": 5}},
        consumer_fields={"q": {"max_deliver": 3}},
    )
    found = mapped(catalog, system, decisions)
    assert stream(found, "EVENTS").config["subjects"] == ["shop.events", "shop.events.>"]
    assert stream(found, "EVENTS").config["num_replicas"] == 5
    plan = consumer_of(found, "q")
    assert (plan.name, plan.stream, plan.config["filter_subject"]) == ("reader", "EVENTS", "shop.events.k")
    assert plan.config["durable_name"] == "reader"
    assert plan.config["max_deliver"] == 3
    assert found.publishers[0].subject == "shop.events.k"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("  - {id: a, about: queue, when: {x-a: '('}, property: p, fidelity: none, advice: b}", "broken pattern"),
        ("  - {id: a, about: queue, when: {x-a: b}, property: p, fidelity: lost, advice: b}", "fidelity"),
        ("  - {id: queue-lazy, about: queue, when: {x-a: b}, property: p, fidelity: none, advice: b}", "defined twice"),
        (
            "  - {id: a, about: queue, when: {x-a: b}, property: p, fidelity: none, advice: b, stream: {replicas: 3}}",
            "replicas is no field",
        ),
    ],
)
def test_a_broken_rule_of_ones_own_is_told_with_its_line(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "own.yaml").write_text(f"kind: gaps\nid: own\ntitle: Own\nlinks: []\ngaps:\n{text}\n")
    with pytest.raises(InputError, match=r"own\.yaml:6: .*") as told:
        load_catalog((tmp_path,))
    assert says in str(told.value)


def test_a_rule_of_ones_own_knows_another_property(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(
        "kind: gaps\nid: own\ntitle: Own\nlinks: []\ngaps:\n"
        "  - {id: shard, about: queue, when: {x-shard: '\\d+'}, property: shards, fidelity: config, advice: Do it.,\n"
        "     consumer: {max_deliver: number}}\n"
    )
    found = mapped(load_catalog((tmp_path,)), topology(queue("q", shard="4"), publisher("", "q")))
    assert gap(found, "shard").value == "4"
    assert consumer_of(found, "q").config["max_deliver"] == 4


def test_priorities_are_levels_with_a_consumer_each(catalog: Catalog) -> None:
    found = mapped(catalog, topology(queue("jobs", max_priority="9"), publisher("", "jobs"), consumer("jobs")))
    assert [(plan.name, plan.config["filter_subject"]) for plan in found.consumers] == [
        ("jobs-0", "p.jobs.0"),
        ("jobs-4", "p.jobs.4"),
        ("jobs-9", "p.jobs.9"),
    ]
    assert stream(found, "Q_jobs").config["subjects"] == ["p.jobs.*"]
    assert found.publishers[0].subject == "p.jobs.{priority}"


def test_a_delayed_exchange_has_subjects_for_schedules_that_a_consumer_keeps(catalog: Catalog) -> None:
    late = Exchange(
        "late", {"exchange_type": "x-delayed-message"}, {"x-delayed-type": "topic"}, frozenset(), ("shop",), AT
    )
    system = topology(late, queue("q"), binding("late", "a.*", "q"), publisher("late", "a.b"))
    found = mapped(catalog, system)
    assert stream(found, "X_late").config["subjects"] == ["sched.late.>", "x.late", "x.late.>"]
    assert stream(found, "X_late").config["allow_msg_schedules"] is True
    assert [plan.config["filter_subject"] for plan in found.consumers] == ["sched.late.>", "x.late.a.*"]
    assert (found.publishers[0].discipline, found.publishers[0].schedule) == ("delayed", "sched.late.{id}")
    assert found.least_version == (2, 12)
    assert gap(mapped(catalog, system, server=(2, 11)), "exchange-delayed").fidelity is Fidelity.NONE


def test_a_request_carries_its_inbox_in_a_header(catalog: Catalog) -> None:
    found = mapped(catalog, topology(queue("rpc"), publisher("", "rpc", reply_to="{replies}"), consumer("rpc")))
    assert found.publishers[0].discipline == "request"
    assert "Reply-To" in gap(found, "publish-reply-to").advice


def test_how_to_publish_and_to_settle_is_told(catalog: Catalog) -> None:
    system = topology(
        queue("q"),
        publisher("", "q", expiration="5000", message_id="{id}"),
        consumer("q", requeue=("false", "true")),
    )
    found = mapped(catalog, system)
    assert [header.partition(":")[0].partition(",")[0] for header in found.publishers[0].headers] == [
        "Nats-TTL",
        "Message-Id",
    ]
    assert consumer_of(found, "q").settle == ("ack", "in progress while it takes long", "term", "nak with a delay")
    old = mapped(catalog, system, server=(2, 10))
    assert not any("Nats-TTL" in header for header in old.publishers[0].headers)


def test_gaps_of_publishers_and_consumers_are_found_with_the_queue_that_they_reach() -> None:
    found = map_paths((WIRE_MINI,), Given(), None, None)
    order = migration_order(found.report.topology, found.report.to_migrate.findings)
    wanted = {"publish-expiration", "publish-mixed-delivery-mode", "consume-requeue", "queue-dead-letter"}
    flows = facts(found.mapping, order, "wire-mini").flows
    assert wanted <= {gap.rule for flow in flows for gap in flow.gaps}
    parts = queue_parts(found.report.topology, found.mapping)
    assert wanted <= {gap.rule for part in parts for gap in part.gaps}
