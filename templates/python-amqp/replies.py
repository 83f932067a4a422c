# Made by natsscan generate python-amqp; written anew when it runs again.
"""Queues that the broker names, which belong to a connection and go with it.

What is sent to one by its name, as answers are, comes over NATS itself, without a stream; what it is bound to comes
from the stream of the exchange, by a consumer of its own. Either is held here until somebody takes it.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from . import codec, subjects
from .errors import NOT_IMPLEMENTED, ChannelFailure, planless
from .jetstream import JetStream
from .message import Held, OnHeld, Properties
from .plan import Exchange
from .sources import Bound, Source

if TYPE_CHECKING:
    from .session import Session

PREFIX = "amq.gen-"
# Where such queues are for other programs that natsscan moves: with a stream that is planned for them, or without one.
_ROOTS = ("q", "amqp.q")


async def send(js: JetStream, name: str, properties: Properties, body: bytes) -> bool:
    """Send a message to such a queue, and return whether it is there."""
    headers = codec.encode(properties)
    for root in _ROOTS:
        if await js.offer(subjects.subject(root, name), body, headers):
            return True
    return False


class ReplyQueue:
    """A queue that is named here; those who take from it are served in turn."""

    def __init__(self, session: Session, name: str, ttl: int | None) -> None:
        self._ttl = ttl
        self.session = session
        self.name = name
        self._waiting: deque[Held] = deque()
        self._feeds: deque[MemoryFeed] = deque()
        self._subs: list[Subscription] = []
        self._sources: dict[str, Source] = {}
        self._count = 0

    async def open(self) -> None:
        """Be there: from now on messages are held."""
        for root in _ROOTS:
            self._subs.append(await self.session.js.nats.subscribe(self._subject(root), cb=self._receive))
        await self.session.js.flush()
        self.session.replies[self.name] = self

    async def close(self) -> None:
        """Go, with all that nobody has taken."""
        self.session.replies.pop(self.name, None)
        self._waiting.clear()
        for sub in self._subs:
            await sub.unsubscribe()
        for source in self._sources.values():
            await source.close()
        for root in _ROOTS:  # a stream of other programs may have kept what came
            found = await self.session.js.ask("STREAM.NAMES", {"subject": self._subject(root)})
            for stream in found.get("streams") or ():
                await self.session.js.purge(stream, self._subject(root))

    def _subject(self, root: str) -> str:
        return subjects.subject(root, self.name)

    async def bind(self, exchange: str, key: str) -> None:
        """Get what is published to an exchange from now on."""
        planned = self._planned(exchange)
        await self.session.ensure_stream(planned.stream)
        source = self._sources.setdefault(planned.stream, Source(self.session, self.name, planned.stream, self.put))
        if any((each.exchange.name, each.key, each.until) == (exchange, key, None) for each in source.bounds):
            return
        source.bounds.append(Bound(planned, key, await source.last()))
        await source.update()

    async def unbind(self, exchange: str, key: str) -> None:
        """Get no more of it; what was published before still comes."""
        source = self._sources.get(self._planned(exchange).stream)
        for bound in source.bounds if source else ():
            if source and (bound.exchange.name, bound.key, bound.until) == (exchange, key, None):
                bound.until = await source.last()
                await source.tidy()
                return

    def _planned(self, exchange: str) -> Exchange:
        planned = self.session.plan.exchange(exchange)
        if planned is None:
            raise planless("exchange", exchange)
        if planned.kind not in ("direct", "fanout", "topic"):
            raise ChannelFailure(NOT_IMPLEMENTED, f"exchanges of type '{planned.kind}'")
        return planned

    async def tidy(self) -> None:
        """Forget what has ended."""
        for source in list(self._sources.values()):
            await source.tidy()

    def reconnected(self) -> None:
        """Go on with a new session with a server."""
        for source in self._sources.values():
            source.reconnected()

    def replies_held(self) -> Iterator[str]:
        """Yield where to say that what waits is not forgotten."""
        return (held.reply for held in self._waiting if held.reply)

    async def _receive(self, message: Msg) -> None:
        self._count += 1
        if message.reply:  # the sender waits to hear that it is kept
            await message.respond(b'{"stream":"%s","seq":%d}' % (subjects.token(self.name).encode(), self._count))
        properties = codec.decode(message.headers or {})
        exchange, key = codec.decode_origin(message.headers or {}) or ("", self.name)
        self.put(Held(properties, message.data, exchange, key, self.name))

    def put(self, held: Held) -> None:
        """Hold a message for whoever takes it."""
        held.give_back = self._put_back
        given = held.properties.expiration or ""
        limits = [int(each) for each in (given, str(self._ttl)) if each.isdecimal()]
        held.expires = time.monotonic() + min(limits) / 1000 if limits else None
        self._waiting.append(held)
        self.serve()

    def _put_back(self, held: Held) -> None:
        self._waiting.appendleft(replace(held, redelivered=True))
        self.serve()

    def take(self) -> Held | None:
        """Return the next message, if there is one."""
        while self._waiting:
            held = self._waiting.popleft()
            held.left = len(self._waiting)
            if held.expires is None or held.expires > time.monotonic():
                return held
            self.session.dismiss(held)
        return None

    def purge(self) -> list[Held]:
        """Take out all that waits."""
        found = []
        while (held := self.take()) is not None:
            found.append(held)
        return found

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def feeds(self) -> int:
        """How many take from it."""
        return len(self._feeds)

    def add(self, feed: MemoryFeed) -> None:
        """Serve one more."""
        self._feeds.append(feed)
        self.serve()

    def remove(self, feed: MemoryFeed) -> None:
        """Serve one less."""
        if feed in self._feeds:
            self._feeds.remove(feed)

    def serve(self) -> None:
        """Give what waits to those who have room, in turn."""
        idle = 0
        while self._waiting and idle < len(self._feeds):
            feed = self._feeds[0]
            self._feeds.rotate(-1)
            idle += 1
            held = self.take() if feed.has_room else None
            if held is not None:
                idle = 0
                feed.give(held)


class MemoryFeed:
    """Deliveries of such a queue, no more of them unsettled than were asked for."""

    def __init__(self, queue: ReplyQueue, window: int, on_held: OnHeld) -> None:
        self._queue = queue
        self._window = window
        self._on_held = on_held
        self._given: asyncio.Queue[Held] = asyncio.Queue()
        self._held = 0
        self._worker: asyncio.Task[None] | None = None

    @property
    def has_room(self) -> bool:
        """Whether one more may be delivered."""
        return self._held < self._window

    async def start(self) -> None:
        """Begin to take messages."""
        self._worker = asyncio.get_running_loop().create_task(self._run())
        self._queue.add(self)

    def give(self, held: Held) -> None:
        """Deliver a message."""
        self._held += 1
        self._given.put_nowait(held)

    def freed(self) -> None:
        """Say that a delivery was settled."""
        self._held -= 1
        self._queue.serve()

    def reconnected(self) -> None:
        """Do nothing: what was held here is still."""

    async def stop(self) -> None:
        """Take no more; what was delivered has been passed on."""
        self._queue.remove(self)
        while not self._given.empty():
            await asyncio.sleep(0)
        if self._worker is not None:
            self._worker.cancel()
            await asyncio.gather(self._worker, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            held = await self._given.get()
            await self._on_held(held)
