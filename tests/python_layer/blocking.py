"""What tests of code with pika do to a channel, on either broker."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

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


DEAD_EU = {"x-dead-letter-exchange": "dead.letters", "x-dead-letter-routing-key": "from.eu"}


def poll(channel: Any, queue: str) -> Any:
    ends = time.monotonic() + 5
    while time.monotonic() < ends:
        found = channel.basic_get(queue)
        if found[0] is not None:
            return found
        time.sleep(0.02)
    raise AssertionError(f"nothing in {queue}")
