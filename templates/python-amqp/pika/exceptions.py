# Made by natsscan generate python-amqp; written anew when it runs again.
"""What goes wrong, as users of pika know it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from .. import errors

if TYPE_CHECKING:
    from .adapters.returned import ReturnedMessage


class AMQPError(Exception):
    """Anything that goes wrong with messages."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}: {self}"


class AMQPConnectionError(AMQPError):
    """There is no connection."""


class ConnectionOpenAborted(AMQPConnectionError):
    """Connecting was given up."""


class StreamLostError(AMQPConnectionError):
    """The connection was lost."""


class IncompatibleProtocolError(AMQPConnectionError):
    """The server speaks otherwise."""


class AuthenticationError(AMQPConnectionError):
    """The server does not let this program in."""


class ProbableAuthenticationError(AMQPConnectionError):
    """The server does not let this program in."""


class ProbableAccessDeniedError(AMQPConnectionError):
    """The server does not let this program in."""


class NoFreeChannels(AMQPConnectionError):
    """There are too many channels."""


class ConnectionWrongStateError(AMQPConnectionError):
    """A connection is used that is not open."""


class ConnectionBlockedTimeout(AMQPConnectionError):
    """The server has had no room for too long."""


class AMQPHeartbeatTimeout(AMQPConnectionError):
    """The server was silent for too long."""


class _Told(AMQPError):
    """What is told with a code."""

    def __init__(self, reply_code: int, reply_text: str) -> None:
        super().__init__(int(reply_code), str(reply_text))

    @property
    def reply_code(self) -> int:
        """The code that AMQP has for it."""
        return int(self.args[0])

    @property
    def reply_text(self) -> str:
        """What it is."""
        return str(self.args[1])


class ConnectionClosed(_Told, AMQPConnectionError):
    """A connection has ended."""


class ConnectionClosedByBroker(ConnectionClosed):
    """The server has ended a connection."""


class ConnectionClosedByClient(ConnectionClosed):
    """A connection was closed by this program."""


class AMQPChannelError(AMQPError):
    """Something is wrong with a channel."""


class ChannelWrongStateError(AMQPChannelError):
    """A channel is used that is not open."""


class ChannelClosed(_Told, AMQPChannelError):
    """A channel has ended."""


class ChannelClosedByBroker(ChannelClosed):
    """A channel has ended, as what was asked for cannot be."""


class ChannelClosedByClient(ChannelClosed):
    """A channel was closed by this program."""


class DuplicateConsumerTag(AMQPChannelError):
    """The channel has a consumer of that tag."""


class ConsumerCancelled(AMQPChannelError):
    """The queue of a consumer is gone."""


class UnroutableError(AMQPChannelError):
    """Messages came back, as no queue gets them."""

    def __init__(self, messages: Sequence[ReturnedMessage]) -> None:
        super().__init__(f"{len(messages)} unroutable message(s) returned")
        self.messages = messages


class NackError(AMQPChannelError):
    """No stream takes messages."""

    def __init__(self, messages: Sequence[ReturnedMessage]) -> None:
        super().__init__(f"{len(messages)} message(s) NACKed")
        self.messages = messages


class InvalidChannelNumber(AMQPError):
    """There is no such channel."""


class ProtocolSyntaxError(AMQPError):
    """Something is written otherwise than it has to be."""


class MethodNotImplemented(AMQPError):
    """Nobody does that."""


class ShortStringTooLong(AMQPError):
    """A name is too long."""


class ChannelError(Exception):
    """Something is wrong with a channel."""


class ReentrancyError(Exception):
    """Something is begun once more before it has ended."""


def said(failure: errors.CoreError) -> AMQPError:
    """Return a failure as users of pika know it."""
    if isinstance(failure, errors.LoginFailure):
        return ProbableAuthenticationError(str(failure))
    if isinstance(failure, errors.BlockedTooLong):
        return ConnectionBlockedTimeout(str(failure))
    if isinstance(failure, errors.ConnectionFailure):
        return StreamLostError(str(failure))
    if isinstance(failure, errors.ChannelFailure):
        if failure.code == errors.NOT_ALLOWED:
            return DuplicateConsumerTag(str(failure))
        return ChannelClosedByBroker(failure.code, str(failure))
    return ChannelWrongStateError(str(failure))


@contextmanager
def as_known() -> Iterator[None]:
    """Say what goes wrong as users of pika know it."""
    try:
        yield
    except errors.RefusedFailure:
        raise
    except errors.CoreError as failure:
        raise said(failure) from failure
