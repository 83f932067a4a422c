# Made by natsscan generate python-amqp; written anew when it runs again.
"""What goes wrong, as users of aio-pika know it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .. import errors


class AMQPError(Exception):
    """Anything that goes wrong with messages."""


AMQPException = AMQPError


class AMQPConnectionError(AMQPError, ConnectionError):
    """There is no connection."""


class IncompatibleProtocolError(AMQPConnectionError):
    """The server speaks otherwise."""


class AuthenticationError(AMQPConnectionError):
    """The server does not let this program in."""


class ProbableAuthenticationError(AMQPConnectionError):
    """The server does not let this program in."""


class ConnectionClosed(AMQPConnectionError):
    """The connection has ended."""


class AMQPChannelError(AMQPError):
    """Something is wrong with a channel."""


class ChannelClosed(AMQPChannelError):
    """A channel has ended, as what was asked for cannot be."""


class ChannelAccessRefused(ChannelClosed):
    """Something that this program may not do."""


class ChannelNotFoundEntity(ChannelClosed):
    """There is no such exchange or queue."""


class ChannelLockedResource(ChannelClosed):
    """The queue belongs to another connection."""


class ChannelPreconditionFailed(ChannelClosed):
    """It is there and otherwise, or not as it has to be."""


class DuplicateConsumerTag(ChannelClosed):
    """The channel has a consumer of that tag."""


class ProtocolSyntaxError(AMQPError):
    """Something is written otherwise than it has to be."""


class MethodNotImplemented(AMQPError):
    """Nobody does that."""


class DeliveryError(AMQPError):
    """A message was not taken."""

    def __init__(self, message: Any, frame: Any, *args: Any) -> None:
        super().__init__(message, frame, *args)
        self.message = message
        self.frame = frame


class PublishError(DeliveryError):
    """A message came back, as no queue gets it."""


class ChannelInvalidStateError(RuntimeError):
    """A channel is used that is not open."""


class MessageProcessError(AMQPError):
    """A message was settled already."""


class QueueEmpty(AMQPError, asyncio.QueueEmpty):
    """There is no message."""


_CHANNEL = {
    errors.ACCESS_REFUSED: ChannelAccessRefused,
    errors.NOT_FOUND: ChannelNotFoundEntity,
    errors.RESOURCE_LOCKED: ChannelLockedResource,
    errors.PRECONDITION_FAILED: ChannelPreconditionFailed,
    errors.NOT_ALLOWED: DuplicateConsumerTag,
}


def said(failure: errors.CoreError) -> Exception:
    """Return a failure as users of aio-pika know it."""
    if isinstance(failure, errors.LoginFailure):
        return ProbableAuthenticationError(str(failure))
    if isinstance(failure, errors.ConnectionFailure):
        return ConnectionClosed(str(failure))
    if isinstance(failure, errors.ChannelFailure):
        return _CHANNEL.get(failure.code, ChannelClosed)(str(failure))
    if isinstance(failure, errors.RefusedFailure):
        return DeliveryError(None, str(failure))
    return ChannelInvalidStateError(str(failure))


@contextmanager
def as_known() -> Iterator[None]:
    """Say what goes wrong as users of aio-pika know it."""
    try:
        yield
    except errors.CoreError as failure:
        raise said(failure) from failure
