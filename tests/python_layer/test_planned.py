"""What the plan and the server have already: kept, waited for, or refused."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from typing import Any

import pytest

from tests.python_layer.blocking import bodies, bound, channel_of, declare, exchange, put, take
from tests.python_layer.conftest import Side


def test_what_is_there_already_is_not_changed(nats: Side, layer: Any) -> None:
    async def ask(subject: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        import nats as client

        connection = await client.connect(nats.url)
        try:
            answer = await connection.request(f"$JS.API.{subject}", json.dumps(body or {}).encode(), timeout=5)
            return dict(json.loads(answer.data))
        finally:
            await connection.close()

    own = {
        "name": "Q",
        "subjects": ["q.*"],
        "retention": "workqueue",
        "description": "somebody's",
        "allow_msg_ttl": True,
    }
    asyncio.run(ask("STREAM.CREATE.Q", own))
    config = {"durable_name": "work", "ack_policy": "explicit", "ack_wait": 7_000_000_000, "filter_subject": "q.work"}
    asyncio.run(ask("CONSUMER.CREATE.Q.work", {"stream_name": "Q", "config": {**config, "name": "work"}}))
    with channel_of(nats) as channel:
        declare(channel, "work")
        put(channel, "work", "x")
        assert bodies(channel, "work") == ["x"]
        channel.queue_declare("inbox.ann", durable=True)
    assert asyncio.run(ask("STREAM.INFO.Q"))["config"]["description"] == "somebody's"
    found = asyncio.run(ask("CONSUMER.INFO.Q.work"))["config"]
    assert found["ack_wait"] == 7_000_000_000
    made = asyncio.run(ask("CONSUMER.INFO.Q.inbox=2Eann"))["config"]
    assert (made["ack_wait"], made["ack_policy"], made["filter_subjects"]) == (
        30_000_000_000,
        "explicit",
        ["q.inbox=2Eann"],
    )


def test_a_queue_with_limits_of_its_own(nats: Side) -> None:
    """It is filled from the exchange's stream, with what is published once it is there."""
    with channel_of(nats) as channel:
        channel.confirm_delivery()
        exchange(channel, "events")
        with pytest.raises(nats.pika.exceptions.UnroutableError):
            channel.basic_publish("events", "report.early", b"early", mandatory=True)
        time.sleep(1.1)
        bound(channel, "events", "reports", "report.#", **{"x-max-length": 5})
        for number in range(8):
            channel.basic_publish("events", f"report.{number}", str(number).encode(), mandatory=True)
        channel.basic_publish("events", "other", b"other")
        time.sleep(0.5)
        found = take(channel, "reports")
        assert [(m.exchange, m.routing_key, b) for m, _, b in found] == [
            ("events", f"report.{number}", str(number).encode()) for number in range(3, 8)
        ]
        channel.queue_delete("reports")
        with pytest.raises(nats.pika.exceptions.UnroutableError):
            channel.basic_publish("events", "report.late", b"late", mandatory=True)


def test_who_publishes_waits_while_there_is_no_room(nats: Side, layer: Any) -> None:
    async def make() -> None:
        import nats as client

        connection = await client.connect(nats.url)
        config = {"name": "Q", "subjects": ["q.*"], "retention": "workqueue", "discard": "new", "max_msgs": 2}
        await connection.request("$JS.API.STREAM.CREATE.Q", json.dumps(config).encode(), timeout=5)
        await connection.close()

    asyncio.run(make())
    with nats.connect() as connection, channel_of(nats) as other:
        told: list[str] = []
        connection.add_on_connection_blocked_callback(lambda _connection, frame: told.append(frame.method.reason))
        connection.add_on_connection_unblocked_callback(lambda *_: told.append("goes on"))
        channel = connection.channel()
        declare(channel, "work")
        put(channel, "work", "a", "b")
        timer = threading.Timer(0.8, lambda: other.basic_get("work", auto_ack=True))
        timer.start()
        began = time.monotonic()
        put(channel, "work", "c")
        assert time.monotonic() - began > 0.5
        timer.join()
        connection.process_data_events(1)
        assert "maximum messages" in told[0] and told[1] == "goes on"
        assert bodies(channel, "work") == ["b", "c"]


def test_who_may_be_refused_is(nats: Side) -> None:
    with channel_of(nats) as channel:
        declare(channel, "full", **{"x-max-length": 2, "x-overflow": "reject-publish"})
        put(channel, "full", "a", "b", "dropped")
        channel.confirm_delivery()
        with pytest.raises(nats.pika.exceptions.NackError):
            put(channel, "full", "c")
        assert bodies(channel, "full") == ["a", "b"]


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("nowhere", {}, "no queue 'nowhere' in the plan"),
        ("work", {"x-max-priority": 5}, "x-max-priority"),
        ("work", {"x-dead-letter-exchange": "dead.letters"}, "does not have x-dead-letter-exchange"),
        ("work", {"x-message-ttl": 1000}, "x-message-ttl"),
        ("work", {"x-queue-type": "stream"}, "x-queue-type"),
        ("work", {"x-whatever": 1}, "x-whatever"),
        ("work", {"x-single-active-consumer": True}, "x-single-active-consumer"),
        ("limited", {"x-delivery-limit": 9}, "x-delivery-limit"),
        ("full", {"x-overflow": "drop-head"}, "x-overflow"),
    ],
)
def test_what_the_plan_does_not_have_is_refused(nats: Side, name: str, given: dict[str, Any], said: str) -> None:
    with channel_of(nats) as channel, pytest.raises(nats.pika.exceptions.ChannelClosedByBroker, match=said):
        channel.queue_declare(name, durable=True, arguments=given)


def test_what_cannot_be_kept_is_refused(nats: Side) -> None:
    pika = nats.pika
    with nats.connect() as connection:
        for said, action in {
            "headers": lambda channel: channel.exchange_declare("orders", "headers"),
            "internal": lambda channel: channel.exchange_declare("orders", "topic", internal=True),
            "alternate-exchange": lambda channel: channel.exchange_declare(
                "orders", "topic", arguments={"alternate-exchange": "x"}
            ),
            "no exchange 'nowhere' in the plan": lambda channel: channel.basic_publish("nowhere", "", b""),
            "no queue 'nobody' in the plan": lambda channel: channel.basic_publish("", "nobody", b""),
            "prefetch": lambda channel: channel.basic_qos(prefetch_count=1, global_qos=True),
            "exclusive consumers": lambda channel: channel.basic_consume("work", lambda *_: None, exclusive=True),
            "x-priority": lambda channel: channel.basic_consume("work", lambda *_: None, arguments={"x-priority": 1}),
            "x-match": lambda channel: channel.queue_bind("work", "orders", "", arguments={"x-match": "all"}),
            "CC": lambda channel: put(channel, "work", "x", headers={"CC": ["short"]}),
            "no filter says": lambda channel: channel.queue_bind("orders.some", "orders", "#.x"),
            "filled by what the plan binds": lambda channel: channel.queue_bind("reports", "events", "other"),
            "is not filled|is filled": lambda channel: channel.queue_bind("work", "orders", "x"),
            "does not become a dead letter": lambda channel: put(channel, "careful", "x", expiration="10"),
            "larger than": lambda channel: put(channel, "work", "x" * 2_000_000),
            "invalid expiration": lambda channel: put(channel, "work", "x", expiration="soon"),
            "allow_msg_ttl": lambda channel: put(channel, "full", "x", expiration="1000"),
        }.items():
            channel = connection.channel()
            declare(channel, "work", "inbox.ann", "full", "orders.some")
            declare(channel, "careful", **{"x-dead-letter-exchange": "dead.letters"})
            channel.exchange_declare("orders", "topic", durable=True)
            channel.queue_declare("reports", durable=True)
            with pytest.raises(pika.exceptions.AMQPChannelError, match=said):
                action(channel)
