"""What code with aio-pika sends, and how its connections live: the same on both brokers."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.python_layer.conftest import Side
from tests.python_layer.looping import DEAD_EU, bodies, channel_of, exchange_of, put, run, take


@run
async def test_properties_and_headers_come_as_they_went(side: Side) -> None:
    aio_pika = side.aio_pika
    when = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    headers = {
        "text": "plain", "Grüße": "näh", "edge": " x ", "yes": True, "small": 7, "large": 2**40, "none": None, "half": 0.5,
        "price": Decimal("12.50"), "list": [1, "two"], "table": {"inner": {"deep": "x"}}, "when": when,
    }  # fmt: skip
    given = {
        "content_type": "text/plain", "content_encoding": "identity", "headers": headers, "correlation_id": "c 1",
        "reply_to": "answers", "message_id": "m1", "timestamp": when, "type": "t", "app_id": "a",
    }  # fmt: skip
    async with channel_of(side) as channel:
        queue = await channel.declare_queue("work", durable=True)
        message = aio_pika.Message(b"hello", delivery_mode=aio_pika.DeliveryMode.PERSISTENT, expiration=60, **given)
        assert await channel.default_exchange.publish(message, "work")
        await put(side, channel, "work", "bare")
        found, bare = await take(queue)
        for name, value in given.items():
            assert getattr(found, name) == value, name
        assert (found.body, found.body_size, found.expiration, found.delivery_mode) == (b"hello", 5, 60.0, 2)
        assert (found.exchange, found.routing_key, found.redelivered, found.delivery_tag) == ("", "work", False, 1)
        assert (bare.headers, bare.content_type, bare.delivery_mode) == ({}, None, aio_pika.DeliveryMode.NOT_PERSISTENT)
        assert found.processed and found.locked and found.info()["message_id"] == "m1"
        with pytest.raises(ValueError, match="locked"):
            found.message_id = "other"


@run
async def test_every_queue_gets_a_copy(side: Side) -> None:
    async with channel_of(side) as channel:
        exchange = await channel.declare_exchange("news", side.aio_pika.ExchangeType.FANOUT, durable=True)
        queues = [await channel.declare_queue(f"news.{name}", durable=True) for name in ("one", "two")]
        for queue in queues:
            await queue.bind(exchange)
        await exchange.publish(side.aio_pika.Message(b"x"), routing_key="any.key")
        for queue in queues:
            assert [(m.exchange, m.routing_key, m.body) for m in await take(queue)] == [("news", "any.key", b"x")]


@run
async def test_topics_and_keys(side: Side) -> None:
    async with channel_of(side) as channel:
        exchange = await exchange_of(channel, "orders")
        eu = await channel.declare_queue("orders.eu", durable=True, arguments=DEAD_EU)
        await eu.bind("orders", "eu.*.#")
        paid = await channel.declare_queue("orders.paid", durable=True)
        await paid.bind(exchange, routing_key="#.paid")
        for key in ("eu", "eu.de", "eu.de.paid", "us.paid", "us.paid.late", "eu.a b*", "paid", ""):
            await exchange.publish(side.aio_pika.Message(key.encode()), key)
        assert await bodies(eu) == ["eu.de", "eu.de.paid", "eu.a b*"]
        assert await bodies(paid) == ["eu.de.paid", "us.paid", "paid"]


@run
async def test_who_asks_for_it_hears_that_nobody_gets_a_message(side: Side) -> None:
    aio_pika = side.aio_pika
    async with channel_of(side) as channel:
        returned: list[Any] = []
        channel.return_callbacks.add(lambda _channel, message: returned.append(message))
        exchange = await exchange_of(channel, "orders")
        result = await exchange.publish(aio_pika.Message(b"x", message_id="m"), "nobody")
        assert type(result).__name__ in ("DeliveredMessage", "ReturnedMessage")
        await channel.default_exchange.publish(aio_pika.Message(b"y"), "work")
        await asyncio.sleep(0.1)
        assert [(m.body, m.routing_key, len(m.message_id)) for m in returned] == [
            (b"x", "nobody", 1),
            (b"y", "work", 32),
        ]
        await exchange.publish(aio_pika.Message(b"z"), "nobody", mandatory=False)
        assert len(returned) == 2
    async with channel_of(side, on_return_raises=True) as channel:
        with pytest.raises(aio_pika.exceptions.DeliveryError):
            await channel.default_exchange.publish(aio_pika.Message(b"y"), "work")
    async with channel_of(side, publisher_confirms=False) as channel:
        await channel.declare_queue("work", durable=True)
        assert await channel.default_exchange.publish(aio_pika.Message(b"y"), "work") is None


@run
async def test_questions_and_answers(side: Side) -> None:
    aio_pika = side.aio_pika
    async with channel_of(side) as server, channel_of(side) as client:
        queue = await server.declare_queue("answers", durable=True)

        async def answer(message: Any) -> None:
            async with message.process():
                reply = aio_pika.Message(message.body.upper(), correlation_id=message.correlation_id)
                await server.default_exchange.publish(reply, routing_key=message.reply_to)

        await queue.consume(answer)
        replies = await client.declare_queue(exclusive=True)
        assert replies.name.startswith("amq.gen-" if side.is_nats else "amq_")
        found: asyncio.Queue[Any] = asyncio.Queue()
        await replies.consume(found.put, no_ack=True)
        for number in range(3):
            await put(side, client, "answers", f"q{number}", reply_to=replies.name, correlation_id=str(number))
        answers = [await asyncio.wait_for(found.get(), 5) for _ in range(3)]
        assert [(m.correlation_id, m.body) for m in answers] == [(str(n), f"Q{n}".encode()) for n in range(3)]
        with pytest.raises(TypeError):
            await answers[0].ack()


@run
async def test_what_cannot_be_ends_the_channel(side: Side) -> None:
    errors = side.aio_pika.exceptions
    async with await side.aio_pika.connect(side.url) as connection:
        told: list[Any] = []
        channel = await connection.channel()
        channel.close_callbacks.add(lambda _channel, exc: told.append(exc))
        with pytest.raises(errors.ChannelNotFoundEntity):
            await channel.declare_queue("work", passive=True)
        await asyncio.sleep(0.1)
        assert channel.is_closed and isinstance(told[0], errors.ChannelClosed)
        with pytest.raises(errors.ChannelInvalidStateError):
            await channel.declare_queue("work", durable=True)
        channel = await connection.channel()
        await exchange_of(channel, "orders")
        with pytest.raises(errors.ChannelPreconditionFailed):
            await channel.declare_exchange("orders", side.aio_pika.ExchangeType.FANOUT, durable=True)
        channel = await connection.channel()
        with pytest.raises(errors.ChannelClosed):
            await channel.get_exchange("news")
        channel = await connection.channel()
        queue = await channel.declare_queue("work", durable=True)
        await put(side, channel, "work", "x")
        with pytest.raises(errors.ChannelPreconditionFailed):
            await queue.delete()
        assert not connection.is_closed
    assert connection.is_closed


@run
async def test_a_robust_channel_is_opened_again_with_its_consumers(side: Side) -> None:
    errors = side.aio_pika.exceptions
    async with channel_of(side) as channel:
        queue = await channel.declare_queue("work", durable=True)
        found: asyncio.Queue[Any] = asyncio.Queue()

        async def on_message(message: Any) -> None:
            await message.ack()
            await found.put(message.body)

        await queue.consume(on_message)
        with pytest.raises(errors.ChannelClosed):
            await channel.get_queue("short")
        async with channel_of(side) as other:
            await put(side, other, "work", "still")
        assert await asyncio.wait_for(found.get(), 5) == b"still"


@run
async def test_queues_are_emptied_and_deleted(side: Side) -> None:
    async with channel_of(side) as channel:
        queue = await channel.declare_queue("work", durable=True)
        assert (queue.name, queue.declaration_result.message_count) == ("work", 0)
        await put(side, channel, "work", *"abc")
        await asyncio.sleep(0.1)
        assert (await channel.declare_queue("work", durable=True)).declaration_result.message_count == 3
        await queue.purge()
        assert await queue.get(fail=False) is None
        await put(side, channel, "work", "d")
        await queue.delete(if_empty=False, if_unused=False)
        await put(side, channel, "work", "e")
        queue = await channel.declare_queue("work", durable=True)
        assert await queue.get(fail=False) is None
        await channel.queue_delete("work")
        with pytest.raises(side.aio_pika.exceptions.ChannelNotFoundEntity):
            await channel.get_queue("work")


@run
async def test_queues_that_come_while_it_runs(side: Side) -> None:
    async with channel_of(side) as channel:
        exchange = await exchange_of(channel, "events")
        queue = await channel.declare_queue("", exclusive=True)
        await queue.bind(exchange, "a.*")
        inbox = await channel.declare_queue("inbox.ann", durable=True)
        for key in ("a.b", "c.d"):
            await exchange.publish(side.aio_pika.Message(key.encode()), key, mandatory=False)
        await put(side, channel, "inbox.ann", "hello")
        assert await bodies(queue) == ["a.b"] and await bodies(inbox) == ["hello"]
        await queue.unbind(exchange, "a.*")
        await exchange.publish(side.aio_pika.Message(b"x"), "a.b", mandatory=False)
        assert await bodies(queue) == []


@run
async def test_pools(side: Side) -> None:
    from importlib import import_module

    pools = import_module(f"{side.aio_pika.__name__}.pool")

    async def connect() -> Any:
        return await side.aio_pika.connect_robust(side.url)

    async with pools.Pool(connect, max_size=1) as connections:

        async def open_channel() -> Any:
            async with connections.acquire() as connection:
                return await connection.channel()

        async with pools.Pool(open_channel, max_size=2) as channels:
            async with channels.acquire() as one, channels.acquire() as two:
                assert one is not two and one._connection is two._connection
                queue = await one.declare_queue("work", durable=True)
                await put(side, two, "work", "x")
                assert await bodies(queue) == ["x"]
            async with channels.acquire() as again:
                assert again in (one, two)
        assert channels.is_closed
    assert one.is_closed


@run
async def test_nobody_is_there(side: Side) -> None:
    errors = side.aio_pika.exceptions
    with pytest.raises(errors.AMQPConnectionError) as caught:
        await side.aio_pika.connect_robust(host="127.0.0.1", port=1, timeout=5)
    assert isinstance(caught.value, ConnectionError)
    scheme = "nats" if side.is_nats else "amqp"
    with pytest.raises(ConnectionError):
        await side.aio_pika.connect(f"{scheme}://127.0.0.1:1")


@run
async def test_what_happens_to_a_connection_is_told(side: Side) -> None:
    async with await side.aio_pika.connect_robust(side.url) as connection:
        told: list[str] = []

        async def on_close(_sender: Any, exc: Any) -> None:
            told.append("connection")

        connection.close_callbacks.add(on_close)
        channel = await connection.channel()
        channel.close_callbacks.add(lambda _channel, _exc: told.append("channel"))
        assert (channel.is_closed, channel.is_initialized, channel.number) == (False, True, 1)
        await connection.close()
        await asyncio.wait_for(connection.closed(), 5)
        await asyncio.sleep(0.1)
        assert "channel" in told and "connection" in told
