# Made by natsscan generate python-amqp; written anew when it runs again.
"""Queues, as aio-pika has them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, overload

from ..message import Delivery
from .exceptions import QueueEmpty, as_known
from .exchange import Exchange, name_of
from .kinds import Arguments, ConsumerTag, DeclarationResult, TimeoutType
from .message import IncomingMessage
from .tools import CallbackCollection, Tasks, within

if TYPE_CHECKING:
    from ..channel import Channel as Core
    from .channel import Channel

__all__ = ["ConsumerTag", "Queue", "QueueIterator"]


class Queue:
    """A queue."""

    def __init__(
        self,
        channel: Channel,
        result: DeclarationResult,
        durable: bool,
        exclusive: bool,
        auto_delete: bool,
        arguments: Arguments,
        passive: bool,
    ) -> None:
        self.channel = channel
        self.name = result.queue
        self.durable = durable
        self.exclusive = exclusive
        self.auto_delete = auto_delete
        self.arguments = arguments
        self.passive = passive
        self.declaration_result = result
        self.close_callbacks = CallbackCollection(self)
        self._tasks = Tasks()

    async def bind(
        self,
        exchange: Exchange | str,
        routing_key: str | None = None,
        *,
        arguments: Arguments = None,
        timeout: TimeoutType = None,
    ) -> None:
        """Bind it to an exchange; without a key, its name is the key."""
        key = self.name if routing_key is None else routing_key
        with as_known():
            await within(self.channel.core.bind(self.name, name_of(exchange), key, arguments), timeout)

    async def unbind(
        self,
        exchange: Exchange | str,
        routing_key: str | None = None,
        arguments: Arguments = None,
        timeout: TimeoutType = None,
    ) -> None:
        """Undo a binding."""
        key = self.name if routing_key is None else routing_key
        with as_known():
            await within(self.channel.core.unbind(self.name, name_of(exchange), key), timeout)

    async def consume(
        self,
        callback: Callable[[IncomingMessage], Awaitable[Any]],
        no_ack: bool = False,
        exclusive: bool = False,
        arguments: Arguments = None,
        consumer_tag: ConsumerTag | None = None,
        timeout: TimeoutType = None,
    ) -> ConsumerTag:
        """Have a callback called for each message, for each in a task of its own."""

        def on_delivery(core: Core, delivery: Delivery) -> None:
            delivery.taken()
            self._tasks.spawn(_call(callback, IncomingMessage(core, delivery)), f"a consumer of the queue {self.name}")

        return await within(self.start(on_delivery, _nothing, no_ack, exclusive, arguments, consumer_tag), timeout)

    async def start(
        self,
        on_delivery: Callable[[Core, Delivery], None],
        on_gone: Callable[[str], None],
        no_ack: bool,
        exclusive: bool,
        arguments: Arguments,
        consumer_tag: ConsumerTag | None,
    ) -> ConsumerTag:
        """Have deliveries handed out as they come."""

        async def begin(core: Core, tag: str) -> str:
            deliver = partial(on_delivery, core)
            return await core.consume(self.name, no_ack, tag, deliver, on_gone, arguments, exclusive)

        with as_known():
            tag = await begin(self.channel.core, consumer_tag or "")
        self.channel.remember(tag, begin)
        return tag

    async def cancel(self, consumer_tag: ConsumerTag, timeout: TimeoutType = None, nowait: bool = False) -> None:
        """Have a callback called no more. What it has got can still be settled."""
        self.channel.remember(consumer_tag, None)
        with as_known():
            await within(self.channel.core.cancel(consumer_tag), timeout)

    @overload
    async def get(
        self, *, no_ack: bool = False, fail: Literal[True] = ..., timeout: TimeoutType = ...
    ) -> IncomingMessage: ...

    @overload
    async def get(
        self, *, no_ack: bool = False, fail: bool = ..., timeout: TimeoutType = ...
    ) -> IncomingMessage | None: ...

    async def get(self, *, no_ack: bool = False, fail: bool = True, timeout: TimeoutType = 5) -> IncomingMessage | None:
        """Return the next message. If there is none, raise QueueEmpty, or without `fail` return None."""
        core = self.channel.core
        with as_known():
            found = await within(core.get(self.name, no_ack), timeout)
        if found is None and fail:
            raise QueueEmpty
        return IncomingMessage(core, found) if found is not None else None

    def iterator(self, **kwargs: Any) -> QueueIterator:
        """Return an iterator over messages, as they come."""
        return QueueIterator(self, **kwargs)

    async def purge(self, no_wait: bool = False, timeout: TimeoutType = None) -> int:
        """Take out all messages that wait, and tell how many."""
        with as_known():
            return await within(self.channel.core.purge(self.name), timeout)

    async def delete(self, *, if_unused: bool = True, if_empty: bool = True, timeout: TimeoutType = None) -> int:
        """Delete it, and tell how many messages waited."""
        with as_known():
            count = await within(self.channel.core.delete(self.name, if_unused, if_empty), timeout)
        await self.close_callbacks(None)
        return count

    def __aiter__(self) -> QueueIterator:
        return self.iterator()

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"<{type(self).__name__}({self.name!r})>"


class QueueIterator:
    """Messages of a queue, as they come."""

    def __init__(
        self,
        queue: Queue,
        *,
        no_ack: bool = False,
        exclusive: bool = False,
        arguments: Arguments = None,
        consumer_tag: ConsumerTag | None = None,
        timeout: TimeoutType = None,
    ) -> None:
        self._source = queue
        self._given = (no_ack, exclusive, arguments, consumer_tag)
        self._timeout = timeout
        self._waiting: asyncio.Queue[tuple[Core, Delivery] | None] = asyncio.Queue()
        self._is_closed = False
        self._tag: ConsumerTag | None = None

    @property
    def consumer_tag(self) -> ConsumerTag | None:
        """The tag of its consumer, if it has begun."""
        return self._tag

    async def consume(self) -> None:
        """Begin."""

        def on_delivery(core: Core, delivery: Delivery) -> None:
            self._waiting.put_nowait((core, delivery))

        self._tag = await self._source.start(on_delivery, self._ended, *self._given)
        self._source.channel.close_callbacks.add(self._ended)

    def _ended(self, *_: object) -> None:
        self._is_closed = True
        self._waiting.put_nowait(None)

    async def close(self) -> None:
        """End; what has come and was not taken goes back."""
        tag, self._tag = self._tag, None
        self._ended()
        self._source.channel.close_callbacks.discard(self._ended)
        if tag is None or self._source.channel.is_closed:
            return
        await self._source.cancel(tag)
        while not self._waiting.empty():
            found = self._waiting.get_nowait()
            if found is not None and not found[1].no_ack and found[0].failure is None:
                with as_known():
                    await found[0].refuse(found[1].tag, multiple=False, requeue=True)

    def __aiter__(self) -> QueueIterator:
        return self

    async def __aenter__(self) -> QueueIterator:
        if self._tag is None:
            await self.consume()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def __anext__(self) -> IncomingMessage:
        while not self._is_closed:
            if self._tag is None:
                await self.consume()
            try:
                found = await within(self._waiting.get(), self._timeout or None)
            except (asyncio.TimeoutError, asyncio.CancelledError):
                await asyncio.shield(self.close())
                raise
            if found is not None and found[0].failure is None:  # else it has gone back with its channel
                core, delivery = found
                delivery.taken()
                return IncomingMessage(core, delivery)
        raise StopAsyncIteration


async def _call(callback: Callable[[IncomingMessage], Awaitable[Any]], message: IncomingMessage) -> None:
    result: Any = callback(message)
    if result is not None:
        await result


def _nothing(_tag: str) -> None:
    """Do nothing when a queue is deleted: a callback is told nothing of it."""
