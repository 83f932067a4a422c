"""What else modules of Python services do on a real server: questions, messages for later, and a server that was away."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from natsscan.catalog.catalog import Catalog
from natsscan.model.topology import Topology
from tests.generate.test_python_service import loaded, module
from tests.nats.conftest import modern_server  # noqa: F401  # a fixture
from tests.nats.systems import binding, consumer, exchange, publisher, queue, topology
from tests.python_layer.conftest import Server


@pytest.fixture
def server(modern_server: Path, tmp_path: Path) -> Iterator[Server]:  # noqa: F811
    found = Server(modern_server, tmp_path)
    found.start()
    yield found
    found.stop()


def made_of(catalog: Catalog, system: Topology, folder: Path) -> ModuleType:
    return loaded(module(catalog, system), folder)


def run(scenario: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(asyncio.wait_for(scenario(), 60))


async def stop(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait([task], timeout=10)
    assert task.cancelled()


async def silent(_error: Exception) -> None:
    """Say nothing of a server that is away."""


def test_a_request_that_a_stream_keeps_gets_its_answer(catalog: Catalog, tmp_path: Path, server: Server) -> None:
    system = topology(
        queue("sums"), consumer("sums"), publisher("", "sums", reply_to="answers"), publisher("", "{reply_to}")
    )
    made = made_of(catalog, system, tmp_path)

    async def scenario() -> None:
        js = await made.connect(server.url)
        await made.ensure(js)

        async def answer(delivery: Any) -> None:
            total = str(sum(json.loads(delivery.data))).encode()
            await made.publish_reply_to(js, reply_to=delivery.headers["Reply-To"], body=total)
            await delivery.ack()

        task = asyncio.ensure_future(made.consume_sums(js, answer))
        for numbers in ([1, 2], [30, 4]):
            said = await made.publish_sums(js, body=json.dumps(numbers).encode(), timeout=5)
            assert said.data == str(sum(numbers)).encode()
        await stop(task)  # as it acknowledges the last one
        for _ in range(30):  # and at any other moment
            task = asyncio.ensure_future(made.consume_sums(js, answer))
            await made.publish_sums(js, body=b"[1]", timeout=5)
            await stop(task)
        await js.nats.drain()

    run(scenario)


def test_a_message_for_later(catalog: Catalog, tmp_path: Path, server: Server) -> None:
    system = topology(
        exchange("e", "x-delayed-message"), queue("q"), binding("e", "k", "q"), publisher("e", "k"), consumer("q")
    )
    made = made_of(catalog, system, tmp_path)
    got: list[datetime] = []

    async def scenario() -> None:
        js = await made.connect(server.url)
        await made.ensure(js)
        due = datetime.now(UTC) + timedelta(seconds=2)

        async def note(delivery: Any) -> None:
            got.append(datetime.now(UTC))
            await delivery.ack()

        task = asyncio.ensure_future(made.consume_q(js, note))
        await made.publish_e(js, id_="1", due=due, body=b"later")
        while not got:
            await asyncio.sleep(0.05)
        assert timedelta(0) <= got[0] - due < timedelta(seconds=2)
        await stop(task)
        await js.nats.drain()

    run(scenario)


def test_a_server_that_was_away(catalog: Catalog, tmp_path: Path, server: Server) -> None:
    """Who consumes goes on by itself; what is published anew by its id is kept once; order is kept."""
    made = made_of(catalog, topology(queue("q"), consumer("q"), publisher("", "q")), tmp_path)
    seen: list[int] = []

    async def publish(js: Any, number: int) -> None:
        while True:
            try:
                await made.publish_q(js, body=str(number).encode(), message_id=str(number))
            except (TimeoutError, made.NatsError, OSError):
                await asyncio.sleep(0.1)
            else:
                return

    async def scenario() -> None:
        js = await made.connect(server.url, reconnect_time_wait=0.2, error_cb=silent)
        await made.ensure(js)

        async def note(delivery: Any) -> None:
            seen.append(int(delivery.data))
            await asyncio.sleep(0.01)
            await delivery.ack()

        task = asyncio.ensure_future(made.consume_q(js, note))
        for number in range(60):
            await publish(js, number)
            if number in (20, 40):
                await asyncio.to_thread(server.stop)
                server.start()
        while len(set(seen)) < 60:
            await asyncio.sleep(0.05)
        await stop(task)
        await js.nats.drain()

    run(scenario)
    assert list(dict.fromkeys(seen)) == list(range(60))


def test_code_that_blocks_runs_it_in_a_runner(catalog: Catalog, tmp_path: Path, server: Server) -> None:
    made = made_of(catalog, topology(queue("q"), consumer("q"), publisher("", "q")), tmp_path)
    with asyncio.Runner() as runner:
        js = runner.run(made.connect(server.url))
        runner.run(made.ensure(js))
        runner.run(made.publish_q(js, body=b"one"))
        info = runner.run(js.nats.jetstream().consumer_info("Q_q", "q"))
        assert info.num_pending == 1
        runner.run(js.nats.drain())
