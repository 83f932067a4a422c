# Made by natsscan generate python-amqp; written anew when it runs again.
"""What methods of AMQP tell, and properties of messages."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from ..message import Properties
from .delivery_mode import DeliveryMode
from .exchange_type import ExchangeType

__all__ = ["Basic", "BasicProperties", "Connection", "DeliveryMode", "Exchange", "ExchangeType", "Queue"]

PERSISTENT_DELIVERY_MODE = 2
TRANSIENT_DELIVERY_MODE = 1
REPLY_SUCCESS = 200
NO_ROUTE = 312
ACCESS_REFUSED = 403
NOT_FOUND = 404
RESOURCE_LOCKED = 405
PRECONDITION_FAILED = 406


class BasicProperties(Properties):
    """The properties of a message."""

    def __init__(
        self,
        content_type: str | None = None,
        content_encoding: str | None = None,
        headers: dict[str, Any] | None = None,
        delivery_mode: int | DeliveryMode | None = None,
        priority: int | None = None,
        correlation_id: str | None = None,
        reply_to: str | None = None,
        expiration: str | None = None,
        message_id: str | None = None,
        timestamp: int | None = None,
        type: str | None = None,  # noqa: A002  # it has that name in AMQP
        user_id: str | None = None,
        app_id: str | None = None,
        cluster_id: str | None = None,
    ) -> None:
        super().__init__(
            content_type=content_type,
            content_encoding=content_encoding,
            headers=headers,
            delivery_mode=int(delivery_mode.value if isinstance(delivery_mode, Enum) else delivery_mode)
            if delivery_mode is not None
            else None,
            priority=priority,
            correlation_id=correlation_id,
            reply_to=reply_to,
            expiration=expiration,
            message_id=message_id,
            timestamp=timestamp,
            type=type,
            user_id=user_id,
            app_id=app_id,
            cluster_id=cluster_id,
        )


class Basic:
    """Methods about messages, which tests make with as little as they need."""

    @dataclass
    class Deliver:
        """A delivery to a consumer."""

        consumer_tag: str = ""
        delivery_tag: int = 0
        redelivered: bool = False
        exchange: str = ""
        routing_key: str = ""

    @dataclass
    class GetOk:
        """A delivery that was asked for."""

        delivery_tag: int = 0
        redelivered: bool = False
        exchange: str = ""
        routing_key: str = ""
        message_count: int = 0

    @dataclass
    class Return:
        """A message that no queue gets."""

        reply_code: int = 0
        reply_text: str = ""
        exchange: str = ""
        routing_key: str = ""

    @dataclass
    class Ack:
        """A message that a stream has."""

        delivery_tag: int = 0
        multiple: bool = False

    @dataclass
    class Nack:
        """A message that no stream takes."""

        delivery_tag: int = 0
        multiple: bool = False
        requeue: bool = True

    @dataclass
    class Cancel:
        """A consumer whose queue is gone."""

        consumer_tag: str = ""

    @dataclass
    class CancelOk:
        """A consumer that was cancelled."""

        consumer_tag: str = ""


class Queue:
    """Methods about queues."""

    @dataclass
    class DeclareOk:
        """A queue that is there."""

        queue: str = ""
        message_count: int = 0
        consumer_count: int = 0

    @dataclass
    class BindOk:
        """A queue that is bound."""

    @dataclass
    class UnbindOk:
        """A queue that is not bound any more."""

    @dataclass
    class PurgeOk:
        """A queue that was emptied."""

        message_count: int = 0

    @dataclass
    class DeleteOk:
        """A queue that was deleted."""

        message_count: int = 0


class Exchange:
    """Methods about exchanges."""

    @dataclass
    class DeclareOk:
        """An exchange that is there."""


class Connection:
    """Methods about connections."""

    @dataclass
    class Blocked:
        """Publishing has to wait."""

        reason: str

    @dataclass
    class Unblocked:
        """Publishing goes on."""
