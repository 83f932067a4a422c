# Made by natsscan generate python-amqp; written anew when it runs again.
"""Messages: their properties, and what is known of one that was delivered."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Properties:
    """The properties of a message; `expiration` is in milliseconds as text, `timestamp` in seconds since 1970."""

    content_type: str | None = None
    content_encoding: str | None = None
    headers: dict[str, Any] | None = None
    delivery_mode: int | None = None
    priority: int | None = None
    correlation_id: str | None = None
    reply_to: str | None = None
    expiration: str | None = None
    message_id: str | None = None
    timestamp: int | None = None
    type: str | None = None
    user_id: str | None = None
    app_id: str | None = None
    cluster_id: str | None = None


@dataclass
class Held:
    """A message that was taken out of a queue and is not settled.

    `reply` is where to say what becomes of it, empty if no stream keeps it. `sequence` is its number in the stream,
    `stored` when that took it, in microseconds since 1970. `give_back` puts it back where no server does, `release`
    makes room for another one when it is settled.
    """

    properties: Properties
    body: bytes
    exchange: str
    routing_key: str
    queue: str
    redelivered: bool = False
    reply: str = ""
    stream: str = ""
    consumer: str = ""
    sequence: int = 0
    stored: int = 0
    delivered: int = 1
    left: int = 0
    expires: float | None = None
    give_back: Callable[[Held], None] | None = None
    release: Callable[[], None] | None = None


@dataclass
class Delivery:
    """A message as a channel hands it out. Call `taken` when its handling begins."""

    tag: int
    consumer_tag: str
    held: Held
    no_ack: bool
    taken: Callable[[], None] = field(default=lambda: None)


OnHeld = Callable[[Held], Awaitable[None]]
