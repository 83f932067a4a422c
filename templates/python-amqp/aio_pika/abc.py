# Made by natsscan generate python-amqp; written anew when it runs again.
"""Names for annotations: each stands for what there is."""

from __future__ import annotations

from typing import Union

from .channel import Channel
from .connection import Connection
from .exchange import Exchange
from .kinds import (
    MILLISECONDS,
    ConsumerTag,
    DateType,
    DeclarationResult,
    DeliveryMode,
    ExchangeType,
    FieldValue,
    HeadersType,
    MessageInfo,
    TimeoutType,
)
from .message import IncomingMessage, Message, ProcessContext
from .queue import Queue, QueueIterator
from .robust_channel import RobustChannel
from .robust_connection import RobustConnection
from .robust_exchange import RobustExchange
from .robust_queue import RobustQueue

__all__ = [
    "MILLISECONDS",
    "AbstractChannel",
    "AbstractConnection",
    "AbstractExchange",
    "AbstractIncomingMessage",
    "AbstractMessage",
    "AbstractProcessContext",
    "AbstractQueue",
    "AbstractQueueIterator",
    "AbstractRobustChannel",
    "AbstractRobustConnection",
    "AbstractRobustExchange",
    "AbstractRobustQueue",
    "ConsumerTag",
    "DateType",
    "DeclarationResult",
    "DeliveryMode",
    "ExchangeParamType",
    "ExchangeType",
    "FieldValue",
    "HeadersType",
    "MessageInfo",
    "TimeoutType",
]

AbstractChannel = Channel
AbstractConnection = Connection
AbstractExchange = Exchange
AbstractIncomingMessage = IncomingMessage
AbstractMessage = Message
AbstractProcessContext = ProcessContext
AbstractQueue = Queue
AbstractQueueIterator = QueueIterator
AbstractRobustChannel = RobustChannel
AbstractRobustConnection = RobustConnection
AbstractRobustExchange = RobustExchange
AbstractRobustQueue = RobustQueue
ExchangeParamType = Union[Exchange, str]
