"""Deliveries of a consumer, no more of them unsettled than were asked for."""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError

from .server import _AGAIN, _ANSWER, _SECOND, JetStream, ServerError, _ask, _publish

_TICK = 5.0  # seconds between two looks at what is held
_SILENT = 12.0  # seconds without a word after which a request for messages is thought lost
_PATIENCE = 60.0  # seconds in which a word that the server did not answer is said again


@dataclass(frozen=True)
class Delivery:
    """A message, to be settled once: by `ack`, `nak` or `term`, in the handler or by a task that it hands it to."""

    data: bytes
    headers: Mapping[str, str]
    subject: str
    is_redelivered: bool
    _held: _Held = field(repr=False)

    async def ack(self) -> None:
        """Acknowledge it, and return when the server knows."""
        await self._held.settle(b"+ACK")

    async def nak(self, delay: float = 0) -> None:
        """Give it back, to be delivered again after some seconds."""
        after = b" " + json.dumps({"delay": int(delay * _SECOND)}).encode() if delay else b""
        await self._held.settle(b"-NAK" + after)

    async def term(self) -> None:
        """Reject it for good: where the queue has dead letters it becomes one first."""
        await self._held.reject(self)

    async def in_progress(self) -> None:
        """Say that it is worked on. The consumer says so by itself, as long as it may be held."""
        await self._held.progress()


@dataclass(frozen=True)
class _DeadLetters:
    """Where rejected messages of a queue go.

    With a `key` they keep that under which they came through an exchange, each with the root of its subjects; the key
    is that of others.
    """

    stream: str
    subject: str
    queue: str
    exchanges: Mapping[str, str] = field(default_factory=dict)
    key: str | None = None

    def place(self, subject: str) -> tuple[str, str]:
        """Return the subject for a message that came under another one, and the exchange that it came through."""
        for exchange, root in self.exchanges.items():
            if subject == root or subject.startswith(f"{root}."):
                return self.subject if self.key is None else self.subject + subject[len(root) :], exchange
        return self.subject + (self.key or ""), ""


class _Held:
    """What is known of a delivery that is not settled."""

    def __init__(self, consumption: _Consumption, message: Msg) -> None:
        self._consumption = consumption
        self._message = message
        self._is_settled = False
        self.since = self.beaten = asyncio.get_running_loop().time()

    async def settle(self, word: bytes) -> None:
        """Say what becomes of it. Raise RuntimeError if it is settled, or the consumer has ended and given it back."""
        self._settling()
        try:
            await _say(self._consumption.js, self._message.reply, word)
        finally:
            self._consumption.freed(self)

    async def reject(self, delivery: Delivery) -> None:
        """Publish it as a dead letter, if there are any here, and have it not delivered again."""
        letters, told = self._consumption.letters, self._message.metadata
        if letters is not None and not self._is_settled:
            subject, exchange = letters.place(delivery.subject)
            first = {"queue": letters.queue, "exchange": exchange, "reason": "rejected"}
            headers = {f"x-first-death-{name}": value for name, value in first.items()}
            headers.update((name, text) for name, text in delivery.headers.items() if not name.startswith("Nats-"))
            # If this program ends in between, it is rejected again: by its number the stream keeps one copy.
            number = f"dead:{told.stream}:{told.consumer}:{told.sequence.stream}:{told.timestamp.timestamp()}"
            await _publish(self._consumption.js, letters.stream, subject, delivery.data, headers, number)
        await self.settle(b"+TERM")

    async def progress(self) -> None:
        """Have the server wait longer for a word."""
        self.beaten = asyncio.get_running_loop().time()
        await self._consumption.js.nats.publish(self._message.reply, b"+WPI")

    async def give_back(self) -> None:
        """Give it back without waiting for an answer."""
        self._settling()
        await self._consumption.js.nats.publish(self._message.reply, b"-NAK")

    def _settling(self) -> None:
        if self._is_settled:
            raise RuntimeError("this delivery is settled already, or was given back as its consumer ended")
        self._is_settled = True


class _Consumption:
    """Requests for messages of one consumer, as many as are free of the `prefetch` that may be unsettled.

    For each session with a server there is a new inbox: what an old one has asked for goes to nobody then.
    """

    def __init__(
        self,
        js: JetStream,
        config: Mapping[str, Any],
        hold: float,
        prefetch: int,
        letters: _DeadLetters | None = None,
        acks_on_receipt: bool = False,
    ) -> None:
        if prefetch < 1:
            raise ValueError("prefetch is the number of messages that may be unsettled: 1 or more")
        self.js = js
        self.letters = letters
        self._config = config
        self._path = f"{config['stream']}.{config['name']}"
        self._hold = hold
        self._prefetch = prefetch
        self._acks_on_receipt = acks_on_receipt
        self._beat = min(config["ack_wait"] / _SECOND / 3, _TICK)
        self._held: dict[_Held, None] = {}
        self._open = 0  # asked for and not delivered
        self._asked: dict[str, int] = {}  # by request
        self._number = self._session = 0
        self._heard = 0.0
        self._is_doubtful = False
        self._refusal = ""
        self._waiting: asyncio.Queue[Delivery] = asyncio.Queue()
        self._wake = asyncio.Event()
        self._sub: Subscription | None = None
        self._inbox = ""

    async def run(self, handler: Callable[[Delivery], Awaitable[None]]) -> None:
        """Call a handler for each message, one after the other, until this is cancelled or the handler raises."""
        tasks = [asyncio.ensure_future(each) for each in (self._tend(), self._handle(handler))]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            left = set(tasks)
            while left:  # more than once: what ends as it is cancelled, `wait_for` before Python 3.12 goes on with
                for task in left:
                    task.cancel()
                _, left = await asyncio.wait(left, timeout=_AGAIN)
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._end()

    def freed(self, held: _Held) -> None:
        """Note that a delivery is settled."""
        self._held.pop(held, None)
        self._wake.set()

    async def _handle(self, handler: Callable[[Delivery], Awaitable[None]]) -> None:
        while True:
            delivery = await self._waiting.get()
            if self._acks_on_receipt:
                await delivery.ack()
            await handler(delivery)

    async def _tend(self) -> None:
        while True:
            try:
                if self._refusal:
                    raise ServerError(f"consumer {self._path}: {self._refusal}")
                if self._is_doubtful:
                    await self._look()
                if self._sub is None or self._is_lost():
                    await self._renew()
                await self._ask()
                await self._keep_alive()
            except (NatsError, OSError, asyncio.TimeoutError):
                if self.js.nats.is_closed:
                    raise
                self._heard = -math.inf  # it is looked for anew
                await asyncio.sleep(_AGAIN)
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._wake.wait(), self._beat)
            self._wake.clear()

    def _is_lost(self) -> bool:
        silent = asyncio.get_running_loop().time() - self._heard
        return self._session != self.js.nats.stats["reconnects"] or (self._open > 0 and silent > _SILENT)

    async def _look(self) -> None:
        answer = await _ask(self.js, f"CONSUMER.INFO.{self._path}")
        if "error" in answer:
            raise ServerError(f"consumer {self._path}: {answer['error'].get('description')}")
        self._is_doubtful = False

    async def _renew(self) -> None:
        await self._leave()
        self._session = self.js.nats.stats["reconnects"]
        self._open = 0
        self._inbox = self.js.nats.new_inbox()
        # What comes is what was asked for, so nothing is left out for being too much.
        self._sub = await self.js.nats.subscribe(
            f"{self._inbox}.*", cb=self._receive, pending_msgs_limit=0, pending_bytes_limit=0
        )

    async def _leave(self) -> None:
        """Have nothing more delivered; what is on its way is received before this returns."""
        if self._sub is not None:
            drain: Callable[[], Awaitable[None]] = self._sub.drain
            self._sub = None
            await asyncio.wait_for(drain(), _ANSWER)

    async def _ask(self) -> None:
        free = self._prefetch - len(self._held) - self._open
        if free <= 0 or (self._open and free * 2 < self._prefetch):
            return
        self._number += 1
        self._asked = {**(self._asked if self._open else {}), str(self._number): free}
        self._open += free
        self._heard = asyncio.get_running_loop().time()
        request = {"batch": free, "expires": 30 * _SECOND, "idle_heartbeat": int(_TICK * _SECOND)}
        await self.js.nats.publish(
            f"{self.js.prefix}.CONSUMER.MSG.NEXT.{self._path}",
            json.dumps(request).encode(),
            reply=f"{self._inbox}.{self._number}",
        )

    async def _keep_alive(self) -> None:
        now = asyncio.get_running_loop().time()
        for held in list(self._held):
            if now - held.since < self._hold and now - held.beaten >= self._beat:
                await held.progress()

    async def _receive(self, message: Msg) -> None:
        self._heard = asyncio.get_running_loop().time()
        headers = message.headers or {}
        if message.reply:
            self._open = max(self._open - 1, 0)
            held = _Held(self, message)
            self._held[held] = None
            again = message.metadata.num_delivered != 1
            self._waiting.put_nowait(Delivery(message.data, headers, message.subject, again, held))
            if not self._open:
                self._wake.set()
        elif headers.get("Status") != "100":  # not a sign of life, but the end of a request
            inbox, _, number = message.subject.rpartition(".")
            asked = self._asked.pop(number, 0) if inbox == self._inbox else 0
            left = headers.get("Nats-Pending-Messages", "")
            self._open = max(self._open - (min(int(left), asked) if left.isdecimal() else asked), 0)
            if headers.get("Status") == "400":
                self._refusal = headers.get("Description", "a bad request")
            if headers.get("Status") in ("400", "408"):
                self._wake.set()
            else:
                self._is_doubtful = True
                asyncio.get_running_loop().call_later(_AGAIN, self._wake.set)

    async def _end(self) -> None:
        """Give back what is held, in order; a consumer that does not stay is deleted."""
        if not self.js.nats.is_connected:
            return
        try:
            await self._leave()
            # Asked about the consumer, the server forgets requests of those who have left; else it would find that out
            # as it delivers to them what is given back next.
            await _ask(self.js, f"CONSUMER.INFO.{self._path}")
            for held in self._held:
                await held.give_back()
            if "durable_name" not in self._config:
                await _ask(self.js, f"CONSUMER.DELETE.{self._path}")
            await self.js.nats.flush()
        except (NatsError, OSError, asyncio.TimeoutError):
            return  # the server does both by itself, after a time


async def _say(js: JetStream, reply: str, word: bytes) -> None:
    """Say what becomes of a delivery until the server has heard it, which takes more than one try when it is away."""
    loop = asyncio.get_running_loop()
    ends = loop.time() + _PATIENCE
    while True:
        try:
            await js.nats.request(reply, word, timeout=_ANSWER)
        except (NatsError, OSError, asyncio.TimeoutError):
            if js.nats.is_closed or loop.time() > ends:
                raise
            await asyncio.sleep(_AGAIN)
        else:
            return
