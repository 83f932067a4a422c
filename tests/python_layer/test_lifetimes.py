"""Programs and servers that end while others work."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.python_layer.blocking import bodies, channel_of, declare, exchange, poll, put, take
from tests.python_layer.conftest import Server, Side

HOLDS = """
import os, sys, time
from shop.nats_amqp import pika
connection = pika.BlockingConnection(pika.URLParameters(os.environ["BROKER_URL"]))
channel = connection.channel()
channel.queue_declare("brittle", durable=True)
channel.basic_qos(prefetch_count=5)
def on_message(channel, method, properties, body):
    print("holds", body.decode(), flush=True)
    if "end" in sys.argv:
        sys.exit(3)
channel.basic_consume("brittle", on_message)
channel.start_consuming()
"""


HOLDS_IN_LOOP = """
import asyncio, os
from shop.nats_amqp import aio_pika
async def main():
    connection = await aio_pika.connect_robust(os.environ["BROKER_URL"])
    channel = await connection.channel()
    queue = await channel.declare_queue("brittle", durable=True)
    async with queue.iterator() as messages:
        async for message in messages:
            print("holds", message.body.decode(), flush=True)
            await asyncio.sleep(60)
asyncio.run(main())
"""


OWNS = """
import os, time
from shop.nats_amqp import pika
connection = pika.BlockingConnection(pika.URLParameters(os.environ["BROKER_URL"]))
connection.channel().queue_declare("mine", exclusive=True)
print("holds mine", flush=True)
time.sleep(60)
"""


@contextmanager
def program(service: Path, text: str, url: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run a program of a service until it holds something."""
    environment = {**os.environ, "BROKER_URL": url, "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-W", "error", "-c", text, *arguments]
    with subprocess.Popen(command, cwd=service, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().startswith("holds")
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("text", [HOLDS, HOLDS_IN_LOOP])
def test_what_a_killed_program_held_comes_again(nats: Side, service: Path, text: str) -> None:
    with channel_of(nats) as channel:
        declare(channel, "brittle")
        put(channel, "brittle", "a", "b")
        with program(service, text, nats.url) as process:
            time.sleep(0.3)
            process.send_signal(signal.SIGKILL)
        assert channel.basic_get("brittle")[0] is None
        time.sleep(2)
        found = take(channel, "brittle", seconds=2)
        # Each comes when its own time is up, so their order is not that of the queue.
        assert sorted((method.redelivered, body) for method, _, body in found) == [(True, b"a"), (True, b"b")]


def test_what_a_program_held_that_just_ends_comes_again_at_once(nats: Side, service: Path) -> None:
    with channel_of(nats) as channel:
        declare(channel, "brittle")
        put(channel, "brittle", "a")
        with program(service, HOLDS, nats.url, "end") as process:
            assert process.wait(10) == 3
        method, _, body = poll(channel, "brittle")
        assert (method.redelivered, body) == (True, b"a")


def test_what_is_worked_on_does_not_come_again(nats: Side, layer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib

    monkeypatch.setattr(importlib.import_module("shop.nats_amqp.session"), "_BEAT", 0.5)
    with nats.connect() as one, nats.connect() as two:
        channel = one.channel()
        declare(channel, "brittle")
        put(channel, "brittle", "slow")
        method, _, _ = channel.basic_get("brittle")
        time.sleep(3.5)
        assert two.channel().basic_get("brittle")[0] is None
        channel.basic_ack(method.delivery_tag)


def test_the_queues_of_a_killed_program_are_free_at_once(nats: Side, service: Path) -> None:
    with channel_of(nats) as channel:
        with program(service, OWNS, nats.url) as process:
            with pytest.raises(nats.pika.exceptions.ChannelClosedByBroker) as caught, channel_of(nats) as other:
                other.queue_declare("mine", exclusive=True)
            assert caught.value.reply_code == 405
            process.kill()
            process.wait()
        channel.queue_declare("mine", exclusive=True)
        put(channel, "mine", "x")
        assert bodies(channel, "mine") == ["x"]


def test_a_server_that_comes_back(nats: Side, server: Server) -> None:
    """Nothing that was acknowledged comes again, and nothing that was published is lost."""
    published, acknowledged, seen = [f"m{number}" for number in range(300)], set[str](), list[tuple[str, bool]]()
    is_over = threading.Event()

    def consume() -> None:
        with channel_of(nats) as channel:
            channel.basic_qos(prefetch_count=10)

            def on_message(channel: Any, method: Any, _properties: Any, body: bytes) -> None:
                seen.append((body.decode(), body.decode() in acknowledged))
                channel.basic_ack(method.delivery_tag)
                acknowledged.add(body.decode())
                if len(acknowledged) == len(published):
                    is_over.set()

            channel.basic_consume("work", on_message)
            while not is_over.is_set():
                channel.connection.process_data_events(0.2)

    with channel_of(nats) as channel:
        declare(channel, "work")
        replies = channel.queue_declare("", exclusive=True).method.queue
        exchange(channel, "orders")
        channel.queue_bind(replies, "orders", "#")
        thread = threading.Thread(target=consume)
        thread.start()

        def restart() -> None:
            time.sleep(0.3)
            server.stop()
            time.sleep(0.7)
            server.start()

        restarting = threading.Thread(target=restart)
        restarting.start()
        for text in published:
            put(channel, "work", text)
            time.sleep(0.004)
        restarting.join()
        assert is_over.wait(40), f"{len(acknowledged)} of {len(published)}"
        thread.join()
        channel.basic_publish("orders", "x", b"still bound")
        put(channel, replies, "still here")
        assert sorted(bodies(channel, replies)) == ["still bound", "still here"]
        assert bodies(channel, "work") == []
    assert {text for text, _ in seen} == set(published)
    assert not [text for text, again in seen if again]


def test_a_server_that_comes_back_in_a_loop(nats: Side, server: Server) -> None:
    async def main() -> None:
        told: list[str] = []
        found: list[str] = []
        async with await nats.aio_pika.connect_robust(nats.url) as connection:
            connection.reconnect_callbacks.add(lambda _connection: told.append("back"))
            channel = await connection.channel()
            queue = await channel.declare_queue("work", durable=True)

            async def on_message(message: Any) -> None:
                await message.ack()
                found.append(message.body.decode())

            await queue.consume(on_message)
            loop = asyncio.get_running_loop()

            async def publish() -> None:
                for number in range(200):
                    await channel.default_exchange.publish(nats.aio_pika.Message(str(number).encode()), "work")
                    await asyncio.sleep(0.004)

            publishing = asyncio.create_task(publish())
            await asyncio.sleep(0.3)
            await loop.run_in_executor(None, server.kill)
            await asyncio.sleep(0.3)
            assert connection.reconnecting
            await loop.run_in_executor(None, server.start)
            await connection.ready()
            await asyncio.wait_for(publishing, 60)
            ends = time.monotonic() + 40
            while len(set(found)) < 200 and time.monotonic() < ends:
                await asyncio.sleep(0.1)
            assert sorted(map(int, set(found))) == list(range(200)) and told == ["back"]

    asyncio.run(main())
