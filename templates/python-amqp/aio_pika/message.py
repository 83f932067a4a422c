# Made by natsscan generate python-amqp; written anew when it runs again.
"""Messages, as aio-pika has them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta, timezone
from types import TracebackType
from typing import TYPE_CHECKING, Any

from ..message import Delivery, Properties
from .exceptions import ChannelInvalidStateError, MessageProcessError, as_known
from .kinds import DateType, DeliveryMode, HeadersType, MessageInfo

if TYPE_CHECKING:
    from ..channel import Channel as Core

__all__ = ["DeliveryMode", "IncomingMessage", "Message", "ProcessContext", "ReturnedMessage"]


_LAST = 253402300800  # the year 10000 in seconds since 1970, which no time is after


class Message:
    """A message and its properties; `expiration` is in seconds."""

    def __init__(
        self,
        body: bytes,
        *,
        headers: HeadersType | None = None,
        content_type: str | None = None,
        content_encoding: str | None = None,
        delivery_mode: DeliveryMode | int | None = None,
        priority: int | None = None,
        correlation_id: str | None = None,
        reply_to: str | None = None,
        expiration: DateType | None = None,
        message_id: str | None = None,
        timestamp: DateType | None = None,
        type: str | None = None,  # noqa: A002  # it has that name in AMQP
        user_id: str | None = None,
        app_id: str | None = None,
    ) -> None:
        self._is_locked = False
        self.body = bytes(body)
        self.body_size = len(self.body)
        self.headers: HeadersType = headers or {}
        self.content_type = content_type
        self.content_encoding = content_encoding
        self.delivery_mode = DeliveryMode(int(delivery_mode)) if delivery_mode else DeliveryMode.NOT_PERSISTENT
        self.priority = int(priority) if priority else 0
        self.correlation_id = str(correlation_id) if correlation_id else None
        self.reply_to = str(reply_to) if reply_to else None
        self.expiration = expiration
        self.message_id = str(message_id) if message_id else None
        self.timestamp = _moment(timestamp)
        self.type = str(type) if type else None
        self.user_id = str(user_id) if user_id else None
        self.app_id = str(app_id) if app_id else None

    def info(self) -> MessageInfo:
        """Return the properties by name."""
        names = (
            "app_id body_size content_encoding content_type correlation_id delivery_mode expiration headers message_id "
            "priority reply_to timestamp type user_id"
        )
        absent = "cluster_id consumer_tag delivery_tag exchange redelivered routing_key"
        return {**dict.fromkeys(absent.split()), **{name: getattr(self, name) for name in names.split()}}

    def lock(self) -> None:
        """Let nothing be changed any more."""
        self._is_locked = True

    @property
    def locked(self) -> bool:
        """Whether it may not be changed."""
        return self._is_locked

    def __setattr__(self, name: str, value: object) -> None:
        if not name.startswith("_") and self.__dict__.get("_is_locked"):
            raise ValueError("Message is locked")
        super().__setattr__(name, value)

    def __iter__(self) -> Iterator[int]:
        return iter(self.body)

    def __repr__(self) -> str:
        return f"{type(self).__name__}:{self.info()!r}"


def properties_of(message: Message) -> Properties:
    """Return the properties of a message that is to be published."""
    return Properties(
        content_type=message.content_type,
        content_encoding=message.content_encoding,
        headers=dict(message.headers) or None,
        delivery_mode=int(message.delivery_mode),
        priority=message.priority,
        correlation_id=message.correlation_id,
        reply_to=message.reply_to,
        expiration=_milliseconds(message.expiration),
        message_id=message.message_id,
        timestamp=int(message.timestamp.timestamp()) if message.timestamp is not None else None,
        type=message.type,
        user_id=message.user_id,
        app_id=message.app_id,
    )


class IncomingMessage(Message):
    """A message that was delivered."""

    def __init__(self, core: Core | None, delivery: Delivery) -> None:
        held, given = delivery.held, delivery.held.properties
        self._core = core
        self._no_ack = delivery.no_ack
        self._is_processed = delivery.no_ack
        super().__init__(
            body=held.body,
            headers=given.headers,
            content_type=given.content_type,
            content_encoding=given.content_encoding,
            delivery_mode=given.delivery_mode if given.delivery_mode == DeliveryMode.PERSISTENT else None,
            priority=given.priority,
            correlation_id=given.correlation_id,
            reply_to=given.reply_to,
            expiration=int(given.expiration) / 1000 if given.expiration and given.expiration.isdecimal() else None,
            message_id=given.message_id,
            timestamp=given.timestamp if given.timestamp is not None and given.timestamp < _LAST else None,
            type=given.type,
            user_id=given.user_id,
            app_id=given.app_id,
        )
        self.cluster_id = given.cluster_id
        self.consumer_tag: str | None = delivery.consumer_tag or None
        self.delivery_tag: int | None = delivery.tag
        self.exchange: str | None = held.exchange
        self.routing_key: str | None = held.routing_key
        self.redelivered: bool | None = held.redelivered
        self.message_count: int | None = None if delivery.consumer_tag else held.left
        if delivery.no_ack:
            self.lock()

    @property
    def processed(self) -> bool:
        """Whether it was settled."""
        return self._is_processed

    def info(self) -> MessageInfo:
        """Return the properties by name."""
        names = "cluster_id consumer_tag delivery_tag exchange redelivered routing_key"
        return {**super().info(), **{name: getattr(self, name) for name in names.split()}}

    def process(
        self, requeue: bool = False, reject_on_redelivered: bool = False, ignore_processed: bool = False
    ) -> ProcessContext:
        """Return a context that acknowledges the message at its end, or rejects it if something was raised."""
        return ProcessContext(self, requeue, reject_on_redelivered, ignore_processed)

    async def ack(self, multiple: bool = False) -> None:
        """Acknowledge it; with `multiple` all of its channel that came before it too."""
        core, tag = self._settling()
        with as_known():
            await core.ack(tag, multiple)
        self._settled()

    async def nack(self, multiple: bool = False, requeue: bool = True) -> None:
        """Refuse it; with `multiple` all of its channel that came before it too."""
        core, tag = self._settling()
        with as_known():
            await core.refuse(tag, multiple, requeue)
        self._settled()

    async def reject(self, requeue: bool = False) -> None:
        """Refuse it."""
        await self.nack(requeue=requeue)

    def _settling(self) -> tuple[Core, int]:
        if self._no_ack:
            raise TypeError('A message with the "no_ack" flag is not to be settled')
        if self._is_processed:
            raise MessageProcessError("Message already processed", self)
        if self._core is None or self._core.failure is not None or self.delivery_tag is None:
            raise ChannelInvalidStateError("the channel of the message is closed")
        return self._core, self.delivery_tag

    def _settled(self) -> None:
        self._is_processed = True
        self.lock()


class ReturnedMessage(IncomingMessage):
    """A message that came back, as no queue gets it."""


class ProcessContext(AbstractAsyncContextManager["IncomingMessage"]):
    """Settles a message at its end."""

    def __init__(
        self, message: IncomingMessage, requeue: bool, reject_on_redelivered: bool, ignore_processed: bool
    ) -> None:
        self.message = message
        self.requeue = requeue
        self.reject_on_redelivered = reject_on_redelivered
        self.ignore_processed = ignore_processed

    async def __aenter__(self) -> IncomingMessage:
        return self.message

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.ignore_processed and self.message.processed:
            return
        if kind is None:
            await self.message.ack()
            return
        is_enough = self.reject_on_redelivered and self.message.redelivered
        try:
            await self.message.reject(requeue=self.requeue and not is_enough)
        except ChannelInvalidStateError:
            return  # it has gone back with its channel; what was raised goes on


def _moment(given: DateType | None) -> datetime | None:
    if given is None or isinstance(given, datetime):
        return given
    if isinstance(given, timedelta):
        return datetime.now(tz=timezone.utc) + given
    return datetime.fromtimestamp(given, tz=timezone.utc)


def _milliseconds(given: DateType | None) -> str | None:
    if given is None:
        return None
    if isinstance(given, datetime):
        given = given - datetime.now(tz=given.tzinfo)
    seconds: Any = given.total_seconds() if isinstance(given, timedelta) else given
    return str(max(int(seconds * 1000), 0))
