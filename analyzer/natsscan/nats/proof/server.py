"""Servers for a trial: on loopback, with their data in a temporary folder, stopped in any case."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from natsscan.model.errors import InputError

_STOPPING = 5  # seconds a server has to stop by itself
_LOOPBACK = "127.0.0.1"


def find_server(given: Path | None) -> Path:
    """Return the nats-server to start: the one given, on PATH, or beside this Python. Raises InputError without one."""
    if given is not None:
        if not given.is_file():
            raise InputError(f"--nats-server {given}: no such file; give the nats-server program itself")
        return given
    found = shutil.which("nats-server") or shutil.which("nats-server", path=str(Path(sys.executable).parent))
    if found is None:
        raise InputError(
            "no nats-server on PATH; install one, give it with --nats-server FILE, or a running one with --url"
        )
    return Path(found)


@contextmanager
def running(program: Path, nodes: int) -> Iterator[str]:
    """Start as many servers as streams have replicas, one cluster, and yield their URLs with commas between.

    Raises InputError for a program that does not start.
    """
    with tempfile.TemporaryDirectory(prefix="natsscan-") as folder:
        clients, routes = _free_ports(nodes), _free_ports(nodes)
        started: list[subprocess.Popen[bytes]] = []
        try:
            for at in range(nodes):
                config = _configuration(Path(folder), at, clients, routes)
                log = Path(folder, f"{at}.log").open("wb")  # noqa: SIM115  # the server writes to it
                with log:
                    started.append(
                        subprocess.Popen([program, "-c", config], stdout=log, stderr=log, stdin=subprocess.DEVNULL)  # noqa: S603
                    )
            yield ",".join(f"nats://{_LOOPBACK}:{port}" for port in clients)
        except OSError as error:
            raise InputError(f"{program}: does not start: {(error.strerror or str(error)).lower()}") from error
        except ConnectionLostError as error:
            raise InputError(f"{program}: {error}; its last words: {_last_words(Path(folder))}") from error
        finally:
            for process in started:
                process.terminate()
            for process in started:
                try:
                    process.wait(_STOPPING)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


class ConnectionLostError(Exception):
    """A server does not answer, or not any more; the text says when."""


def _configuration(folder: Path, at: int, clients: list[int], routes: list[int]) -> Path:
    lines = [
        f"server_name: n{at}",
        f"listen: {_LOOPBACK}:{clients[at]}",
        f'jetstream {{ store_dir: "{folder}/{at}", max_memory_store: 1GB, max_file_store: 1TB }}',
    ]
    if len(clients) > 1:
        others = ", ".join(f"nats-route://{_LOOPBACK}:{port}" for port in routes)
        lines.append(f"cluster {{ name: natsscan, listen: {_LOOPBACK}:{routes[at]}, routes: [{others}] }}")
    file = folder / f"{at}.conf"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind((_LOOPBACK, 0))
        return [int(each.getsockname()[1]) for each in sockets]
    finally:
        for each in sockets:
            each.close()


def _last_words(folder: Path) -> str:
    lines = [
        line for log in sorted(folder.glob("*.log")) for line in log.read_text(errors="replace").splitlines() if line
    ]
    telling = [line for line in lines if "[FTL]" in line or "[ERR]" in line or "nats-server:" in line] or lines
    return telling[-1].strip() if telling else "nothing"
