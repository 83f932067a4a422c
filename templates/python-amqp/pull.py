# Made by natsscan generate python-amqp; written anew when it runs again.
"""Deliveries of a consumer, no more of them unsettled than were asked for."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable

from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError

from .errors import CoreError
from .jetstream import JetStream, quietly

_SECOND = 1_000_000_000
_EXPIRES = 30 * _SECOND
_HEARTBEAT = 5  # seconds
_SILENT = 12.0  # seconds without a word after which a request is thought lost
_AGAIN = 0.3
_STOPPING = 5.0
_GONE = ("Consumer Deleted", "Consumer is push based")


class Pull:
    """Requests for messages, as many as there is room for; `window` deliveries may be unsettled.

    For each session with a server there is a new inbox: what an old one has asked for and not got goes to nobody then,
    so that no more is delivered than there is room for.
    """

    def __init__(
        self,
        js: JetStream,
        stream: str,
        consumer: str,
        window: int,
        on_message: Callable[[Msg], Awaitable[None]],
        on_gone: Callable[[], None],
    ) -> None:
        self._js = js
        self._stream = stream
        self._consumer = consumer
        self._window = window
        self._on_message = on_message
        self._on_gone = on_gone
        self._held = 0
        self._open = 0  # asked for and not delivered
        self._asked: dict[str, int] = {}
        self._number = 0
        self._inbox = ""
        self._sub: Subscription | None = None
        self._wake = asyncio.Event()
        self._is_lost = True
        self._is_doubtful = False
        self._is_stopped = False
        self._heard = 0.0
        self._pump: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None

    async def start(self) -> None:
        """Begin to ask for messages."""
        await self._renew()
        self._wake.set()
        self._pump = asyncio.get_running_loop().create_task(self._run())

    def freed(self) -> None:
        """Say that a delivery was settled."""
        self._held -= 1
        self._wake.set()

    def reconnected(self) -> None:
        """Say that there is a new session with a server."""
        self._is_lost = True
        self._wake.set()

    async def stop(self) -> None:
        """Ask for no more; when this returns, all that was delivered has been passed on."""
        self._is_stopped = True
        self._wake.set()
        if self._timer is not None:
            self._timer.cancel()
        if self._pump is not None:
            await asyncio.wait([self._pump], timeout=_STOPPING)
            self._pump.cancel()
            await asyncio.gather(self._pump, return_exceptions=True)
        await self._leave()
        if self._js.is_online:
            # Asked about a consumer, the server forgets requests of those who have left. Else it would find out as it
            # delivers to them what is given back next, and put that behind what is given back after it.
            await quietly(self._js.consumer(self._stream, self._consumer))

    async def _run(self) -> None:
        while not self._is_stopped:
            try:
                await asyncio.wait_for(self._wake.wait(), _HEARTBEAT)
            except asyncio.TimeoutError:
                silent = asyncio.get_running_loop().time() - self._heard
                self._is_lost = self._is_lost or (self._open > 0 and silent > _SILENT)
            self._wake.clear()
            if self._is_stopped or not self._js.is_online:
                continue
            try:
                if self._is_doubtful and await self._js.consumer(self._stream, self._consumer) is None:
                    self._on_gone()
                    return
                self._is_doubtful = False
                if self._is_lost:
                    await self._renew()
                await self._ask()
            except (NatsError, CoreError, OSError, asyncio.TimeoutError):
                self._is_lost = True
                self._later()

    async def _renew(self) -> None:
        """Ask anew from a new inbox."""
        self._is_lost = False
        await self._leave()
        self._open = 0
        self._asked.clear()
        self._inbox = self._js.nats.new_inbox()
        # What comes is what was asked for, so nothing may be left out for being too much.
        self._sub = await self._js.nats.subscribe(
            f"{self._inbox}.*", cb=self._receive, pending_msgs_limit=0, pending_bytes_limit=0
        )

    async def _leave(self) -> None:
        """Let go of the present inbox; what is delivered to it already is passed on."""
        sub, self._sub = self._sub, None
        if sub is None or self._js.nats.is_closed:
            return
        try:
            if self._js.is_online:
                await asyncio.wait_for(sub.drain(), _STOPPING)  # type: ignore[no-untyped-call]
            else:
                await sub.unsubscribe()
        except (NatsError, OSError, asyncio.TimeoutError):
            return

    async def _ask(self) -> None:
        free = self._window - self._held - self._open
        if self._is_stopped or free <= 0 or (self._open and free * 2 < self._window):
            return
        self._number += 1
        self._asked[str(self._number)] = free
        if self._open == 0:
            self._asked = {str(self._number): free}
            self._heard = asyncio.get_running_loop().time()
        self._open += free
        request = {"batch": free, "expires": _EXPIRES, "idle_heartbeat": _HEARTBEAT * _SECOND}
        await self._js.nats.publish(
            f"$JS.API.CONSUMER.MSG.NEXT.{self._stream}.{self._consumer}",
            json.dumps(request).encode(),
            reply=f"{self._inbox}.{self._number}",
        )

    async def _receive(self, message: Msg) -> None:
        self._heard = asyncio.get_running_loop().time()
        if message.reply:
            self._open = max(self._open - 1, 0)
            self._held += 1
            if self._open == 0:
                self._wake.set()
            await self._on_message(message)
        else:
            self._told(message)

    def _told(self, message: Msg) -> None:
        """Note what the server says of a request."""
        headers = message.headers or {}
        status, why = headers.get("Status", ""), headers.get("Description", "")
        inbox, _, number = message.subject.rpartition(".")
        if inbox != self._inbox or status == "100" or self._is_stopped:
            return
        asked = self._asked.pop(number, 0)
        left = headers.get("Nats-Pending-Messages", "")
        self._open = max(self._open - (int(left) if left.isdecimal() else asked), 0)
        if why in _GONE:
            self._on_gone()
        elif status == "408":
            self._wake.set()
        else:  # nobody answers with 503, also while the server is finding its consumers again
            self._is_doubtful = self._is_doubtful or status == "503"
            self._later()

    def _later(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(_AGAIN, self._wake.set)
