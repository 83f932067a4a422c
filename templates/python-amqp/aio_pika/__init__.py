# Made by natsscan generate python-amqp; written anew when it runs again.
"""The part of aio-pika's API that this code base uses, on NATS JetStream."""

from __future__ import annotations

from . import abc, exceptions, message, pool, tools
from .channel import Channel
from .connection import Connection, connect
from .exceptions import AMQPException, MessageProcessError
from .exchange import Exchange
from .kinds import DeliveryMode, ExchangeType
from .log import logger
from .message import IncomingMessage, Message
from .queue import Queue
from .robust_channel import RobustChannel
from .robust_connection import RobustConnection, connect_robust
from .robust_exchange import RobustExchange
from .robust_queue import RobustQueue

__all__ = [
    "AMQPException",
    "Channel",
    "Connection",
    "DeliveryMode",
    "Exchange",
    "ExchangeType",
    "IncomingMessage",
    "Message",
    "MessageProcessError",
    "Queue",
    "RobustChannel",
    "RobustConnection",
    "RobustExchange",
    "RobustQueue",
    "abc",
    "connect",
    "connect_robust",
    "exceptions",
    "logger",
    "message",
    "pool",
    "tools",
]
