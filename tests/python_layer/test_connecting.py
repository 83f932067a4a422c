"""Where the package connects to, and as whom."""

from __future__ import annotations

import asyncio
import shutil
import ssl
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.nats.conftest import free_ports


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
