"""What code with pika sees: the same on both brokers."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from tests.python_layer.conftest import EXCHANGES, Side


@contextmanager
def channel_of(side: Side) -> Iterator[Any]:
    with side.connect() as connection:
        yield connection.channel()


def declare(channel: Any, *queues: str, **arguments: Any) -> None:
    for name in queues:
        channel.queue_declare(name, durable=True, arguments=arguments or None)


def exchange(channel: Any, name: str) -> None:
    channel.exchange_declare(name, EXCHANGES[name], durable=True)


def bound(channel: Any, name: str, queue: str, key: str, **arguments: Any) -> None:
    exchange(channel, name)
    declare(channel, queue, **arguments)
    channel.queue_bind(queue, name, key)


def take(channel: Any, queue: str, seconds: float = 0.4) -> list[Any]:
    """Take what a queue has, and acknowledge it."""
    found = []
    for method, properties, body in channel.consume(queue, inactivity_timeout=seconds):
        if method is None:
            break
        channel.basic_ack(method.delivery_tag)
        found.append((method, properties, body))
    channel.cancel()
    return found


def bodies(channel: Any, queue: str) -> list[str]:
    return [body.decode() for _, _, body in take(channel, queue)]


def put(channel: Any, queue: str, *texts: str, **properties: Any) -> None:
    for text in texts:
        channel.basic_publish("", queue, text.encode(), channel_properties(channel, **properties))


def channel_properties(channel: Any, **properties: Any) -> Any:
    module = type(channel).__module__.rpartition(".adapters.")[0]
    import importlib

    return importlib.import_module(module).BasicProperties(**properties)


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


DEAD_EU = {"x-dead-letter-exchange": "dead.letters", "x-dead-letter-routing-key": "from.eu"}


def test_order(side: Side) -> None:
    texts = [str(number) for number in range(150)]
    with channel_of(side) as channel:
        declare(channel, "work")
        channel.basic_qos(prefetch_count=20)
        put(channel, "work", *texts)
        assert bodies(channel, "work") == texts


def test_no_more_is_unsettled_than_asked_for(side: Side) -> None:
    with channel_of(side) as channel:
        declare(channel, "work")
        put(channel, "work", *"abcdefgh")
        channel.basic_qos(prefetch_count=3)
        found: list[Any] = []
        channel.basic_consume("work", lambda _c, method, _p, body: found.append((method.delivery_tag, body)))
        channel.connection.sleep(0.5)
        assert [body for _, body in found] == [b"a", b"b", b"c"]
        channel.basic_ack(found[0][0])
        channel.connection.sleep(0.3)
        assert [body for _, body in found] == [b"a", b"b", b"c", b"d"]
        channel.basic_ack(found[2][0], multiple=True)
        channel.connection.sleep(0.3)
        assert len(found) == 6


def test_what_is_unsettled_goes_back_at_once_and_in_order(side: Side) -> None:
    with side.connect() as other:
        with side.connect() as connection:
            channel = connection.channel()
            declare(channel, "work")
            put(channel, "work", *"abcd")
            for _ in range(2):
                channel.basic_get("work")
            held = connection.channel()
            held.basic_consume("work", lambda *_: None)
            connection.sleep(0.3)
            channel.close()
            held.close()
            began = time.monotonic()
            channel = connection.channel()
            assert [(m.redelivered, b) for m, b in gets(channel, 4)] == [
                (True, each) for each in (b"a", b"b", b"c", b"d")
            ]
        channel = other.channel()
        assert [(m.redelivered, b) for m, b in gets(channel, 4)] == [(True, each) for each in (b"a", b"b", b"c", b"d")]
        assert time.monotonic() - began < 5


def gets(channel: Any, count: int) -> list[Any]:
    found = []
    for _ in range(count):
        method, _, body = channel.basic_get("work")
        found.append((method, body))
    return found


def test_rejected_is_a_dead_letter_with_its_properties(side: Side) -> None:
    with channel_of(side) as channel:
        bound(channel, "dead.letters", "dead", "")
        bound(channel, "orders", "orders.eu", "eu.*.#", **DEAD_EU)
        declare(channel, "careful", **{"x-dead-letter-exchange": "dead.letters"})
        put(channel, "careful", "bad", message_id="m1", headers={"tries": 3, "who": "me"}, content_type="text/plain")
        channel.basic_publish("orders", "eu.de", b"worse")
        method, _, _ = channel.basic_get("careful")
        channel.basic_reject(method.delivery_tag, requeue=False)
        method, _, _ = channel.basic_get("orders.eu")
        channel.basic_nack(method.delivery_tag, requeue=False)
        channel.connection.sleep(0.2)
        first, second = take(channel, "dead")
        method, properties, body = first
        assert (body, method.exchange, method.routing_key) == (b"bad", "dead.letters", "careful")
        assert (properties.message_id, properties.content_type) == ("m1", "text/plain")
        headers = properties.headers
        assert (headers["tries"], headers["who"]) == (3, "me")
        (death,) = headers["x-death"]
        told = {name: death[name] for name in ("count", "reason", "queue", "exchange", "routing-keys")}
        assert told == {
            "count": 1, "reason": "rejected", "queue": "careful", "exchange": "", "routing-keys": ["careful"],
        }  # fmt: skip
        assert isinstance(death["time"], datetime)
        assert [headers[f"x-first-death-{name}"] for name in ("reason", "queue", "exchange")] == [
            "rejected",
            "careful",
            "",
        ]
        assert (second[2], second[0].routing_key) == (b"worse", "from.eu")
        assert channel.basic_get("careful")[0] is None and channel.basic_get("orders.eu")[0] is None


def test_requeued_comes_again(side: Side) -> None:
    with channel_of(side) as channel:
        declare(channel, "work")
        put(channel, "work", "a", "b")
        method, _, _ = channel.basic_get("work")
        channel.basic_nack(method.delivery_tag)
        found = take(channel, "work")
        assert [(body, method.redelivered) for method, _, body in found] == [(b"a", True), (b"b", False)]


def test_several_are_settled_at_once(side: Side) -> None:
    with channel_of(side) as channel:
        declare(channel, "work")
        put(channel, "work", *"abcde")
        tags = [method.delivery_tag for method, _ in gets(channel, 5)]
        channel.basic_ack(tags[1], multiple=True)
        channel.basic_nack(tags[3], multiple=True, requeue=True)
        channel.close()
    with channel_of(side) as channel:
        assert bodies(channel, "work") == ["c", "d", "e"]
        put(channel, "work", *"xy")
        gets(channel, 2)
        channel.basic_ack(0, multiple=True)
        channel.close()
    with channel_of(side) as channel:
        assert bodies(channel, "work") == []


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


def poll(channel: Any, queue: str) -> Any:
    ends = time.monotonic() + 5
    while time.monotonic() < ends:
        found = channel.basic_get(queue)
        if found[0] is not None:
            return found
        time.sleep(0.02)
    raise AssertionError(f"nothing in {queue}")


def test_what_needs_no_acknowledgement_does_not_come_again(side: Side) -> None:
    with channel_of(side) as channel:
        declare(channel, "work")
        put(channel, "work", *"abc")
        found: list[bytes] = []
        channel.basic_consume("work", lambda _c, _m, _p, body: found.append(body), auto_ack=True)
        channel.connection.sleep(0.4)
        assert found == [b"a", b"b", b"c"]
    with channel_of(side) as channel:
        assert bodies(channel, "work") == []


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


def test_a_message_expires(side: Side) -> None:
    with channel_of(side) as channel:
        declare(channel, "short")
        put(channel, "short", "gone", expiration="500")
        put(channel, "short", "there", expiration="60000")
        time.sleep(2.2)
        ((_, properties, body),) = take(channel, "short")
        assert (body, properties.expiration) == (b"there", "60000")
        with side.connect() as other:
            own = other.channel()
            queue = own.queue_declare("", exclusive=True).method.queue
            put(channel, queue, "gone", expiration="100")
            put(channel, queue, "there")
            time.sleep(0.4)
            assert bodies(own, queue) == ["there"]


def test_a_message_that_comes_back_too_often_is_a_dead_letter(side: Side) -> None:
    with channel_of(side) as channel:
        declare(channel, "work")
        limits = {"x-delivery-limit": 2, "x-dead-letter-exchange": "", "x-dead-letter-routing-key": "work"}
        declare(channel, "limited", **({} if side.is_nats else {"x-queue-type": "quorum"}), **limits)
        put(channel, "limited", "poison")
        seen = []
        for method, _, body in channel.consume("limited", inactivity_timeout=1):
            if method is None:
                break
            seen.append((body, method.redelivered))
            channel.basic_nack(method.delivery_tag)
        channel.cancel()
        assert seen == [(b"poison", False), (b"poison", True), (b"poison", True)]
        ((_, properties, body),) = take(channel, "work")
        assert body == b"poison" and properties.headers["x-death"][0]["reason"] == "delivery_limit"


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


def test_nobody_is_there(side: Side) -> None:
    pika = side.pika
    scheme = "nats" if side.is_nats else "amqp"
    began = time.monotonic()
    with pytest.raises(pika.exceptions.AMQPConnectionError):
        pika.BlockingConnection(pika.URLParameters(f"{scheme}://127.0.0.1:1"))
    with pytest.raises(pika.exceptions.AMQPConnectionError):
        pika.BlockingConnection(pika.ConnectionParameters("127.0.0.1", 1, connection_attempts=2, retry_delay=0.1))
    assert time.monotonic() - began < 5
