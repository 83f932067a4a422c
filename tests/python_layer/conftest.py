"""Code that uses pika and aio-pika, on RabbitMQ with the libraries and on NATS with the package: it has to do the same."""

from __future__ import annotations

import importlib
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.nats.conftest import free_ports, modern_server, rabbitmq_url  # noqa: F401  # fixtures

TEMPLATE = Path(__file__).parents[2] / "templates" / "python-amqp"
PACKAGE = "shop"
QUEUES = [
    "work",
    "answers",
    "short",
    "brittle",
    "careful",
    "limited",
    "mine",
    "passing",
    "orders.eu",
    "orders.paid",
    "orders.some",
    "news.one",
    "news.two",
    "jobs",
    "dead",
    "reports",
    "inbox.ann",
]
EXCHANGES = {"orders": "topic", "news": "fanout", "jobs": "direct", "dead.letters": "fanout", "events": "topic"}


class Server:
    """A nats-server that can be killed and started again."""

    def __init__(self, program: Path, folder: Path) -> None:
        (self.port,) = free_ports(1)
        self._command = [program, "-a", "127.0.0.1", "-p", str(self.port), "-js", "-sd", folder / "store"]
        self._log = folder / "nats.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log)
        ends = time.monotonic() + 20
        while "Server is ready" not in self._log.read_text().rpartition("Starting nats-server")[2]:
            assert self._process.poll() is None and time.monotonic() < ends, self._log.read_text()[-2000:]
            time.sleep(0.01)

    def stop(self) -> None:
        """Have it end: it keeps all that it has said that it has."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()

    def kill(self) -> None:
        """End it: it may have forgotten what was acknowledged just before."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a package that has the layer in it, as a service has."""
    folder = tmp_path_factory.mktemp("service")
    target = folder / PACKAGE / "nats_amqp"
    shutil.copytree(TEMPLATE, target, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(Path(__file__).with_name("planned.py"), target / "the_plan.py")
    (folder / PACKAGE / "__init__.py").write_text("")
    return folder


@pytest.fixture(scope="session")
def layer(service: Path) -> Iterator[ModuleType]:
    sys.path.insert(0, str(service))
    for name in ("pika", "aio_pika"):
        importlib.import_module(f"{PACKAGE}.nats_amqp.{name}")
    yield importlib.import_module(f"{PACKAGE}.nats_amqp")
    sys.path.remove(str(service))


@pytest.fixture
def server(modern_server: Path, tmp_path: Path) -> Iterator[Server]:  # noqa: F811
    server = Server(modern_server, tmp_path)
    server.start()
    yield server
    server.kill()


@dataclass(frozen=True)
class Side:
    """A library, or what stands for it, and the broker that it is for."""

    name: str
    pika: Any
    aio_pika: Any
    url: str

    @property
    def is_nats(self) -> bool:
        return self.name == "nats"

    def connect(self) -> Any:
        return self.pika.BlockingConnection(self.pika.URLParameters(self.url))


@pytest.fixture
def nats(layer: Any, server: Server) -> Side:
    return Side("nats", layer.pika, layer.aio_pika, server.url)


@pytest.fixture
def rabbitmq(rabbitmq_url: str) -> Side:  # noqa: F811
    """RabbitMQ without anything of the tests."""
    import aio_pika
    import pika

    side = Side("rabbitmq", pika, aio_pika, rabbitmq_url)
    with side.connect() as connection:
        for name in QUEUES:
            with suppress(pika.exceptions.ChannelClosedByBroker):
                connection.channel().queue_delete(name)
        for name in EXCHANGES:
            connection.channel().exchange_delete(name)
    return side


@pytest.fixture(params=["rabbitmq", "nats"])
def side(request: pytest.FixtureRequest) -> Side:
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Side)
    return found
