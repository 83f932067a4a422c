"""What becomes of messages that code with aio-pika takes: the same on both brokers."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from tests.python_layer.conftest import Side
from tests.python_layer.looping import bodies, channel_of, exchange_of, put, run, take


@run
async def test_no_more_is_unsettled_than_asked_for(side: Side) -> None:
    async with channel_of(side) as channel:
        await channel.set_qos(prefetch_count=2)
        queue = await channel.declare_queue("work", durable=True)
        await put(side, channel, "work", *"abcde")
        found: list[Any] = []

        async def on_message(message: Any) -> None:
            found.append(message)

        tag = await queue.consume(on_message)
        await asyncio.sleep(0.4)
        assert [m.body for m in found] == [b"a", b"b"]
        await found[1].ack(multiple=True)
        await asyncio.sleep(0.3)
        assert [m.body for m in found] == [b"a", b"b", b"c", b"d"]
        await queue.cancel(tag)
        await found[2].nack(requeue=True)
        await found[3].ack()
        assert sorted(await bodies(queue)) == ["c", "e"]


@run
async def test_a_context_settles(side: Side) -> None:
    aio_pika = side.aio_pika
    async with channel_of(side) as channel:
        dead = await channel.declare_queue("dead", durable=True)
        await dead.bind(await exchange_of(channel, "dead.letters"))
        queue = await channel.declare_queue(
            "careful", durable=True, arguments={"x-dead-letter-exchange": "dead.letters"}
        )
        await put(side, channel, "careful", *"abcd", headers={"who": "me"})
        await asyncio.sleep(0.1)
        async with (await queue.get()).process() as message:
            assert message.body == b"a"
        with pytest.raises(ZeroDivisionError):
            async with (await queue.get()).process():
                raise ZeroDivisionError
        with pytest.raises(ZeroDivisionError):
            async with (await queue.get()).process(requeue=True):
                raise ZeroDivisionError
        message = await queue.get()
        assert (message.body, message.redelivered) == (b"c", True)
        with pytest.raises(ZeroDivisionError):
            async with message.process(requeue=True, reject_on_redelivered=True):
                raise ZeroDivisionError
        async with (await queue.get()).process(ignore_processed=True) as message:
            await message.reject()
        with pytest.raises(aio_pika.exceptions.MessageProcessError):
            await message.ack()
        with pytest.raises(aio_pika.exceptions.QueueEmpty):
            await queue.get()
        assert await queue.get(fail=False) is None
        await asyncio.sleep(0.2)
        letters = await take(dead)
        assert [(m.body, m.headers["who"], m.headers["x-death"][0]["reason"]) for m in letters] == [
            (each, "me", "rejected") for each in (b"b", b"c", b"d")
        ]
        assert {m.headers["x-first-death-queue"] for m in letters} == {"careful"}


@run
async def test_an_iterator_gives_back_what_it_has_not_shown(side: Side) -> None:
    async with channel_of(side) as channel:
        queue = await channel.declare_queue("work", durable=True)
        await put(side, channel, "work", *"abcd")
        async with queue.iterator() as messages:
            async for message in messages:
                await asyncio.sleep(0.2)
                await message.ack()
                break
        assert await bodies(queue) == ["b", "c", "d"]
        await put(side, channel, "work", "e")
        async for message in queue:
            assert message.body == b"e"
            break


@run
async def test_callbacks_run_side_by_side(side: Side) -> None:
    async with channel_of(side) as channel:
        queue = await channel.declare_queue("work", durable=True)
        await put(side, channel, "work", *"ab")
        both = asyncio.Event()
        running: list[bytes] = []

        async def on_message(message: Any) -> None:
            running.append(message.body)
            if len(running) == 2:
                both.set()
            await both.wait()
            await message.ack()

        await queue.consume(on_message)
        await asyncio.wait_for(both.wait(), 5)
        assert running == [b"a", b"b"]
        await asyncio.sleep(0.1)


@run
async def test_what_is_unsettled_goes_back_at_once_and_in_order(side: Side) -> None:
    async with channel_of(side) as other:
        queue = await other.declare_queue("work", durable=True)
        await put(side, other, "work", *"abcd")
        async with channel_of(side) as channel:
            held: list[Any] = []

            async def on_message(message: Any) -> None:
                held.append(message)

            await (await channel.get_queue("work")).consume(on_message)
            await asyncio.sleep(0.3)
            assert len(held) == 4
        found = await take(queue)
        assert [(m.redelivered, m.body) for m in found] == [(True, each) for each in (b"a", b"b", b"c", b"d")]
        with pytest.raises((side.aio_pika.exceptions.ChannelInvalidStateError, RuntimeError)):
            await held[0].ack()


@run
async def test_a_message_expires(side: Side) -> None:
    async with channel_of(side) as channel:
        queue = await channel.declare_queue("short", durable=True)
        await put(side, channel, "short", "a", expiration=0.5)
        await put(side, channel, "short", "b", expiration=timedelta(milliseconds=900))
        await put(side, channel, "short", "c", expiration=timedelta(hours=1))
        await asyncio.sleep(2.2)
        assert await bodies(queue) == ["c"]
