from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pytest

from natsscan.nats.proof.server import running


@pytest.fixture(scope="session")
def modern_server() -> Path:
    """The nats-server that the development environment brings."""
    return Path(sys.executable).with_name("nats-server")


@dataclass(frozen=True)
class OldServer:
    """A nats-server and its version."""

    program: Path
    version: str


@pytest.fixture(scope="session")
def old_server() -> OldServer:
    """The nats-server that Debian packages: with Debian 12, 2.9, the oldest supported."""
    found = shutil.which("nats-server", path="/usr/sbin:/usr/bin")
    if found is None:
        missing("no nats-server in /usr/sbin; apt-get install nats-server")
    said = subprocess.run([found, "--version"], capture_output=True, text=True, check=True).stdout
    version = ".".join(said.rpartition("v")[2].strip().split(".")[:2])
    if tuple(map(int, version.split("."))) >= (2, 11):
        pytest.skip(f"the packaged nats-server {version} is no old one")
    return OldServer(Path(found), version)


@pytest.fixture(scope="session")
def nats_url(modern_server: Path) -> Iterator[str]:
    with running(modern_server, 1) as url:
        yield url


@pytest.fixture(scope="session")
def rabbitmq_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A RabbitMQ of its own, on loopback, stopped at the end."""
    program = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
    if not program.exists():
        missing("no rabbitmq-server; apt-get install rabbitmq-server")
    folder = tmp_path_factory.mktemp("rabbitmq")
    port, between, mapper = free_ports(3)
    environment = os.environ | {
        "HOME": str(folder),
        "RABBITMQ_NODENAME": f"n{port}@localhost",
        "RABBITMQ_NODE_PORT": str(port),
        "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
        "RABBITMQ_DIST_PORT": str(between),
        "RABBITMQ_MNESIA_BASE": str(folder / "db"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_PID_FILE": str(folder / "pid"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": "/dev/null",
        "RABBITMQ_CONFIG_FILE": str(folder / "none"),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "ERL_EPMD_PORT": str(mapper),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
    }
    with (folder / "out").open("wb") as out:
        server = subprocess.Popen([program], env=environment, stdout=out, stderr=out, start_new_session=True)
    try:
        ends = time.monotonic() + 90
        while not _answers(port):
            assert server.poll() is None and time.monotonic() < ends, (folder / "out").read_text()[-2000:]
            time.sleep(0.3)
        yield f"amqp://guest:guest@127.0.0.1:{port}"
    finally:
        os.killpg(server.pid, signal.SIGTERM)  # the port mapper that it started is a daemon, stopped below
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
        subprocess.run(["epmd", "-port", str(mapper), "-kill"], env=environment, capture_output=True, check=False)


def missing(what: str) -> NoReturn:
    """Skip a test that needs a broker; in CI it has to be there."""
    if os.environ.get("CI"):
        pytest.fail(what)
    pytest.skip(what)


def free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [int(each.getsockname()[1]) for each in sockets]
    for each in sockets:
        each.close()
    return ports


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.settimeout(5)
            connection.sendall(b"AMQP\0\0\x09\x01")
            return connection.recv(1) == b"\x01"
    except OSError:
        return False
