# Made by natsscan generate python-amqp; written anew when it runs again.
"""Channels, as aio-pika has them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Generator
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from .. import errors
from ..channel import Channel as Core
from ..message import Delivery, Held, Properties
from .exceptions import ChannelInvalidStateError, as_known, said
from .exchange import Exchange, ExchangeType
from .kinds import Arguments, DeclarationResult, TimeoutType
from .message import ReturnedMessage
from .queue import Queue
from .tools import CallbackCollection, within

if TYPE_CHECKING:
    from .connection import Connection

__all__ = ["Channel"]

Begin = Callable[[Core, str], Awaitable[str]]
S = TypeVar("S", bound="Channel")


class Channel:
    """A channel."""

    def __init__(
        self,
        connection: Connection,
        channel_number: int | None = None,
        publisher_confirms: bool = True,
        on_return_raises: bool = False,
    ) -> None:
        if on_return_raises and not publisher_confirms:
            raise RuntimeError('"on_return_raises" not applicable without "publisher_confirms"')
        self._connection = connection
        self._number = channel_number
        self._core: Core | None = None
        self._was_closed = False
        self._confirmed = 0
        self._closed: asyncio.Future[Literal[True]] = asyncio.get_running_loop().create_future()
        self.publisher_confirms = publisher_confirms
        self.on_return_raises = on_return_raises
        self.close_callbacks = CallbackCollection(self)
        self.return_callbacks = CallbackCollection(self)

    @property
    def core(self) -> Core:
        """What it is on NATS. Raise ChannelInvalidStateError if it is not open."""
        if self._core is None:
            raise ChannelInvalidStateError("Channel was not opened")
        return self._core

    @property
    def default_exchange(self) -> Exchange:
        """The exchange that leads to queues by their names."""
        return Exchange(self, "")

    @property
    def number(self) -> int | None:
        """Its number on the connection."""
        return self._core.number if self._core is not None else self._number

    @property
    def is_initialized(self) -> bool:
        """Whether it was opened."""
        return self._core is not None

    @property
    def is_closed(self) -> bool:
        """Whether it is not open, or not any more."""
        return self._core is None or self._core.failure is not None

    async def initialize(self, timeout: TimeoutType = None) -> None:
        """Open it."""
        if self._core is not None:
            raise RuntimeError("Already initialized")
        await self._open()

    async def reopen(self) -> None:
        """Open it once more."""
        await self._open()

    async def _open(self) -> None:
        with as_known():
            self._core = Core(self._connection.session, self._number)
        self._core.on_closed.append(self._ended)
        if self._closed.done():
            self._closed = asyncio.get_running_loop().create_future()

    def _ended(self, failure: errors.CoreError) -> None:
        exc = None if self._was_closed else said(failure)
        if not self._closed.done():
            self._closed.set_result(True)
        self.close_callbacks(exc)

    async def close(self, exc: BaseException | type[BaseException] | None = None) -> None:
        """Close it: what is unsettled goes back to its queues."""
        self._was_closed = True
        if self._core is not None:
            await self._core.close()

    def closed(self) -> Awaitable[Literal[True]]:
        """Wait until it is closed."""
        return asyncio.shield(self._closed)

    def remember(self, tag: str, begin: Begin | None) -> None:
        """Note a consumer, or that it is none any more."""

    def next_confirmation(self) -> int:
        """Return the number of a message that a stream has."""
        self._confirmed += 1
        return self._confirmed

    def came_back(self, exchange: str, routing_key: str, properties: Properties, body: bytes) -> ReturnedMessage:
        """Tell of a message that no queue gets."""
        held = Held(properties, body, exchange, routing_key, "")
        returned = ReturnedMessage(None, Delivery(0, "", held, no_ack=True))
        self.return_callbacks(returned)
        return returned

    async def declare_exchange(
        self,
        name: str,
        type: ExchangeType | str = ExchangeType.DIRECT,  # noqa: A002  # it has that name in AMQP
        durable: bool = False,
        auto_delete: bool = False,
        internal: bool = False,
        passive: bool = False,
        arguments: Arguments = None,
        timeout: TimeoutType = None,
        robust: bool = True,
    ) -> Exchange:
        """Declare an exchange, or see that it is there."""
        kind = str(type.value if isinstance(type, ExchangeType) else type)
        with as_known():
            await within(self.core.declare_exchange(name, kind, arguments, passive, internal), timeout)
        return Exchange(self, name)

    async def get_exchange(self, name: str, *, ensure: bool = True) -> Exchange:
        """Return an exchange; see that it is there, if asked to."""
        if ensure:
            return await self.declare_exchange(name, passive=True)
        return Exchange(self, name)

    async def declare_queue(
        self,
        name: str | None = None,
        *,
        durable: bool = False,
        exclusive: bool = False,
        passive: bool = False,
        auto_delete: bool = False,
        arguments: Arguments = None,
        timeout: TimeoutType = None,
        robust: bool = True,
    ) -> Queue:
        """Declare a queue, or see that it is there."""
        declaring = self.core.declare_queue(name or "", arguments, passive, exclusive, auto_delete)
        with as_known():
            found = await within(declaring, timeout)
        result = DeclarationResult(found.name, found.messages, found.consumers)
        return Queue(self, result, durable, exclusive, auto_delete, arguments, passive)

    async def get_queue(self, name: str, *, ensure: bool = True) -> Queue:
        """Return a queue; see that it is there, if asked to."""
        if ensure:
            return await self.declare_queue(name, passive=True)
        result = DeclarationResult(name, 0, 0)
        return Queue(self, result, False, False, False, None, True)

    async def queue_delete(
        self,
        queue_name: str,
        timeout: TimeoutType = None,
        if_unused: bool = False,
        if_empty: bool = False,
        nowait: bool = False,
    ) -> int:
        """Delete a queue, and tell how many messages waited."""
        with as_known():
            return await within(self.core.delete(queue_name, if_unused, if_empty), timeout)

    async def set_qos(
        self,
        prefetch_count: int = 0,
        prefetch_size: int = 0,
        global_: bool = False,
        timeout: TimeoutType = None,
        all_channels: bool | None = None,
    ) -> None:
        """Say how many deliveries each consumer that starts from now on may have unsettled, 0 for many."""
        with as_known():
            self.core.check()
            self.core.set_prefetch(prefetch_count, prefetch_size, bool(global_ or all_channels))

    def __await__(self: S) -> Generator[Any, None, S]:
        if self._core is None:
            yield from self.initialize().__await__()
        return self

    async def __aenter__(self: S) -> S:
        if self._core is None:
            await self.initialize()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def __str__(self) -> str:
        return str(self.number or "Not initialized channel")
