"""What a program on AMQP goes by, one property in each scenario. Each returns what was seen; brokers have to agree."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from tests.haskell_flow.puppet import Broker, Puppet

Seen = dict[str, Any]
SCENARIOS: dict[str, Callable[[Broker], Seen]] = {}
QUIET = 1.0  # seconds in which nothing more is expected


def scenario(run: Callable[[Broker], Seen]) -> Callable[[Broker], Seen]:
    SCENARIOS[run.__name__] = run
    return run


def bound(puppet: Puppet, exchange: str, kind: str, bindings: dict[str, list[str]], **fields: Any) -> None:
    """Declare an exchange, and queues bound to it by keys."""
    puppet.do("declare exchange", exchange=exchange, type=kind)
    for queue, keys in bindings.items():
        puppet.do("declare queue", queue=queue, **fields)
        for key in keys:
            puppet.do("bind", queue=queue, exchange=exchange, key=key)


def everything(puppet: Puppet, queue: str) -> list[str]:
    """Return the bodies of all that waits in a queue."""
    found = []
    while (got := puppet.do("get", queue=queue, no_ack=True)) is not None:
        found.append(got["body"])
    return found


def first(puppet: Puppet, queue: str) -> Any:
    """Get the first message of a queue: RabbitMQ has one in a quorum queue only a moment after it was published."""
    until = time.monotonic() + 10
    while (got := puppet.do("get", queue=queue)) is None and time.monotonic() < until:
        time.sleep(0.05)
    return got


def gist(delivery: Any) -> Any:
    """Return what of a delivery is the same on all brokers."""
    headers = delivery["headers"] or {}
    kept = {name: value for name, value in headers.items() if not name.startswith("x-last-death")}
    return {**delivery, "headers": kept}
