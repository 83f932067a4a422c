"""The services of wire-mini at work: what their clients, other backends and operators notice."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.haskell_flow.puppet import Puppet

QUIET = 1.5  # seconds in which nothing more is expected
AGAIN = 45.0  # within so many seconds what a killed process held is delivered again


@dataclass(frozen=True)
class Programs:
    """Executables of wire-mini, and one that runs parts of its services as it is told."""

    flow: Path
    gundeck: Path
    worker: Path


@dataclass(frozen=True)
class Deployment:
    """Programs, their configuration for one broker, and the environment that they run in."""

    programs: Programs
    gundeck: Path
    worker: Path
    environment: dict[str, str]

    @contextmanager
    def flow(self) -> Iterator[Puppet]:
        puppet = Puppet(
            subprocess.Popen(
                [self.programs.flow, self.gundeck, self.worker],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=self.environment,
            )
        )  # fmt: skip
        try:
            puppet.event("connected")
            yield puppet
        finally:
            puppet.kill()

    def set_up(self) -> None:
        """Run gundeck, which declares what all services share."""
        subprocess.run([self.programs.gundeck, self.gundeck], env=self.environment, check=True, timeout=60)

    @contextmanager
    def work(self) -> Iterator[subprocess.Popen[bytes]]:
        """Run background-worker."""
        process = subprocess.Popen([self.programs.worker, self.worker], stdout=subprocess.DEVNULL, env=self.environment)
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def deploy(programs: Programs, folder: Path, port: int) -> Deployment:
    """Write the configuration for a broker on this machine."""
    folder.mkdir(parents=True, exist_ok=True)
    broker = {"host": "127.0.0.1", "port": port, "vHost": "/"}
    gundeck = {
        "aws": {"account": "none", "queueName": "none"},
        "rabbitmq": broker,
        "settings": {"notificationTTL": 6, "cellsEventQueue": "cells_events"},
    }
    worker = {
        "rabbitmq": {**broker, "adminHost": "127.0.0.1", "adminPort": 1},
        "federationDomain": "here.example",
        "backendNotificationPusher": {
            "pushBackoffMinWait": 1000,
            "pushBackoffMaxWait": 5000,
            "remotesRefreshInterval": 1,
        },
        "backgroundJobs": {"concurrency": 2, "maxAttempts": 2},
    }
    for name, content in {"gundeck.json": gundeck, "worker.json": worker}.items():
        (folder / name).write_text(json.dumps(content))
    environment = {**os.environ, "RABBITMQ_USERNAME": "guest", "RABBITMQ_PASSWORD": "guest"}
    return Deployment(programs, folder / "gundeck.json", folder / "worker.json", environment)


def sent(puppet: Puppet, label: str, count: int, seconds: float = 30.0) -> list[str]:
    """Return what a websocket was sent; JSON texts are compared without their lists' brackets."""
    found = [puppet.event("sent", seconds, label=label) for _ in range(count)]
    return [each["text"].strip("[]") for each in found if each is not None]


def told(puppet: Puppet, name: str, count: int, seconds: float = 30.0) -> list[Any]:
    found = [puppet.event(name, seconds) for _ in range(count)]
    return [each for each in found if each is not None]


def notifications(deployment: Deployment) -> dict[str, Any]:
    """Clients with queues of their own and one without: copies, order, acknowledgement, redelivery, expiry."""
    seen: dict[str, Any] = {}
    with deployment.flow() as server, deployment.flow() as cannon:
        seen["queue"] = server.do("client", user="alice", client="c1")
        server.do("client", user="alice", client="c2")
        cannon.do("connect", label="phone", user="alice", client="c1", marker="up to date")
        cannon.do("connect", label="guest", user="alice", client=None, marker=None)
        time.sleep(1)
        for number in range(3):
            server.do("push", user="alice", clients=[], payload=f"all {number}", stored=True)
        server.do("push", user="alice", clients=["c1"], payload="for c1", stored=True)
        server.do("push", user="bob", clients=[], payload="for bob", stored=True)
        server.do("push", user="alice", clients=[], payload="right now", stored=False)
        seen["phone"] = sent(cannon, "phone", 6)
        seen["guest"] = sent(cannon, "guest", 4)
        seen["nothing more"] = [cannon.event("sent", QUIET, label=label) for label in ("phone", "guest")]
        # What was acknowledged up to a tag does not come again, the rest does.
        cannon.do("acknowledge", label="phone", tag=3, multiple=True)
        time.sleep(0.3)
        cannon.do("disconnect", label="phone")
        cannon.do("disconnect", label="guest")
        time.sleep(0.5)
        cannon.do("connect", label="again", user="alice", client="c1", marker=None)
        seen["again"] = sent(cannon, "again", 2) + sent(cannon, "again", 1, QUIET)
        cannon.do("acknowledge", label="again", tag=0, multiple=True)
        time.sleep(0.3)
    return seen


def missed(deployment: Deployment) -> dict[str, Any]:
    """What a client does not fetch in time ends in the queue of dead notifications, and so does what it refuses."""
    with deployment.flow() as server:
        server.do("dead")
        server.do("client", user="carol", client="c3")
        server.do("push", user="carol", clients=[], payload="too late", stored=True)
        server.do("push", user="carol", clients=[], payload="nobody is there", stored=False)
        queue = "user-notifications.carol.c3"
        dead = sorted(server.event("dead", 30.0, queue=queue)["body"] for _ in range(2))
        server.do("connect", label="late", user="carol", client="c3", marker=None)
        return {"dead": dead, "late": sent(server, "late", 1, QUIET)}


def forgotten(deployment: Deployment) -> dict[str, Any]:
    """A client that is gone gets nothing, and its queue is gone with what was in it."""
    with deployment.flow() as server:
        server.do("client", user="dave", client="c4")
        server.do("push", user="dave", clients=[], payload="unread", stored=True)
        server.do("forget", user="dave", client="c4")
        server.do("push", user="dave", clients=[], payload="to nobody", stored=True)
        server.do("client", user="dave", client="c4")
        server.do("connect", label="new", user="dave", client="c4", marker="here")
        return {"new": sent(server, "new", 2, QUIET)}


def jobs(deployment: Deployment) -> dict[str, Any]:
    """Jobs are done, tried again, given up; no more than two at a time; those of a killed worker are done by another one."""
    seen: dict[str, Any] = {}
    with deployment.flow() as server:
        with deployment.flow() as worker:
            for number in ("1", "2", "bad", "3"):
                server.do("job", id=number)
            worker.do("work")
            seen["done"] = sorted(told(worker, "job", 5))
            for number in ("slow 1", "slow 2", "slow 3"):
                server.do("job", id=number)
            seen["two at a time"] = sorted(told(worker, "job", 3, QUIET))
            worker.kill()
        with deployment.flow() as one, deployment.flow() as two:
            found: set[str] = set()
            ends = time.monotonic() + AGAIN
            for worker in (one, two):
                worker.do("work")
            while len(found) < 3 and time.monotonic() < ends:
                found |= {each for worker in (one, two) for each in told(worker, "job", 1, QUIET)}
            seen["again"] = sorted(found)
    return seen


def federation(deployment: Deployment) -> dict[str, Any]:
    """Each backend gets its notifications in order, and only once though two pushers run."""
    with deployment.flow() as server, deployment.flow() as one, deployment.flow() as two:
        for number in range(20):
            server.do("notify", domain="a.example", text=f"a{number}")
            server.do("notify", domain="b.example", text=f"b{number}")
        for pusher in (one, two):
            pusher.do("pusher", domains=["a.example", "b.example"])
        pushed: dict[str, list[str]] = {"a.example": [], "b.example": []}
        by: dict[str, set[int]] = {"a.example": set(), "b.example": set()}
        for at, pusher in enumerate((one, two)):
            while (each := pusher.event("pushed", 4.0)) is not None:
                pushed[each["domain"]].append(each["text"])
                by[each["domain"]].add(at)
        return {"pushed": pushed, "one pusher each": [len(who) for who in by.values()]}


def executables(deployment: Deployment) -> dict[str, Any]:
    """gundeck and background-worker themselves: what is queued before the worker runs is done when it does."""
    with deployment.flow() as server:
        for number in range(10):
            server.do("job", id=f"e{number}")
        with deployment.work():
            time.sleep(3)
        with deployment.flow() as other:
            other.do("work")
            return {"left": told(other, "job", 1, QUIET)}
