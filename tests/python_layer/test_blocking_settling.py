"""What becomes of messages that code with pika takes: the same on both brokers."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

from tests.python_layer.blocking import (
    DEAD_EU,
    bodies,
    bound,
    channel_of,
    declare,
    put,
    take,
)
from tests.python_layer.conftest import Side


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
