# Made by natsscan generate python-amqp; written anew when it runs again.
"""Types that aio-pika has names for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum, IntEnum, unique
from typing import Any, Optional, Union

MILLISECONDS = 1000

ConsumerTag = str
DateType = Union[int, datetime, float, timedelta]
FieldValue = Union[None, bool, int, float, str, bytes, bytearray, Decimal, datetime, list[Any], dict[str, Any]]
HeadersType = dict[str, Any]
Arguments = Optional[Mapping[str, Any]]
MessageInfo = dict[str, Any]
TimeoutType = Optional[Union[int, float]]


@unique
class DeliveryMode(IntEnum):
    """Whether a message is to survive; streams in files keep both."""

    NOT_PERSISTENT = 1
    PERSISTENT = 2


@unique
class ExchangeType(str, Enum):
    """How an exchange chooses."""

    FANOUT = "fanout"
    DIRECT = "direct"
    TOPIC = "topic"


@dataclass(frozen=True)
class DeclarationResult:
    """A queue that is there, how many messages wait in it, and how many consumers do."""

    queue: str
    message_count: int
    consumer_count: int


@dataclass(frozen=True)
class Confirmation:
    """Says that a stream has a message."""

    delivery_tag: int
    multiple: bool = False
