# Made by natsscan generate python-amqp; written anew when it runs again.
"""The plan of the tests. It is copied into the package, where its imports are true."""

from __future__ import annotations

from typing import Any

from .plan import Binding, Exchange, Plan, Queue, Stream

SECOND = 1_000_000_000


def consumer(name: str, **changed: Any) -> dict[str, Any]:
    config = {
        "durable_name": name,
        "deliver_policy": "new",
        "ack_policy": "explicit",
        "ack_wait": 1800 * SECOND,
        "max_deliver": -1,
        "max_ack_pending": -1,
        "replay_policy": "instant",
    }
    return {key: value for key, value in {**config, **changed}.items() if value is not None}


def stream(name: str, subjects: list[str], retention: str, **changed: Any) -> Stream:
    config = {
        "name": name,
        "subjects": subjects,
        "retention": retention,
        "max_consumers": -1,
        "max_msgs": -1,
        "max_bytes": 1073741824,
        "max_age": 0,
        "max_msgs_per_subject": -1,
        "max_msg_size": -1,
        "storage": "file",
        "discard": "new",
        "num_replicas": 1,
        "duplicate_window": 120 * SECOND,
    }
    return Stream(name, {key: value for key, value in {**config, **changed}.items() if value is not None})


def work(name: str, subject: str, **changed: Any) -> Queue:
    """Return a queue of the stream in which all are that nothing is bound to."""
    config = consumer(name, deliver_policy="all")
    return Queue(**{"name": name, "subject": subject, "consumer": name, "stream": "Q", "config": config, **changed})


PLAN = Plan(
    exchanges=(
        Exchange("orders", "topic", "x.orders", "X_orders"),
        Exchange("news", "fanout", "x.news", "X_news"),
        Exchange("jobs", "direct", "x.jobs", "X_jobs"),
        Exchange("dead.letters", "fanout", "x.dead=2Eletters", "X_dead"),
        Exchange("events", "topic", "x.events", "X_events"),
    ),
    queues=(
        work("work", "q.work"),
        work("answers", "q.answers"),
        work("short", "q.short"),
        work("brittle", "q.brittle", config=consumer("brittle", deliver_policy="all", ack_wait=2 * SECOND)),
        work("careful", "q.careful", dead_letter_exchange="dead.letters"),
        work(
            "limited",
            "q.limited",
            dead_letter_exchange="",
            dead_letter_routing_key="work",
            config=consumer("limited", deliver_policy="all", max_deliver=3),
        ),
        work("mine", "q.mine", config=consumer("mine", durable_name=None, deliver_policy="all")),
        work("passing", "q.passing"),
        Queue("full", "full.full", "full", "Q_full", config=consumer("full", deliver_policy="all")),
        Queue(
            ("inbox.", None), ("q.inbox=2E", None), ("inbox=2E", None), "Q", config=consumer("", deliver_policy="all")
        ),
        Queue(
            "orders.eu",
            "q.orders=2Eeu",
            "orders=2Eeu",
            "X_orders",
            ("x.orders.eu.*", "x.orders.eu.*.>"),
            "dead.letters",
            "from.eu",
            consumer("orders=2Eeu"),
        ),
        Queue("orders.paid", "", "orders=2Epaid", "X_orders", ("x.orders.>",), config=consumer("orders=2Epaid")),
        Queue("orders.some", "", "orders=2Esome", "X_orders", ("x.orders.some",), config=consumer("orders=2Esome")),
        Queue("news.one", "", "news=2Eone", "X_news", ("x.news", "x.news.>"), config=consumer("news=2Eone")),
        Queue("news.two", "", "news=2Etwo", "X_news", ("x.news", "x.news.>"), config=consumer("news=2Etwo")),
        Queue("jobs", "", "jobs", "X_jobs", ("x.jobs.build",), config=consumer("jobs")),
        Queue("dead", "", "dead", "X_dead", ("x.dead=2Eletters", "x.dead=2Eletters.>"), config=consumer("dead")),
        Queue(
            "reports",
            "",
            "reports",
            "Q_reports",
            ("x.events.report", "x.events.report.>"),
            config=consumer("reports", deliver_policy="all"),
        ),
    ),
    bindings=(
        Binding("orders", "eu.*.#", "orders.eu"),
        Binding("orders", "#.paid", "orders.paid"),
        Binding("orders", "some", "orders.some"),
        Binding("news", "", "news.one"),
        Binding("news", "", "news.two"),
        Binding("jobs", "build", "jobs"),
        Binding("dead.letters", "", "dead"),
        Binding("events", "report.#", "reports"),
    ),
    streams=(
        stream("Q", ["q.*"], "workqueue", allow_msg_ttl=True),
        stream("Q_full", ["full.*"], "workqueue", max_msgs=2),
        stream("X_orders", ["x.orders", "x.orders.>", "q.orders=2Eeu.>"], "interest"),
        stream("X_news", ["x.news", "x.news.>"], "interest"),
        stream("X_jobs", ["x.jobs", "x.jobs.>"], "interest"),
        stream("X_dead", ["x.dead=2Eletters", "x.dead=2Eletters.>"], "interest"),
        stream("X_events", ["x.events", "x.events.>"], "limits", max_age=3600 * SECOND, discard="old"),
        Stream(
            "Q_reports",
            {
                "name": "Q_reports",
                "retention": "workqueue",
                "max_msgs": 5,
                "storage": "file",
                "discard": "old",
                "duplicate_window": 0,
                "sources": [
                    {"name": "X_events", "filter_subject": "x.events.report"},
                    {"name": "X_events", "filter_subject": "x.events.report.>"},
                ],
            },
        ),
    ),
)
