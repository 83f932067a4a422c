"""Programs and servers that end, and what is there already."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.nats.conftest import free_ports
from tests.python_layer.conftest import Server, Side
from tests.python_layer.test_blocking import bodies, bound, channel_of, declare, exchange, poll, put, take

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


def test_what_is_there_already_is_not_changed(nats: Side, layer: Any) -> None:
    async def ask(subject: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        import nats as client

        connection = await client.connect(nats.url)
        try:
            answer = await connection.request(f"$JS.API.{subject}", json.dumps(body or {}).encode(), timeout=5)
            return dict(json.loads(answer.data))
        finally:
            await connection.close()

    own = {
        "name": "Q",
        "subjects": ["q.*"],
        "retention": "workqueue",
        "description": "somebody's",
        "allow_msg_ttl": True,
    }
    asyncio.run(ask("STREAM.CREATE.Q", own))
    config = {"durable_name": "work", "ack_policy": "explicit", "ack_wait": 7_000_000_000, "filter_subject": "q.work"}
    asyncio.run(ask("CONSUMER.CREATE.Q.work", {"stream_name": "Q", "config": {**config, "name": "work"}}))
    with channel_of(nats) as channel:
        declare(channel, "work")
        put(channel, "work", "x")
        assert bodies(channel, "work") == ["x"]
        channel.queue_declare("inbox.ann", durable=True)
    assert asyncio.run(ask("STREAM.INFO.Q"))["config"]["description"] == "somebody's"
    found = asyncio.run(ask("CONSUMER.INFO.Q.work"))["config"]
    assert found["ack_wait"] == 7_000_000_000
    made = asyncio.run(ask("CONSUMER.INFO.Q.inbox=2Eann"))["config"]
    assert (made["ack_wait"], made["ack_policy"], made["filter_subjects"]) == (
        30_000_000_000,
        "explicit",
        ["q.inbox=2Eann"],
    )


def test_a_queue_with_limits_of_its_own(nats: Side) -> None:
    """It is filled from the exchange's stream, with what is published once it is there."""
    with channel_of(nats) as channel:
        channel.confirm_delivery()
        exchange(channel, "events")
        with pytest.raises(nats.pika.exceptions.UnroutableError):
            channel.basic_publish("events", "report.early", b"early", mandatory=True)
        time.sleep(1.1)
        bound(channel, "events", "reports", "report.#", **{"x-max-length": 5})
        for number in range(8):
            channel.basic_publish("events", f"report.{number}", str(number).encode(), mandatory=True)
        channel.basic_publish("events", "other", b"other")
        time.sleep(0.5)
        found = take(channel, "reports")
        assert [(m.exchange, m.routing_key, b) for m, _, b in found] == [
            ("events", f"report.{number}", str(number).encode()) for number in range(3, 8)
        ]
        channel.queue_delete("reports")
        with pytest.raises(nats.pika.exceptions.UnroutableError):
            channel.basic_publish("events", "report.late", b"late", mandatory=True)


def test_who_publishes_waits_while_there_is_no_room(nats: Side, layer: Any) -> None:
    async def make() -> None:
        import nats as client

        connection = await client.connect(nats.url)
        config = {"name": "Q", "subjects": ["q.*"], "retention": "workqueue", "discard": "new", "max_msgs": 2}
        await connection.request("$JS.API.STREAM.CREATE.Q", json.dumps(config).encode(), timeout=5)
        await connection.close()

    asyncio.run(make())
    with nats.connect() as connection, channel_of(nats) as other:
        told: list[str] = []
        connection.add_on_connection_blocked_callback(lambda _connection, frame: told.append(frame.method.reason))
        connection.add_on_connection_unblocked_callback(lambda *_: told.append("goes on"))
        channel = connection.channel()
        declare(channel, "work")
        put(channel, "work", "a", "b")
        timer = threading.Timer(0.8, lambda: other.basic_get("work", auto_ack=True))
        timer.start()
        began = time.monotonic()
        put(channel, "work", "c")
        assert time.monotonic() - began > 0.5
        timer.join()
        connection.process_data_events(1)
        assert "maximum messages" in told[0] and told[1] == "goes on"
        assert bodies(channel, "work") == ["b", "c"]


def test_who_may_be_refused_is(nats: Side) -> None:
    with channel_of(nats) as channel:
        declare(channel, "full", **{"x-max-length": 2, "x-overflow": "reject-publish"})
        put(channel, "full", "a", "b", "dropped")
        channel.confirm_delivery()
        with pytest.raises(nats.pika.exceptions.NackError):
            put(channel, "full", "c")
        assert bodies(channel, "full") == ["a", "b"]


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("nowhere", {}, "no queue 'nowhere' in the plan"),
        ("work", {"x-max-priority": 5}, "x-max-priority"),
        ("work", {"x-dead-letter-exchange": "dead.letters"}, "does not have x-dead-letter-exchange"),
        ("work", {"x-message-ttl": 1000}, "x-message-ttl"),
        ("work", {"x-queue-type": "stream"}, "x-queue-type"),
        ("work", {"x-whatever": 1}, "x-whatever"),
        ("work", {"x-single-active-consumer": True}, "x-single-active-consumer"),
        ("limited", {"x-delivery-limit": 9}, "x-delivery-limit"),
        ("full", {"x-overflow": "drop-head"}, "x-overflow"),
    ],
)
def test_what_the_plan_does_not_have_is_refused(nats: Side, name: str, given: dict[str, Any], said: str) -> None:
    with channel_of(nats) as channel, pytest.raises(nats.pika.exceptions.ChannelClosedByBroker, match=said):
        channel.queue_declare(name, durable=True, arguments=given)


def test_what_cannot_be_kept_is_refused(nats: Side) -> None:
    pika = nats.pika
    with nats.connect() as connection:
        for said, action in {
            "headers": lambda channel: channel.exchange_declare("orders", "headers"),
            "internal": lambda channel: channel.exchange_declare("orders", "topic", internal=True),
            "alternate-exchange": lambda channel: channel.exchange_declare(
                "orders", "topic", arguments={"alternate-exchange": "x"}
            ),
            "no exchange 'nowhere' in the plan": lambda channel: channel.basic_publish("nowhere", "", b""),
            "no queue 'nobody' in the plan": lambda channel: channel.basic_publish("", "nobody", b""),
            "prefetch": lambda channel: channel.basic_qos(prefetch_count=1, global_qos=True),
            "exclusive consumers": lambda channel: channel.basic_consume("work", lambda *_: None, exclusive=True),
            "x-priority": lambda channel: channel.basic_consume("work", lambda *_: None, arguments={"x-priority": 1}),
            "x-match": lambda channel: channel.queue_bind("work", "orders", "", arguments={"x-match": "all"}),
            "CC": lambda channel: put(channel, "work", "x", headers={"CC": ["short"]}),
            "no filter says": lambda channel: channel.queue_bind("orders.some", "orders", "#.x"),
            "filled by what the plan binds": lambda channel: channel.queue_bind("reports", "events", "other"),
            "is not filled|is filled": lambda channel: channel.queue_bind("work", "orders", "x"),
            "does not become a dead letter": lambda channel: put(channel, "careful", "x", expiration="10"),
            "larger than": lambda channel: put(channel, "work", "x" * 2_000_000),
            "invalid expiration": lambda channel: put(channel, "work", "x", expiration="soon"),
            "allow_msg_ttl": lambda channel: put(channel, "full", "x", expiration="1000"),
        }.items():
            channel = connection.channel()
            declare(channel, "work", "inbox.ann", "full", "orders.some")
            declare(channel, "careful", **{"x-dead-letter-exchange": "dead.letters"})
            channel.exchange_declare("orders", "topic", durable=True)
            channel.queue_declare("reports", durable=True)
            with pytest.raises(pika.exceptions.AMQPChannelError, match=said):
                action(channel)


def test_addresses(layer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from shop.nats_amqp import address

    monkeypatch.setenv("RABBITMQ_URL", "amqp://me:secret@rabbit:5672/")
    with pytest.raises(
        ValueError, match=r"^amqp://rabbit:5672/ is an address of RabbitMQ.*RABBITMQ_URL.*nats://"
    ) as caught:
        layer.pika.URLParameters("amqp://me:secret@rabbit:5672/")
    assert "secret" not in str(caught.value)
    with pytest.raises(ValueError, match="address of RabbitMQ"):
        asyncio.run(layer.aio_pika.connect_robust("amqps://rabbit"))
    with pytest.raises(ValueError, match="port of RabbitMQ"):
        layer.pika.BlockingConnection(layer.pika.ConnectionParameters("rabbit", 5672))
    found = address.from_url("nats://me:p%40ss@one:4111,two,[::1]:4333/?creds=/my.creds&heartbeat=10")
    assert found.servers == ("nats://one:4111", "nats://two:4222", "nats://[::1]:4333")
    assert (found.user, found.password, found.token, found.credentials_file) == ("me", "p@ss", None, "/my.creds")
    found = address.from_url("tls://token@one")
    assert (found.servers, found.token, found.user) == (("tls://one:4222",), "token", None)
    assert isinstance(found.tls, ssl.SSLContext)
    parameters = layer.pika.ConnectionParameters("nats://me:pw@one")
    assert parameters.where() == address.from_url("nats://me:pw@one")
    changed = layer.pika.URLParameters("nats://me:pw@one")
    changed.credentials = layer.pika.PlainCredentials("you", "word")
    assert (changed.where().user, changed.where().servers) == ("you", ("nats://one:4222",))


def test_who_may_come_in(modern_server: Path, layer: Any, tmp_path: Path) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("no openssl")
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost", "-addext",
            "subjectAltName=DNS:localhost", "-keyout", tmp_path / "key.pem", "-out", tmp_path / "cert.pem",
        ],
        check=True, capture_output=True,
    )  # fmt: skip
    (port,) = free_ports(1)
    (tmp_path / "nats.conf").write_text(
        f'listen: "127.0.0.1:{port}"\njetstream {{ store_dir: "{tmp_path}/store" }}\n'
        "authorization { user: me, password: secret }\n"
        f'tls {{ cert_file: "{tmp_path}/cert.pem", key_file: "{tmp_path}/key.pem" }}\n'
    )
    pika = layer.pika
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen([modern_server, "-c", tmp_path / "nats.conf"], stdout=log, stderr=log)
    try:
        good = f"tls://me:secret@localhost:{port}?ca={tmp_path}/cert.pem"
        ends = time.monotonic() + 10
        while True:
            with suppress(pika.exceptions.AMQPConnectionError):
                with pika.BlockingConnection(pika.URLParameters(good)) as connection:
                    connection.channel().queue_declare("work", durable=True)
                break
            assert time.monotonic() < ends, (tmp_path / "log").read_text()
        with pytest.raises(pika.exceptions.AMQPConnectionError):  # the server may be gone before it is heard
            pika.BlockingConnection(pika.URLParameters(good.replace("secret", "wrong")))
        with pytest.raises(pika.exceptions.AMQPConnectionError):
            pika.BlockingConnection(pika.URLParameters(f"tls://me:secret@localhost:{port}"))
        context = ssl.create_default_context(cafile=str(tmp_path / "cert.pem"))
        parameters = pika.ConnectionParameters(
            "localhost", port, credentials=pika.PlainCredentials("me", "secret"), ssl_options=pika.SSLOptions(context)
        )
        pika.BlockingConnection([pika.ConnectionParameters("localhost", 1), parameters]).close()

        async def in_loop() -> None:
            given = {"host": "localhost", "port": port, "login": "me", "password": "secret", "ssl": True}
            options = {"cafile": str(tmp_path / "cert.pem")}
            await (await layer.aio_pika.connect_robust(**given, ssl_options=options)).close()
            with pytest.raises(layer.aio_pika.exceptions.AMQPConnectionError):
                await layer.aio_pika.connect_robust(**{**given, "password": "wrong"}, ssl_options=options)

        asyncio.run(in_loop())
    finally:
        process.terminate()
        process.wait()


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
