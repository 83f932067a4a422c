"""The API of amqp on NATS does what it does on RabbitMQ: one program, two brokers, the same is seen."""

from __future__ import annotations

import json
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.haskell_client.conftest import serving
from tests.haskell_flow import consuming, lifetimes, routing  # noqa: F401  # they enter their scenarios
from tests.haskell_flow.puppet import Broker
from tests.haskell_flow.scenario import SCENARIOS, bound

# What takes half a minute begins first.
SLOW = ("a_killed_consumer", "an_active_consumer_that_takes_long")


def seen_on(brokers: dict[str, tuple[Path, int]], name: str, scenario: str) -> Any:
    """Return what a scenario shows on a broker, with its own names for things left out."""
    program, port = brokers[name]
    broker = Broker(program, "127.0.0.1", port, scenario)
    try:
        seen = SCENARIOS[scenario](broker)
    finally:
        broker.stop()
    return json.loads(json.dumps(seen).replace(f"{scenario}.", ""))


def test_both_brokers_show_the_same(brokers: dict[str, tuple[Path, int]]) -> None:
    """All scenarios side by side, as most of their time is waiting."""
    with ThreadPoolExecutor(6) as pool:
        running = {
            (scenario, name): pool.submit(seen_on, brokers, name, scenario)
            for scenario in sorted(SCENARIOS, key=lambda each: each not in SLOW)
            for name in brokers
        }
        seen = {key: future.result() for key, future in running.items()}
    assert {each: seen[each, "nats"] for each in SCENARIOS} == {each: seen[each, "rabbitmq"] for each in SCENARIOS}


@pytest.mark.parametrize(
    "arguments",
    [{"x-max-length": 3}, {"x-max-length-bytes": 9}, {"x-max-priority": 5}, {"x-queue-type": "stream"}],
    ids=str,
)
def test_a_queue_that_cannot_be_kept_is_refused(broker: Broker, arguments: dict[str, Any]) -> None:
    puppet = broker.start()
    assert puppet.do("declare queue", queue=broker.name("q"), arguments=arguments) == "channel closed Abnormal"
    assert puppet.event("channel ended")["normal"] is False


@pytest.mark.parametrize(
    "fields", [{"type": "x-delayed-message"}, {"type": "fanout", "arguments": {"alternate-exchange": "other"}}], ids=str
)
def test_an_exchange_that_cannot_be_kept_is_refused(broker: Broker, fields: dict[str, Any]) -> None:
    assert broker.start().do("declare exchange", exchange=broker.name("e"), **fields) == "channel closed Abnormal"


def test_a_message_for_more_than_one_key_is_refused(broker: Broker) -> None:
    puppet = broker.start()
    assert puppet.do("publish", exchange="", key="k", headers={"CC": "other"}) == "channel closed Abnormal"


def test_an_exclusive_queue_goes_with_a_killed_client(broker: Broker) -> None:
    mine, others, queue = broker.start(), broker.start(), broker.name("q")
    mine.do("declare queue", queue=queue, exclusive=True)
    others.do("sleep", seconds=35)  # longer than it would live without its client
    mine.do("publish", exchange="", key=queue, body="still there")
    assert mine.do("get", queue=queue)["body"] == "still there"
    mine.kill()
    others.do("sleep", seconds=42)
    assert others.do("declare queue", queue=queue, exclusive=True)[1:] == [0, 0]


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL], ids=["stopped", "killed"])
def test_a_server_that_comes_back_has_lost_nothing(
    puppets: dict[str, Path], tmp_path: Path, how: signal.Signals
) -> None:
    """Two programs go on while the server is away; RabbitMQ would have closed their connections."""
    with serving(tmp_path / "server", f'jetstream {{ store_dir: "{tmp_path}/data", sync_interval: always }}') as server:
        broker = Broker(puppets["nats"], "127.0.0.1", server.port, "again")
        reader, writer, exchange, queue = broker.start(), broker.start(), "again.e", "again.q"
        bound(writer, exchange, "topic", {queue: ["a.#"]})
        reader.do("qos", count=20)
        reader.do("consume", queue=queue, label="c", how="ack")
        with ThreadPoolExecutor() as pool:
            publishing = pool.submit(writer.do, "publish many", exchange=exchange, key="a.b", first=1, last=4000)
            reader.bodies(300, "c")
            server.stop(how)
            time.sleep(1)
            server.start()
            assert publishing.result() is None
        wanted = set(range(301, 4001))
        while wanted and (delivery := reader.event("delivered", 45.0)) is not None:
            wanted.discard(int(delivery["body"]))  # one whose acknowledgement was under way may come twice
        broker.stop()
    assert wanted == set()
