"""What tests of code with aio-pika do to a channel, on either broker."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from tests.python_layer.conftest import EXCHANGES, Side

DEAD_EU = {"x-dead-letter-exchange": "dead.letters", "x-dead-letter-routing-key": "from.eu"}


@asynccontextmanager
async def channel_of(side: Side, robust: bool = True, **given: Any) -> AsyncIterator[Any]:
    connect = side.aio_pika.connect_robust if robust else side.aio_pika.connect
    async with await connect(side.url) as connection, connection.channel(**given) as channel:
        yield channel


async def put(side: Side, channel: Any, queue: str, *texts: str, **given: Any) -> None:
    for text in texts:
        await channel.default_exchange.publish(side.aio_pika.Message(text.encode(), **given), routing_key=queue)


async def exchange_of(channel: Any, name: str) -> Any:
    return await channel.declare_exchange(name, EXCHANGES[name], durable=True)


async def take(queue: Any, seconds: float = 0.4) -> list[Any]:
    found = []
    try:
        async with queue.iterator(timeout=seconds) as messages:
            async for message in messages:
                await message.ack()
                found.append(message)
    except TimeoutError:
        pass
    return found


async def bodies(queue: Any) -> list[str]:
    return [message.body.decode() for message in await take(queue)]


def run(test: Callable[[Side], Coroutine[Any, Any, None]]) -> Callable[[Side], None]:
    def running(side: Side) -> None:
        asyncio.run(test(side), debug=False)

    running.__name__ = test.__name__
    return running
