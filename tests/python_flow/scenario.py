"""The services of orders-mini at work on a broker, and what is left when they are done.

Whether they are as they were written for RabbitMQ, or moved to NATS, is up to the folder that they run from.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

NOBODY = "{}://127.0.0.1:1"  # what should not be used is not there
SECONDS = 90.0  # nothing takes nearly as long, not even what is delivered again after a time
CRASHED = 9

PRICES = {"tea": 450, "coffee": 690, "cocoa": 520, "sugar": 110}
COUNTRIES = ("de", "fr", "nl", "it")
POISON, CRASH = "order-12", "order-20"
SOURCE = "night shift"


def _orders() -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = [
        {
            "id": f"order-{number:02}",
            "country": COUNTRIES[number % 4],
            "product": tuple(PRICES)[number % 3],
            "quantity": number,
        }
        for number in range(1, 31)
    ]
    return [{key: each[key] for key in each if key != "quantity" or each["id"] != POISON} for each in made]


ORDERS = _orders()
# Nobody has bound a queue for regions; what is not for sale has no price; the last one shows that all before it is done.
ELSEWHERE = {"id": "elsewhere", "country": "gb.sct", "product": "tea", "quantity": 1}
UNKNOWN = {"id": "unknown", "country": "de", "product": "caviar", "quantity": 1}
LAST = {"id": "last", "country": "de", "product": "sugar", "quantity": 1}


@dataclass(frozen=True)
class Entry:
    """A line of the ledger."""

    id: str
    country: str
    total: int
    source: str
    redelivered: bool


@dataclass(frozen=True)
class DeadLetter:
    """A line of the file of dead letters."""

    id: str
    source: str
    order: dict[str, Any]


@dataclass(frozen=True)
class Outcome:
    """What was processed, in order, and how the processes ended."""

    ledger: tuple[Entry, ...]
    dead: tuple[DeadLetter, ...]
    placed: dict[str, str]  # by the shops, of how many
    exits: dict[str, int | None]


@dataclass
class Broker:
    """Where the services are, where their files go, and the addresses that they are told; ends what it has started."""

    services: Path
    folder: Path
    rabbitmq_url: str
    nats_url: str
    path: Path | None = None  # where modules are looked for before those that are installed
    _started: dict[str, subprocess.Popen[str]] = field(default_factory=dict)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _value: BaseException | None, _trace: TracebackType | None
    ) -> None:
        for process in self._started.values():
            process.kill()
            process.wait()

    def start(self, service: str, name: str, orders: list[dict[str, Any]], /, **settings: str) -> Process:
        """Run a service as `python -m` in its folder; orders are what it reads from standard input."""
        environment = {
            **os.environ, "RABBITMQ_URL": self.rabbitmq_url, "NATS_URL": self.nats_url,
            "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1", **settings,
        }  # fmt: skip
        environment |= {"PYTHONPATH": str(self.path)} if self.path else {}
        given = self.folder / f"{name}.jsonl"
        given.write_text("".join(json.dumps(each) + "\n" for each in orders))
        log = self.folder / f"{name}.log"
        with log.open("w") as out, given.open() as into:
            process = subprocess.Popen(
                [sys.executable, "-m", service],
                cwd=self.services / service, env=environment, stdin=into, stdout=out, stderr=out, text=True,
            )  # fmt: skip
        self._started[name] = process
        return Process(name, process, log)


@dataclass(frozen=True)
class Process:
    """A service that was started."""

    name: str
    process: subprocess.Popen[str]
    log: Path

    @property
    def code(self) -> int | None:
        return self.process.poll()

    def stop(self) -> int | None:
        """End it as an orchestrator does, and return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        until("it ends", lambda: self.code is not None, self)
        return self.code


def until(what: str, true: Callable[[], bool], *processes: Process, alive: tuple[Process, ...] = ()) -> None:
    """Wait for a condition. If it cannot come true any more, since something failed or one that has to live ended, show why."""
    ends = time.monotonic() + SECONDS
    while not true():
        ended = [each.name for each in (*processes, *alive) if each.code or (each in alive and each.code is not None)]
        if ended or time.monotonic() > ends:
            said = "\n".join(f"--- {each.name}\n{each.log.read_text()[-3000:]}" for each in (*processes, *alive))
            raise AssertionError(f"waited for this: {what}; ended: {ended}\n{said}")
        time.sleep(0.05)


def scenario(broker: Broker) -> Outcome:
    """Place 30 orders while the warehouse works, dies and comes back; one of them is poison."""
    ledger, dead = broker.folder / "ledger", broker.folder / "dead"
    placed: dict[str, str] = {}
    exits: dict[str, int | None] = {}
    warehouse = {
        "WAREHOUSE_LEDGER": str(ledger),
        "WAREHOUSE_DEAD_LETTERS": str(dead),
        "WAREHOUSE_CRASH_ON": CRASH,
        "WAREHOUSE_CRASH_MARKER": str(broker.folder / "crashed"),
    }

    def working(name: str, roles: str) -> Process:
        process = broker.start("warehouse", name, [], WAREHOUSE_ROLES=roles, **warehouse)
        for role in roles.split(","):
            ready = f"ready for {role}"
            until(ready, lambda ready=ready: ready in process.log.read_text(), alive=(process,))  # type: ignore[misc]
        return process

    def shopping(name: str, orders: list[dict[str, Any]], seconds: str = "60") -> Process:
        return broker.start("shop", name, orders, PRICE_TIMEOUT=seconds, SHOP_SOURCE=SOURCE)

    def shopped(shop: Process, *needed: Process) -> None:
        until("the shop ends", lambda: shop.code is not None, shop, alive=needed)
        exits[shop.name] = shop.code
        placed[shop.name] = "".join(re.findall(r"placed (\d+ of \d+) orders", shop.log.read_text()))

    shopped(shopping("shop alone", [LAST], "0.5"))
    desk = working("desk", "prices,deadletters")
    first = working("worker", "orders")
    shop = shopping("shop", ORDERS)
    until("the worker crashes", lambda: first.code is not None, first, shop, alive=(desk,))
    exits["worker"] = first.code
    second = working("worker again", "orders")
    shopped(shop, desk, second)
    good = {each["id"] for each in ORDERS} - {POISON}
    until("all are done", lambda: good <= _ids(ledger) and POISON in _ids(dead), shop, alive=(desk, second))
    shopped(shopping("shop later", [ELSEWHERE, UNKNOWN, LAST]), desk, second)
    until("the last one is done", lambda: LAST["id"] in _ids(ledger), alive=(desk, second))
    for each in (second, desk):
        exits[each.name] = each.stop()
    return Outcome(
        ledger=tuple(Entry(**each) for each in _records(ledger)),
        dead=tuple(DeadLetter(each["id"], each["source"], json.loads(each["body"])) for each in _records(dead)),
        placed=placed,
        exits=exits,
    )


def _records(file: Path) -> list[dict[str, Any]]:
    """Return what is in a file so far; a line that is being written is not there yet."""
    text = file.read_text() if file.exists() else ""
    return [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]


def _ids(file: Path) -> set[str]:
    return {each["id"] for each in _records(file)}
