# Made by natsscan generate python-amqp; written anew when it runs again.
"""What queues that the broker names are bound to: a consumer of their own on the stream of an exchange."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nats.aio.msg import Msg

from . import subjects
from .errors import NOT_FOUND, ChannelFailure
from .message import Held
from .plan import Exchange
from .pull import Pull
from .reading import read

if TYPE_CHECKING:
    from .session import Session

_WINDOW = 1000
_GONE_AFTER = 30_000_000_000


@dataclass
class Bound:
    """A binding takes messages of the stream after one number, and if it is gone up to another."""

    exchange: Exchange
    key: str
    after: int
    until: int | None = None

    def takes(self, held: Held) -> bool:
        """Tell whether it takes a message."""
        in_time = held.sequence > self.after and (self.until is None or held.sequence <= self.until)
        is_its = held.exchange == self.exchange.name
        return in_time and is_its and subjects.takes(self.exchange.kind, self.key, held.routing_key)


class Source:
    """The consumer of a queue on one stream."""

    def __init__(self, session: Session, queue: str, stream: str, put: Callable[[Held], None]) -> None:
        self.stream = stream
        self.bounds: list[Bound] = []
        self.name = subjects.asset_name(queue)
        self._session = session
        self._queue = queue
        self._put = put
        self._js = session.js
        self._pull: Pull | None = None

    def _filters(self) -> tuple[str, ...]:
        found = [subjects.filters(each.exchange.kind, each.exchange.subject, each.key)[0] for each in self.bounds]
        return subjects.without_subsets(filter_ for each in found for filter_ in each)

    async def last(self) -> int:
        """Return the number of the stream's last message."""
        info = await self._js.stream(self.stream)
        if info is None:
            raise ChannelFailure(NOT_FOUND, f"the stream '{self.stream}' is not there")
        return int(info["state"]["last_seq"])

    async def update(self) -> None:
        """Have the consumer bring what is bound now."""
        if not self.bounds:
            await self.close()
            return
        config: dict[str, Any] = {
            "name": self.name,
            "deliver_policy": "new",
            "ack_policy": "explicit",
            "ack_wait": _GONE_AFTER,
            "max_ack_pending": -1,
            "inactive_threshold": _GONE_AFTER,
            "filter_subjects": list(self._filters()),
        }
        await self._js.make_consumer(self.stream, config, "create" if self._pull is None else "update")
        if self._pull is None:
            self._session.used[self.stream, self.name] += 1
            self._pull = Pull(self._js, self.stream, self.name, _WINDOW, self._receive, self._gone)
            await self._pull.start()

    async def tidy(self) -> None:
        """Forget bindings that have ended and of which nothing is left to come."""
        if all(each.until is None for each in self.bounds):
            return
        info = await self._js.consumer(self.stream, self.name)
        if info is None:
            return
        seen = info["delivered"]["stream_seq"] if info["num_pending"] else float("inf")
        left = [each for each in self.bounds if each.until is None or each.until > seen]
        if len(left) < len(self.bounds):
            self.bounds = left
            await self.update()

    async def close(self) -> None:
        """Bring no more."""
        pull, self._pull = self._pull, None
        if pull is not None:
            await pull.stop()
            self._session.unuse(self.stream, self.name)
            await self._js.delete_consumer(self.stream, self.name)

    def reconnected(self) -> None:
        """Go on with a new session with a server."""
        if self._pull is not None:
            self._pull.reconnected()

    async def _receive(self, message: Msg) -> None:
        held = read(self._session.plan, message, self._queue)
        held.release = self._pull.freed if self._pull else None
        if any(each.takes(held) for each in self.bounds):
            self._put(held)
            return
        self._session.dismiss(held)

    def _gone(self) -> None:
        """Begin anew with a consumer that went while there was no server, as a queue goes with its connection."""
        self._session.spawn(self._begin_anew())

    async def _begin_anew(self) -> None:
        if self._pull is not None and not self._session.is_closed:
            await self.close()
            await self.update()
