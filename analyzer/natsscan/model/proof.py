"""What a trial on real brokers says of a mapping."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """Whether a flow does on NATS what it does on AMQP; one that cannot be tried is neither."""

    PROVEN = "proven"
    DIFFERS = "differs"
    UNTESTED = "not testable"


@dataclass(frozen=True, slots=True)
class Proof:
    """One thing that was tried: what flows from where to where, what was looked at, and how it went.

    `detail` is the message that differed, or why the flow cannot be tried; for a proven one what was sent.
    """

    flow: str
    checked: str
    verdict: Verdict
    detail: str


@dataclass(frozen=True, slots=True)
class Broker:
    """A messaging system of AMQP without holes: exchanges with their types, queues, and bindings.

    A binding is an exchange, a key and a queue; a passage an exchange, a key and the exchange that it leads to.
    """

    exchanges: dict[str, str]
    queues: frozenset[str]
    bindings: tuple[tuple[str, str, str], ...]
    passages: tuple[tuple[str, str, str], ...] = ()
