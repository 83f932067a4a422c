"""The messaging system that a code base describes: exchanges, queues, bindings, publishers and consumers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from natsscan.model.span import Span

# How a queue that the broker names itself is called where it takes part in something.
SERVER_NAMED = "(temporary, server named)"


def is_server_named(name: str) -> bool:
    """Tell whether the broker gives a queue its name; among several repositories each has such queues of its own."""
    return not name or name.startswith(SERVER_NAMED)


class Origin(StrEnum):
    """Where something is known from, if the broker's definitions are at hand."""

    CODE = "code"
    BROKER = "broker"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Declaration:
    """How one place declares an exchange or a queue."""

    at: Span
    properties: dict[str, str]
    arguments: dict[str, str]
    defaults: frozenset[str]


@dataclass(frozen=True, slots=True)
class Declared:
    """An exchange or queue as it is declared; properties as written, `defaults` names those that the library filled in.

    The first of the places counts; `otherwise` are those that declare it in another way.
    `policy` is the broker's policy that applies to it, empty without; `from_policy` are the arguments that it gives.
    `origin` is None if the broker was not asked, or cannot tell; `differences` are what it says otherwise.
    """

    name: str
    properties: dict[str, str]
    arguments: dict[str, str]
    defaults: frozenset[str]
    services: tuple[str, ...]
    at: tuple[Span, ...]
    otherwise: tuple[Declaration, ...] = ()
    policy: str = ""
    from_policy: tuple[str, ...] = ()
    origin: Origin | None = None
    differences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Exchange(Declared):
    """An exchange; the one without a name is the default exchange."""


@dataclass(frozen=True, slots=True)
class Queue(Declared):
    """A queue; its name is empty if the broker gives it one."""

    @property
    def conflicts(self) -> tuple[tuple[Span, str], ...]:
        """The places that declare it otherwise in what both settle, each with what is different there.

        The broker refuses those (AMQP 0-9-1, queue.declare: precondition-failed).
        """
        wanted = self.properties | self.arguments
        found = []
        for other in self.otherwise:
            have = other.properties | other.arguments
            different = [
                f"{name} {have.get(name, 'not set')}, "
                + (f"not {wanted[name]}" if name in wanted else "which is not set there")
                for name in sorted({*wanted, *have} - {"passive"})
                if wanted.get(name) != have.get(name) and "{" not in f"{wanted.get(name)}{have.get(name)}"
            ]
            if different and have.get("passive") != "true":
                found.append((other.at, "; ".join(different)))
        return tuple(found)

    @property
    def dead_letter(self) -> tuple[str, str] | None:
        """Exchange and routing key that dead letters go to, the key empty if they keep their own; None without."""
        exchange = self.arguments.get("x-dead-letter-exchange")
        return None if exchange is None else (exchange, self.arguments.get("x-dead-letter-routing-key", ""))


@dataclass(frozen=True, slots=True)
class Binding:
    """A binding from an exchange to a queue."""

    exchange: str
    routing_key: str
    queue: str
    at: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class ExchangeBinding:
    """A binding by which an exchange passes messages on to another one."""

    source: str
    routing_key: str
    destination: str
    at: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Publisher:
    """Who publishes to an exchange under a routing key, and with which properties."""

    service: str
    exchange: str
    routing_key: str
    properties: dict[str, str]
    at: tuple[Span, ...]
    via: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Consumer:
    """Who consumes a queue, how it acknowledges, and how many messages it holds unacknowledged at most.

    `acks` and `rejects` are the places that settle its messages; `requeue` what rejecting asks for.
    """

    service: str
    queue: str
    ack: str
    prefetch: str | None
    exclusive: bool
    acks: tuple[Span, ...]
    rejects: tuple[Span, ...]
    requeue: tuple[str, ...]
    at: tuple[Span, ...]
    via: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Topology:
    """All of it, each part sorted."""

    exchanges: tuple[Exchange, ...] = ()
    queues: tuple[Queue, ...] = ()
    bindings: tuple[Binding, ...] = ()
    publishers: tuple[Publisher, ...] = ()
    consumers: tuple[Consumer, ...] = ()
    exchange_bindings: tuple[ExchangeBinding, ...] = ()
