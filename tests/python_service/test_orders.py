"""What the modules of `natsscan generate python-service` do on a real nats-server: orders go from shop to warehouse."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import textwrap
from collections.abc import Callable, Coroutine
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from natsscan.nats.proof.server import running
from tests.nats.conftest import modern_server  # noqa: F401  # a fixture

POISON = "o-3"
# A worker that takes an order and dies of it, as a process does that is killed.
DYING = """
    import asyncio, os, sys
    from warehouse import nats_messaging

    async def die(delivery):
        print(delivery.data.decode(), flush=True)
        os._exit(9)

    async def main():
        js = await nats_messaging.connect(sys.argv[1])
        await nats_messaging.consume_warehouse_orders(js, die, prefetch=1)

    asyncio.run(main())
"""

Modules = tuple[ModuleType, ModuleType]


def run(scenario: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(asyncio.wait_for(scenario(), 60))


async def until(holds: Callable[[], bool]) -> None:
    while not holds():
        await asyncio.sleep(0.02)


async def stop(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait([task], timeout=10)
    assert task.cancelled()


async def pending(js: Any, stream: str, consumer: str) -> tuple[int, int]:
    """Return how many messages a consumer holds unsettled, and how many wait for it."""
    info = await js.nats.jetstream().consumer_info(stream, consumer)
    return info.num_ack_pending, info.num_pending


async def place(shop: ModuleType, js: Any, *numbers: int) -> None:
    for number in numbers:
        order = json.dumps({"id": f"o-{number}"}).encode()
        await shop.publish_orders(js, country="se", body=order, message_id=f"o-{number}", headers={"source": "test"})


@pytest.fixture
def url(modern_server: Path) -> Any:  # noqa: F811
    with running(modern_server, 1) as found:
        yield found


def test_orders_come_in_order_each_once_and_poison_is_one_dead_letter(modules: Modules, url: str) -> None:
    shop, warehouse = modules
    seen: list[tuple[str, bool]] = []
    dead: list[Any] = []

    async def handle(delivery: Any) -> None:
        number = json.loads(delivery.data)["id"]
        seen.append((number, delivery.is_redelivered))
        assert delivery.subject == "x.orders.order.created.se" and delivery.headers["source"] == "test"
        if number != POISON:
            await delivery.ack()
        elif delivery.is_redelivered:
            await delivery.term()
        else:
            await delivery.nak()

    async def file(delivery: Any) -> None:
        dead.append(delivery)
        await delivery.ack()

    async def scenario() -> None:
        js = await warehouse.connect(url)
        await warehouse.ensure(js)
        await shop.ensure(js)  # what both have is the same
        await place(shop, js, *range(1, 9))
        await place(shop, js, 8)  # by its number the stream knows it
        tasks = [
            asyncio.ensure_future(warehouse.consume_warehouse_orders(js, handle)),
            asyncio.ensure_future(warehouse.consume_orders_dead(js, file)),
        ]
        await until(lambda: len(seen) == 9 and len(dead) == 1)
        await asyncio.sleep(0.3)
        assert await pending(js, "X_orders", "warehouse=2Eorders") == (0, 0)
        for task in tasks:
            await stop(task)
        await js.nats.drain()

    run(scenario)
    assert [number for number, again in seen if not again] == [f"o-{number}" for number in range(1, 9)]
    assert [number for number, again in seen if again] == [POISON]
    (letter,) = dead
    assert json.loads(letter.data) == {"id": POISON} and letter.subject == "x.orders=2Edead.order.created.se"
    assert letter.headers["source"] == "test"
    assert {n: t for n, t in letter.headers.items() if n.startswith("x-")} == {
        "x-first-death-queue": "warehouse.orders",
        "x-first-death-exchange": "orders",
        "x-first-death-reason": "rejected",
    }


def test_a_message_that_is_rejected_twice_is_one_dead_letter(modules: Modules, url: str) -> None:
    """As after a crash between publishing it and letting go of the message."""
    shop, warehouse = modules
    seen: list[Any] = []

    async def handle(delivery: Any) -> None:
        settle = delivery._held.settle

        async def crash(_word: bytes) -> None:
            raise ConnectionError("gone")

        seen.append(delivery)
        delivery._held.settle = settle if delivery.is_redelivered else crash
        await delivery.term()

    async def scenario() -> None:
        js = await warehouse.connect(url)
        await warehouse.ensure(js)
        await place(shop, js, 1)
        with pytest.raises(ConnectionError, match="gone"):
            await warehouse.consume_warehouse_orders(js, handle)
        task = asyncio.ensure_future(warehouse.consume_warehouse_orders(js, handle))
        await until(lambda: len(seen) == 2)
        await asyncio.sleep(0.3)
        await stop(task)
        assert await pending(js, "X_orders=2Edead", "orders=2Edead") == (0, 1)
        await js.nats.drain()

    run(scenario)


def test_what_a_worker_died_of_comes_again(modules: Modules, made: Path, url: str, tmp_path: Path) -> None:
    shop, warehouse = modules
    module = made / "warehouse" / "nats_messaging.py"
    patient = module.read_text()
    seen: list[tuple[bytes, bool]] = []
    hasty = tmp_path / "warehouse" / "nats_messaging.py"
    hasty.parent.mkdir()
    hasty.write_text(patient.replace('"ack_wait": 30 * _SECOND', '"ack_wait": 2 * _SECOND'))

    async def handle(delivery: Any) -> None:
        await asyncio.sleep(3)  # longer than the server waits for a word
        seen.append((delivery.data, delivery.is_redelivered))
        await delivery.ack()

    async def scenario() -> None:
        js = await warehouse.connect(url)
        setup = [sys.executable, "-c", "import asyncio, sys\nfrom warehouse import nats_messaging as m\n"
                 "async def main():\n    js = await m.connect(sys.argv[1])\n    await m.ensure(js)\n"
                 "asyncio.run(main())", url]  # fmt: skip
        subprocess.run(setup, cwd=tmp_path, check=True)
        await place(shop, js, 1)
        worker = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(DYING), url],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=20,
        )
        assert (worker.returncode, worker.stdout) == (9, '{"id": "o-1"}\n'), worker.stderr
        config = (await js.nats.jetstream().consumer_info("X_orders", "warehouse=2Eorders")).config
        assert config.ack_wait == 2
        planned = warehouse._CONSUMERS["warehouse_orders"]
        assert planned["ack_wait"] == 30 * 10**9
        consumption = {**planned, "name": planned["durable_name"], "ack_wait": 2 * 10**9}
        task = asyncio.ensure_future(warehouse._Consumption(js, consumption, 1800, 1).run(handle))
        await until(lambda: bool(seen))
        await asyncio.sleep(3)
        await stop(task)
        await js.nats.drain()

    run(scenario)
    assert seen == [(b'{"id": "o-1"}', True)], "what is worked on is kept from others meanwhile"


def test_no_more_is_unsettled_than_the_code_holds_and_it_goes_back_in_order(modules: Modules, url: str) -> None:
    shop, warehouse = modules
    held: list[Any] = []
    again: list[tuple[str, bool]] = []

    async def hold(delivery: Any) -> None:
        held.append(delivery)

    async def handle(delivery: Any) -> None:
        again.append((json.loads(delivery.data)["id"], delivery.is_redelivered))
        await delivery.ack()

    async def scenario() -> None:
        js = await warehouse.connect(url)
        await warehouse.ensure(js)
        await place(shop, js, *range(1, 26))
        task = asyncio.ensure_future(warehouse.consume_warehouse_orders(js, hold))  # 10, as in the code
        await until(lambda: len(held) >= 10)
        await asyncio.sleep(0.5)
        assert len(held) == 10 and await pending(js, "X_orders", "warehouse=2Eorders") == (10, 15)
        for delivery in held[:6]:
            await delivery.ack()
        with pytest.raises(RuntimeError, match="settled already"):
            await held[0].nak()
        await until(lambda: len(held) >= 16)
        await asyncio.sleep(0.5)
        assert len(held) == 16 and await pending(js, "X_orders", "warehouse=2Eorders") == (10, 9)
        await stop(task)
        with pytest.raises(RuntimeError, match="given back as its consumer ended"):
            await held[-1].ack()
        task = asyncio.ensure_future(warehouse.consume_warehouse_orders(js, handle))
        await until(lambda: len(again) >= 19)
        await stop(task)
        await js.nats.drain()

    run(scenario)
    assert [number for number, _ in again] == [f"o-{number}" for number in range(7, 26)]
    assert [is_redelivered for _, is_redelivered in again] == [True] * 10 + [False] * 9


def test_questions_are_answered_and_a_queue_of_its_own_goes_with_its_reader(modules: Modules, url: str) -> None:
    shop, warehouse = modules
    answers: list[bytes] = []

    async def tell(delivery: Any) -> None:
        await warehouse.publish_reply_to(
            js_of[0], reply_to=delivery.headers["Reply-To"], body=b"450 for " + delivery.data
        )
        await delivery.ack()

    async def note(delivery: Any) -> None:
        answers.append(delivery.data)

    js_of: list[Any] = []

    async def scenario() -> None:
        js = await shop.connect(url)
        js_of.append(js)
        await shop.ensure(js)
        await warehouse.ensure(js)
        await shop.ensure_temporary(js, client="a.b")
        tasks = [
            asyncio.ensure_future(warehouse.consume_prices(js, tell)),
            asyncio.ensure_future(shop.consume_temporary(js, note, client="a.b")),
        ]
        await shop.publish_prices(js, body=b"tea", headers={"Reply-To": "q.tmp-shop.a=2Eb"}, ttl=5)
        await until(lambda: bool(answers))
        for task in tasks:
            await stop(task)
        names = [each.name for each in await js.nats.jetstream().consumers_info("Q_tmp")]
        assert names == []
        await js.nats.drain()

    run(scenario)
    assert answers == [b"450 for tea"]


def test_what_is_there_otherwise_stays_and_is_told(modules: Modules, url: str) -> None:
    _, warehouse = modules

    async def scenario() -> None:
        js = await warehouse.connect(url)
        context = js.nats.jetstream()
        await warehouse.ensure(js)
        await warehouse.ensure(js)
        info = await context.stream_info("X_orders")
        await context.update_stream(info.config, max_bytes=1000)
        said = "stream X_orders is there, and stays: max_bytes is 1000 and not 1073741824"
        with pytest.raises(warehouse.ConfigurationError, match=f"^{said}$"):
            await warehouse.ensure(js)
        assert (await context.stream_info("X_orders")).config.max_bytes == 1000
        await context.update_stream(info.config, max_bytes=1073741824)
        consumer = (await context.consumer_info("Q_prices", "prices")).config
        await context.add_consumer("Q_prices", consumer, max_deliver=3, ack_wait=1800)
        with pytest.raises(
            warehouse.ConfigurationError, match=r"Q_prices\.prices is there, .*max_deliver is 3 and not -1$"
        ):
            await warehouse.ensure(js)
        await context.add_consumer("Q_prices", consumer, max_deliver=-1, ack_wait=1800)
        await warehouse.ensure(js)  # one that waits longer, as the plan itself has it, does no harm
        await js.nats.drain()

    run(scenario)


def test_what_the_server_refuses_is_an_error(modules: Modules, url: str) -> None:
    shop, warehouse = modules

    async def scenario() -> None:
        js = await shop.connect(url)
        await shop.ensure(js)
        await js.nats.jetstream().update_stream((await js.nats.jetstream().stream_info("Q_prices")).config, max_msgs=1)
        await shop.publish_prices(js, body=b"tea")
        with pytest.raises(shop.ServerError, match=r"q\.prices: maximum messages exceeded"):
            await shop.publish_prices(js, body=b"coffee")

        async def fail(_delivery: Any) -> None:
            raise LookupError("a mistake in the handler")

        await js.nats.jetstream().update_stream((await js.nats.jetstream().stream_info("Q_prices")).config, max_msgs=-1)
        await warehouse.ensure(js)
        with pytest.raises(LookupError, match="a mistake in the handler"):
            await warehouse.consume_prices(js, fail)
        assert (await pending(js, "Q_prices", "prices"))[1] == 0
        with pytest.raises(ValueError, match="1 or more"):
            await warehouse.consume_prices(js, fail, prefetch=0)
        task = asyncio.ensure_future(warehouse.consume_orders_dead(js, fail))
        await asyncio.sleep(0.5)
        await js.nats.jetstream().delete_consumer("X_orders=2Edead", "orders=2Edead")
        with pytest.raises(warehouse.ServerError, match="consumer not found"):
            await asyncio.wait_for(task, 20)
        await js.nats.drain()

    run(scenario)
