"""`natsscan verify` on real brokers."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from natsscan.nats.proof.jetstream import JetStream
from tests.conftest import WIRE_MINI, Command
from tests.nats.conftest import OldServer, free_ports

SHOP = """\
module Shop where
import Network.AMQP
setup chan = do
  declareExchange chan newExchange {exchangeName = "orders", exchangeType = "topic"}
  declareQueue chan newQueue {queueName = "billing"}
  bindQueue chan "billing" "orders" "eu.#"
send chan = publishMsg chan "orders" "eu.paid" newMsg
"""

PLUGINS = """\
{-# LANGUAGE OverloadedStrings #-}
module Shop where
import qualified Data.Map as Map
import Network.AMQP
import Network.AMQP.Types
setup chan = do
  declareExchange chan newExchange
    { exchangeName = "late", exchangeType = "x-delayed-message"
    , exchangeArguments = FieldTable (Map.fromList [("x-delayed-type", FVString "direct")]) }
  declareQueue chan newQueue {queueName = "billing"}
  bindQueue chan "billing" "late" "soon"
  declareQueue chan newQueue
    {queueName = "work", queueHeaders = FieldTable (Map.fromList [("x-max-priority", FVInt32 8)])}
send chan = do
  publishMsg chan "late" "soon" newMsg
  publishMsg chan "" "work" newMsg
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "src").mkdir()
    (tmp_path / "src/Shop.hs").write_text(SHOP)
    return tmp_path


@pytest.fixture
def plain_url(modern_server: Path) -> Iterator[str]:
    """A server without JetStream."""
    (port,) = free_ports(1)
    server = subprocess.Popen([modern_server, "-a", "127.0.0.1", "-p", str(port)], stderr=subprocess.DEVNULL)
    yield f"nats://127.0.0.1:{port}"
    server.terminate()
    server.wait()


def test_wire_mini_does_the_same_on_both_brokers(natsscan: Command, modern_server: Path, rabbitmq_url: str) -> None:
    run = natsscan("verify", WIRE_MINI, "--nats-server", modern_server, "--rabbitmq", rabbitmq_url)
    assert run.code == 0, run.out + run.err
    assert run.out.startswith("On nats-server 2.14.")
    assert " and RabbitMQ: " in run.out.splitlines()[0]
    assert " 0 differs" in run.out.splitlines()[0]
    assert "RabbitMQ and NATS" in run.out
    assert "reject and dead-letter  is gone, dead-user-notifications has it" in run.out


def test_an_old_server_does_what_is_mapped_for_it(natsscan: Command, old_server: OldServer) -> None:
    options = ("--nats-server", old_server.program, "--server-version", old_server.version)
    run = natsscan("verify", WIRE_MINI, *options)
    assert run.code == 0, run.out + run.err
    assert run.out.startswith(f"On nats-server {old_server.version}.")


def test_a_server_older_than_the_mapping_needs_is_told(natsscan: Command, old_server: OldServer) -> None:
    run = natsscan("verify", WIRE_MINI, "--nats-server", old_server.program)
    assert run.code == 2
    assert "the mapping needs 2.11" in run.err and f"--server-version {old_server.version}" in run.err


def test_a_running_server_is_left_as_it_was(natsscan: Command, shop: Path, nats_url: str) -> None:
    run = natsscan("verify", "src", "--url", nats_url)
    assert run.code == 0, run.out + run.err
    assert "shop" not in run.err
    assert not asyncio.run(has_stream(nats_url, "X_orders"))


def test_streams_that_are_there_already_are_not_touched(natsscan: Command, shop: Path, nats_url: str) -> None:
    asyncio.run(add_stream(nats_url, "X_orders"))
    run = natsscan("verify", "src", "--url", nats_url)
    assert run.code == 2
    assert "has streams X_orders already" in run.err
    assert asyncio.run(has_stream(nats_url, "X_orders"))
    asyncio.run(delete_stream(nats_url, "X_orders"))


def test_a_decision_that_loses_messages_differs(natsscan: Command, shop: Path, nats_url: str) -> None:
    natsscan("map", "src", "-o", "out")
    subjects = shop / "out/subjects.yaml"
    subjects.write_text(
        subjects.read_text().replace(
            "consumer: billing", "consumer: billing\n    set: {filter_subjects: [x.orders.us]}"
        )
    )
    run = natsscan("verify", "src", "--url", nats_url, "--subjects", "out/subjects.yaml")
    assert run.code == 1
    assert "differs" in run.out and "gets it on AMQP, not on NATS" in " ".join(run.out.split())


def test_a_pinned_consumer_is_read_by_one_worker_at_a_time(natsscan: Command, shop: Path, nats_url: str) -> None:
    (shop / "src/Shop.hs").write_text(SHOP.replace("eu.#", "eu.*"))
    natsscan("map", "src", "-o", "out")
    subjects = shop / "out/subjects.yaml"
    pinned = (
        "{max_ack_pending: 1, priority_groups: [g], priority_policy: pinned_client, priority_timeout: 120000000000}"
    )
    subjects.write_text(subjects.read_text().replace("consumer: billing", f"consumer: billing\n    set: {pinned}"))
    run = natsscan("verify", "src", "--url", nats_url, "--subjects", "out/subjects.yaml")
    assert run.code == 0, run.out + run.err
    assert "one in work at a time, in order" in run.out


def test_priorities_and_delays_are_tried(natsscan: Command, shop: Path, nats_url: str) -> None:
    (shop / "src/Shop.hs").write_text(PLUGINS)
    run = natsscan("verify", "src", "--url", nats_url)
    assert run.code == 0, run.out + run.err
    assert "came as 8, 4, 0" in run.out
    assert "comes after its delay" in run.out


def test_a_server_without_jetstream_is_told(natsscan: Command, shop: Path, plain_url: str) -> None:
    run = natsscan("verify", "src", "--url", plain_url)
    assert run.code == 2
    assert "has no JetStream" in run.err and len(run.err.splitlines()) == 1


def test_a_server_that_dies_half_way_is_told(natsscan: Command, shop: Path, modern_server: Path) -> None:
    dying = shop / "dying"
    dying.write_text(f'#!/bin/sh\nexec timeout 1.2 {modern_server} "$@"\n')
    dying.chmod(0o755)
    run = natsscan("verify", "src", "--nats-server", dying)
    assert run.code == 2
    assert "Traceback" not in run.err and len(run.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--nats-server", "/bin/true"), "no NATS server answers"),
        (("--nats-server", "nowhere"), "no such file"),
        (("--nats-server", "src/Shop.hs"), "does not start"),
        (("--url", "nats://127.0.0.1:1"), "no NATS server answers"),
        (("--rabbitmq", "amqp://guest:secret@127.0.0.1:1"), "no RabbitMQ answers"),
        (("--subjects", "nowhere.yaml"), "natsscan map writes one"),
    ],
)
def test_what_cannot_be_reached_is_one_clear_line(
    natsscan: Command, shop: Path, options: tuple[str, ...], says: str
) -> None:
    run = natsscan("verify", "src", *options)
    assert run.code == 2
    assert says in run.err and len(run.err.splitlines()) == 1
    assert "secret" not in run.err


def test_nothing_to_prove_is_told(natsscan: Command, tmp_path: Path) -> None:
    (tmp_path / "Empty.hs").write_text("module Empty where\n")
    run = natsscan("verify", ".")
    assert run.code == 2 and "nothing to prove" in run.err


async def has_stream(url: str, name: str) -> bool:
    server = await JetStream.connect(url)
    found = await server.has_stream(name)
    await server.close()
    return found


async def add_stream(url: str, name: str) -> None:
    server = await JetStream.connect(url)
    await server.add_stream({"name": name, "subjects": ["mine"], "retention": "limits", "storage": "memory"})
    await server.close()


async def delete_stream(url: str, name: str) -> None:
    server = await JetStream.connect(url)
    await server.delete_stream(name)
    await server.close()
