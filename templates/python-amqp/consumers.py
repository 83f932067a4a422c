# Made by natsscan generate python-amqp; written anew when it runs again.
"""Consumers of a channel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from .message import Delivery, Held
from .plan import Place


class Feed(Protocol):
    """What brings deliveries."""

    async def start(self) -> None:
        """Begin."""

    async def stop(self) -> None:
        """End, when all that has come was passed on."""

    def freed(self) -> None:
        """Note that a delivery was settled."""

    def reconnected(self) -> None:
        """Go on with a new session with a server."""


@dataclass
class Consumer:
    """A consumer: whom its deliveries go to, and what is left of them when it is stopped."""

    tag: str
    no_ack: bool
    on_delivery: Callable[[Delivery], None]
    on_gone: Callable[[str], None]
    place: Place | None = None
    is_used: bool = False
    goes_with_it: bool = False
    feed: Feed | None = None
    is_stopped: bool = False
    left: list[Held] = field(default_factory=list)

    def freed(self) -> None:
        """Note that a delivery was settled."""
        if self.feed is not None:
            self.feed.freed()
