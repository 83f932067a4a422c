# Made by natsscan generate python-amqp; written anew when it runs again.
"""Exchanges, as aio-pika has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from .exceptions import PublishError, as_known
from .kinds import Confirmation, ExchangeType, TimeoutType
from .message import Message, ReturnedMessage, properties_of
from .tools import within

if TYPE_CHECKING:
    from .channel import Channel

__all__ = ["Exchange", "ExchangeType"]


class Exchange:
    """An exchange."""

    def __init__(self, channel: Channel, name: str) -> None:
        self.channel = channel
        self.name = name

    async def publish(
        self,
        message: Message,
        routing_key: str,
        *,
        mandatory: bool = True,
        immediate: bool = False,
        timeout: TimeoutType = None,
    ) -> Confirmation | ReturnedMessage | None:
        """Publish a message, and return when a stream has it, or when it is known that no queue gets it."""
        return await within(self._publish(message, routing_key, mandatory, immediate), timeout)

    async def _publish(
        self, message: Message, routing_key: str, mandatory: bool, immediate: bool
    ) -> Confirmation | ReturnedMessage | None:
        channel = self.channel
        if immediate:
            raise NotImplementedError("RabbitMQ does not publish with 'immediate' either")
        properties = properties_of(message)
        properties.message_id = properties.message_id or uuid4().hex  # as aio-pika does
        with as_known():
            routed = await channel.core.publish(self.name, routing_key, properties, message.body, mandatory)
        if not routed and mandatory:
            returned = channel.came_back(self.name, routing_key, properties, message.body)
            if channel.on_return_raises:
                raise PublishError(returned, "NO_ROUTE", routing_key)
            return returned if channel.publisher_confirms else None
        return Confirmation(channel.next_confirmation()) if channel.publisher_confirms else None

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"<{type(self).__name__}({self.name!r})>"


def name_of(exchange: Exchange | str | Any) -> str:
    """Return the name of an exchange."""
    return str(exchange.name) if isinstance(exchange, Exchange) else str(exchange)
