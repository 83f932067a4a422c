"""What code with pika sends, and who gets it: the same on both brokers."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.python_layer.blocking import (
    DEAD_EU,
    bodies,
    bound,
    channel_of,
    declare,
    poll,
    put,
    take,
)
from tests.python_layer.conftest import Side


def test_properties_and_headers_come_as_they_went(side: Side) -> None:
    headers = {
        "text": "plain", "Grüße": "näh", "blank": "", "edge": " x ", "line": "a\nb", "yes": True, "small": 7,
        "large": 2**40, "negative": -3, "none": None, "price": Decimal("12.50"), "list": [1, "two", [True]],
        "table": {"inner": {"deep": "x"}}, "when": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "raw": b"\xff\x00",
        "Content-Type": "mine", "Nats-Own": "x",
    }  # fmt: skip
    given: dict[str, Any] = {
        "content_type": "text/plain", "content_encoding": "identity", "headers": headers, "delivery_mode": 2,
        "correlation_id": "c 1", "reply_to": "answers", "message_id": "m\n1", "timestamp": 1700000000, "type": "t",
        "app_id": "a", "cluster_id": "",
    }  # fmt: skip
    with channel_of(side) as channel:
        declare(channel, "work")
        put(channel, "work", "hello", **given)
        ((method, properties, body),) = take(channel, "work")
        assert (body, method.exchange, method.routing_key, method.redelivered) == (b"hello", "", "work", False)
        for name, value in given.items():
            assert getattr(properties, name) == value, name
        assert all(isinstance(value, type(headers[name])) for name, value in properties.headers.items())
        put(channel, "work", "bare")
        ((_, properties, _),) = take(channel, "work")
        assert properties.headers is None and properties.content_type is None and properties.delivery_mode is None


def test_every_queue_gets_a_copy(side: Side) -> None:
    with channel_of(side) as channel:
        bound(channel, "news", "news.one", "")
        bound(channel, "news", "news.two", "")
        channel.basic_publish("news", "any.key", b"x")
        channel.basic_publish("news", "", b"y")
        for queue in ("news.one", "news.two"):
            found = take(channel, queue)
            assert [(m.exchange, m.routing_key, b) for m, _, b in found] == [
                ("news", "any.key", b"x"),
                ("news", "", b"y"),
            ]


def test_topics_and_keys(side: Side) -> None:
    with channel_of(side) as channel:
        bound(channel, "orders", "orders.eu", "eu.*.#", **DEAD_EU)
        bound(channel, "orders", "orders.paid", "#.paid")
        bound(channel, "jobs", "jobs", "build")
        for key in ("eu", "eu.de", "eu.de.paid", "us.paid", "us.paid.late", "eu.a b*", "paid", "", "eu..x"):
            channel.basic_publish("orders", key, key.encode())
        for key in ("build", "build.more", "test", ""):
            channel.basic_publish("jobs", key, key.encode())
        assert bodies(channel, "orders.eu") == ["eu.de", "eu.de.paid", "eu.a b*", "eu..x"]
        assert bodies(channel, "orders.paid") == ["eu.de.paid", "us.paid", "paid"]
        assert bodies(channel, "jobs") == ["build"]


def test_who_asks_for_it_hears_that_nobody_gets_a_message(side: Side) -> None:
    pika = side.pika
    with channel_of(side) as channel:
        bound(channel, "orders", "orders.paid", "#.paid")
        returned: list[Any] = []
        channel.add_on_return_callback(lambda *told: returned.append(told))
        properties = pika.BasicProperties(message_id="m")
        channel.basic_publish("orders", "nobody", b"x", properties, mandatory=True)
        channel.basic_publish("", "work", b"x", mandatory=True)
        channel.connection.process_data_events(1)
        channel.connection.sleep(0.2)
        assert [(m.reply_code, m.reply_text, m.exchange, m.routing_key, b) for _, m, _, b in returned] == [
            (312, "NO_ROUTE", "orders", "nobody", b"x"), (312, "NO_ROUTE", "", "work", b"x"),
        ]  # fmt: skip
        assert returned[0][0] is channel and returned[0][2].message_id == "m"
        channel.confirm_delivery()
        with pytest.raises(pika.exceptions.UnroutableError) as caught:
            channel.basic_publish("orders", "us.unpaid", b"y", mandatory=True)
        (message,) = caught.value.messages
        assert (message.body, message.method.routing_key) == (b"y", "us.unpaid")
        channel.basic_publish("orders", "us.paid", b"z", mandatory=True)
        channel.basic_publish("orders", "nobody", b"z")
        assert bodies(channel, "orders.paid") == ["us.paid", "z"][1:]


def test_who_is_not_there_gets_nothing_later(side: Side) -> None:
    """What is sent to a queue that nobody has declared does not wait for it."""
    with channel_of(side) as channel:
        put(channel, "work", "too soon")
        declare(channel, "work")
        put(channel, "work", "in time")
        assert bodies(channel, "work") == ["in time"]
        channel.queue_delete("work")
        put(channel, "work", "too late")
        declare(channel, "work")
        assert bodies(channel, "work") == []


def test_questions_and_answers(side: Side) -> None:
    pika = side.pika

    def serve() -> None:
        with channel_of(side) as channel:
            declare(channel, "answers")

            def answer(channel: Any, method: Any, properties: Any, body: bytes) -> None:
                reply = pika.BasicProperties(correlation_id=properties.correlation_id)
                channel.basic_publish("", properties.reply_to, body.upper(), reply)
                channel.basic_publish("", "amq.gen-nobody", body)
                channel.basic_ack(method.delivery_tag)
                channel.stop_consuming()

            channel.basic_consume("answers", answer)
            ready.set()
            channel.start_consuming()

    ready = threading.Event()
    thread = threading.Thread(target=serve)
    thread.start()
    assert ready.wait(5)
    with channel_of(side) as channel:
        queue = channel.queue_declare("", exclusive=True).method.queue
        assert queue.startswith("amq.gen-")
        found: list[Any] = []
        channel.basic_consume(
            queue, lambda _c, m, p, body: found.append((m.routing_key, p.correlation_id, body)), auto_ack=True
        )
        put(channel, "answers", "what", reply_to=queue, correlation_id="7")
        ends = time.monotonic() + 5
        while not found and time.monotonic() < ends:
            channel.connection.process_data_events(time_limit=1)
        assert found == [(queue, "7", b"WHAT")]
    thread.join(5)
    with channel_of(side) as channel, pytest.raises(pika.exceptions.ChannelClosedByBroker) as caught:
        channel.queue_declare(queue, passive=True)
    assert caught.value.reply_code == (405 if side.is_nats else 404)


def test_direct_answers(side: Side) -> None:
    pika = side.pika
    with channel_of(side) as channel, channel_of(side) as server:
        declare(server, "answers")
        found: list[Any] = []
        with pytest.raises(pika.exceptions.ChannelClosedByBroker), channel_of(side) as hasty:
            hasty.confirm_delivery()
            put(hasty, "answers", "x", reply_to="amq.rabbitmq.reply-to")
        channel.basic_consume("amq.rabbitmq.reply-to", lambda _c, _m, _p, body: found.append(body), auto_ack=True)
        put(channel, "answers", "what", reply_to="amq.rabbitmq.reply-to")
        method, properties, _ = poll(server, "answers")
        assert properties.reply_to != "amq.rabbitmq.reply-to"
        server.basic_publish("", properties.reply_to, b"that")
        server.basic_ack(method.delivery_tag)
        channel.connection.process_data_events(2)
        assert found == [b"that"]


def test_what_cannot_be_ends_the_channel(side: Side) -> None:
    pika = side.pika
    with side.connect() as connection:

        def fails(code: int, action: Any) -> None:
            channel = connection.channel()
            channel.confirm_delivery()
            with pytest.raises(pika.exceptions.ChannelClosedByBroker) as caught:
                action(channel)
                connection.process_data_events(1)
                channel.queue_declare("work", durable=True)
            assert caught.value.reply_code == code and caught.value.reply_text
            assert channel.is_closed and not channel.is_open
            with pytest.raises(pika.exceptions.ChannelWrongStateError):
                channel.basic_publish("", "work", b"")

        fails(404, lambda channel: channel.queue_declare("work", passive=True))
        fails(404, lambda channel: channel.basic_publish("orders", "x", b""))
        fails(404, lambda channel: channel.exchange_declare("orders", passive=True))
        fails(404, lambda channel: channel.basic_consume("work", lambda *_: None))
        fails(406, lambda channel: channel.basic_ack(17))
        connection.channel().exchange_declare("orders", "topic", durable=True)
        fails(406, lambda channel: channel.exchange_declare("orders", "direct", durable=True))
        declare(connection.channel(), "work")
        put(connection.channel(), "work", "x")
        time.sleep(0.1)
        fails(406, lambda channel: channel.queue_delete("work", if_empty=True))
        assert connection.is_open
    assert connection.is_closed
    with pytest.raises(pika.exceptions.ConnectionWrongStateError):
        connection.channel()


def test_nobody_is_there(side: Side) -> None:
    pika = side.pika
    scheme = "nats" if side.is_nats else "amqp"
    began = time.monotonic()
    with pytest.raises(pika.exceptions.AMQPConnectionError):
        pika.BlockingConnection(pika.URLParameters(f"{scheme}://127.0.0.1:1"))
    with pytest.raises(pika.exceptions.AMQPConnectionError):
        pika.BlockingConnection(pika.ConnectionParameters("127.0.0.1", 1, connection_attempts=2, retry_delay=0.1))
    assert time.monotonic() - began < 5
