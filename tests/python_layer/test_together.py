"""Code with pika and code with aio-pika on the same queues."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

from tests.python_layer.blocking import channel_of, put, take
from tests.python_layer.conftest import Side


def test_both_libraries_understand_each_other(nats: Side) -> None:
    """Messages, dead letters, and questions that one asks and the other one answers."""
    pika, aio_pika = nats.pika, nats.aio_pika

    async def serve(ready: threading.Event, is_over: threading.Event) -> list[Any]:
        seen = []
        async with await aio_pika.connect_robust(nats.url) as connection, connection.channel() as channel:
            queue = await channel.declare_queue("answers", durable=True)

            async def on_message(message: Any) -> None:
                seen.append((message.headers, message.content_type, message.timestamp, message.expiration))
                async with message.process():
                    answer = aio_pika.Message(b"that", headers={"n": 5}, correlation_id=message.correlation_id)
                    await channel.default_exchange.publish(answer, message.reply_to)

            await queue.consume(on_message)
            ready.set()
            while not is_over.is_set():
                await asyncio.sleep(0.02)
        return seen

    ready, is_over, results = threading.Event(), threading.Event(), list[Any]()
    thread = threading.Thread(target=lambda: results.extend(asyncio.run(serve(ready, is_over))))
    thread.start()
    assert ready.wait(5)
    with channel_of(nats) as channel:
        reply = channel.queue_declare("", exclusive=True).method.queue
        headers = {"text": "ä", "number": 3, "list": [1, {"deep": True}]}
        given = {"content_type": "x/y", "timestamp": 1700000000, "expiration": "30000", "correlation_id": "c"}
        put(channel, "answers", "what", reply_to=reply, headers=headers, **given)
        ((_, properties, body),) = take(channel, reply, seconds=2)
        assert (body, properties.headers, properties.correlation_id) == (b"that", {"n": 5}, "c")
    is_over.set()
    thread.join()
    ((found, content_type, timestamp, expiration),) = results
    assert (found, content_type, timestamp.timestamp(), expiration) == (headers, "x/y", 1700000000, 30.0)
    assert pika.exceptions.AMQPError is not aio_pika.exceptions.AMQPError
