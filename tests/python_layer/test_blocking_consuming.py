"""How consumers and queues of code with pika live and end: the same on both brokers."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from functools import partial
from typing import Any

import pytest

from tests.python_layer.blocking import (
    bodies,
    bound,
    channel_of,
    declare,
    exchange,
    put,
    take,
)
from tests.python_layer.conftest import Side


def test_an_exclusive_queue_is_gone_with_its_connection(side: Side) -> None:
    pika = side.pika
    with side.connect() as other:
        with side.connect() as connection:
            connection.channel().queue_declare("mine", exclusive=True)
            with pytest.raises(pika.exceptions.ChannelClosedByBroker) as caught:
                other.channel().queue_declare("mine", exclusive=True)
            assert caught.value.reply_code == 405
            put(connection.channel(), "mine", "lost")
        with pytest.raises(pika.exceptions.ChannelClosedByBroker) as caught:
            other.channel().queue_declare("mine", passive=True)
        assert caught.value.reply_code == 404
        channel = other.channel()
        channel.queue_declare("mine", exclusive=True)
        assert bodies(channel, "mine") == []


def test_a_queue_that_goes_with_its_last_consumer(side: Side) -> None:
    pika = side.pika
    with side.connect() as one, side.connect() as two:
        channels = [each.channel() for each in (one, two)]
        tags = []
        for channel in channels:
            channel.queue_declare("passing", auto_delete=True)
            tags.append(channel.basic_consume("passing", lambda *_: None))
        channels[0].basic_cancel(tags[0])
        assert one.channel().queue_declare("passing", passive=True).method.queue == "passing"
        two.close()
        with pytest.raises(pika.exceptions.ChannelClosedByBroker) as caught:
            one.channel().queue_declare("passing", passive=True)
        assert caught.value.reply_code == 404


def test_one_message_at_a_time(side: Side) -> None:
    with channel_of(side) as channel:
        assert channel.queue_declare("work", durable=True).method.message_count == 0
        assert channel.basic_get("work") == (None, None, None)
        put(channel, "work", *"abc")
        time.sleep(0.1)
        assert channel.queue_declare("work", passive=True).method.message_count == 3
        method, _, body = channel.basic_get("work", auto_ack=True)
        assert (body, method.message_count, method.routing_key) == (b"a", 2, "work")
        assert channel.queue_purge("work").method.message_count == 2
        put(channel, "work", "d")
        time.sleep(0.1)
        assert channel.queue_delete("work").method.message_count == 1


def test_consume_yields(side: Side) -> None:
    with channel_of(side) as channel:
        declare(channel, "work")
        put(channel, "work", *"abcd")
        found: list[Any] = []
        for method, properties, body in channel.consume("work", inactivity_timeout=0.5):
            if method is None:
                assert (properties, body) == (None, None)
                break
            found.append(body)
            channel.basic_ack(method.delivery_tag)
            if len(found) == 2:
                channel.connection.sleep(0.2)
                assert channel.get_waiting_message_count() == 2
                break
        assert channel.cancel() == 0 and channel.get_waiting_message_count() == 0
        assert bodies(channel, "work") == ["c", "d"]
        began = time.monotonic()
        assert next(channel.consume("work", inactivity_timeout=0.3)) == (None, None, None)
        assert 0.2 < time.monotonic() - began < 2


def test_a_cancelled_consumer_leaves_what_it_has_not_seen(side: Side) -> None:
    with side.connect() as connection:
        channel = connection.channel()
        declare(channel, "work")
        put(channel, "work", *"abc")
        found: list[Any] = []

        def on_message(channel: Any, method: Any, _properties: Any, body: bytes) -> None:
            found.append((method.delivery_tag, body))
            channel.basic_cancel(method.consumer_tag)

        tag = channel.basic_consume("work", on_message)
        assert channel.consumer_tags == [tag]
        channel.start_consuming()
        assert [body for _, body in found] == [b"a"] and channel.consumer_tags == []
        channel.basic_ack(found[0][0])
        assert bodies(connection.channel(), "work") == ["b", "c"]


def test_a_channel_that_has_ended_ends_consuming(side: Side) -> None:
    """Also if its callback has not minded."""
    pika = side.pika
    with side.connect() as connection:
        channel = connection.channel()
        declare(channel, "work")
        put(channel, "work", "a")

        def on_message(channel: Any, _m: Any, _p: Any, _b: bytes) -> None:
            with suppress(pika.exceptions.AMQPError):
                channel.queue_declare("short", passive=True)

        channel.basic_consume("work", on_message)
        with pytest.raises(pika.exceptions.AMQPError):
            channel.start_consuming()
        assert bodies(connection.channel(), "work") == ["a"]


def test_consumers_compete(side: Side) -> None:
    with side.connect() as one, side.connect() as two:
        found: dict[int, list[bytes]] = {0: [], 1: []}
        for number, connection in enumerate((one, two)):
            channel = connection.channel()
            declare(channel, "work")
            channel.basic_qos(prefetch_count=1)

            def on_message(channel: Any, method: Any, _p: Any, body: bytes, number: int = number) -> None:
                found[number].append(body)
                time.sleep(0.02)
                channel.basic_ack(method.delivery_tag)

            channel.basic_consume("work", on_message)
        put(one.channel(), "work", *(str(number) for number in range(20)))
        ends = time.monotonic() + 10
        while len(found[0]) + len(found[1]) < 20 and time.monotonic() < ends:
            for connection in (one, two):
                connection.process_data_events(0.05)
        assert sorted(map(int, [*found[0], *found[1]])) == list(range(20))
        assert min(map(len, found.values())) >= 3


def test_queues_that_come_while_it_runs(side: Side) -> None:
    """A name that is known when the program runs, and bindings that come and go."""
    with channel_of(side) as channel:
        exchange(channel, "orders")
        declare(channel, "inbox.ann")
        put(channel, "inbox.ann", "hello")
        found = take(channel, "inbox.ann")
        assert [(m.routing_key, b) for m, _, b in found] == [("inbox.ann", b"hello")]
        queue = channel.queue_declare("", exclusive=True).method.queue
        channel.basic_publish("orders", "a.b", b"before")
        channel.queue_bind(queue, "orders", "a.*")
        channel.queue_bind(queue, "orders", "#.c")
        for key in ("a.b", "a.c", "x.y.c", "x"):
            channel.basic_publish("orders", key, key.encode())
        put(channel, queue, "by name")
        channel.queue_unbind(queue, "orders", "a.*")
        channel.basic_publish("orders", "a.d", b"after")
        channel.connection.sleep(0.2)
        assert sorted(bodies(channel, queue)) == ["a.b", "a.c", "by name", "x.y.c"]
        bound(channel, "orders", "orders.some", "some")
        channel.queue_bind("orders.some", "orders", "other.*")
        for key in ("some", "other.x", "else"):
            channel.basic_publish("orders", key, key.encode())
        assert bodies(channel, "orders.some") == ["some", "other.x"]
        channel.queue_unbind("orders.some", "orders", "other.*")
        for key in ("other.y", "some"):
            channel.basic_publish("orders", key, key.encode())
        assert bodies(channel, "orders.some") == ["some"]


def test_timers_and_other_threads(side: Side) -> None:
    with side.connect() as connection:
        channel = connection.channel()
        declare(channel, "work")
        put(channel, "work", "slow")
        called: list[str] = []
        connection.call_later(0.2, lambda: called.append("timer"))
        connection.remove_timeout(connection.call_later(0.1, lambda: called.append("never")))

        def on_message(channel: Any, method: Any, _p: Any, _b: bytes) -> None:
            def work() -> None:
                time.sleep(0.4)
                connection.add_callback_threadsafe(partial(done, channel, method.delivery_tag))

            threads.append(threading.Thread(target=work))
            threads[-1].start()

        def done(channel: Any, tag: int) -> None:
            channel.basic_ack(tag)
            called.append(threading.current_thread().name)
            channel.stop_consuming()

        threads: list[threading.Thread] = []
        channel.basic_consume("work", on_message)
        channel.start_consuming()
        assert called == ["timer", threading.current_thread().name]
        for thread in threads:
            thread.join()
        assert bodies(connection.channel(), "work") == []


def test_a_queue_that_is_deleted_ends_its_consumer(side: Side) -> None:
    with side.connect() as one, side.connect() as two:
        channel = one.channel()
        declare(channel, "work")
        told: list[Any] = []
        channel.add_on_cancel_callback(lambda frame: told.append(frame.method.consumer_tag))
        tag = channel.basic_consume("work", lambda *_: None)
        one.sleep(0.2)
        two.channel().queue_delete("work")
        channel.start_consuming()
        assert told == [tag]
