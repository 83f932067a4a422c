# Made by natsscan generate python-amqp; written anew when it runs again.
"""The part of pika's API that this code base uses, on NATS JetStream."""

from __future__ import annotations

from . import adapters, channel, connection, credentials, delivery_mode, exceptions, exchange_type, frame, spec
from .adapters.blocking_connection import BlockingConnection
from .connection import ConnectionParameters, SSLOptions, URLParameters
from .credentials import PlainCredentials
from .delivery_mode import DeliveryMode
from .spec import BasicProperties

__all__ = [
    "BasicProperties",
    "BlockingConnection",
    "ConnectionParameters",
    "DeliveryMode",
    "PlainCredentials",
    "SSLOptions",
    "URLParameters",
    "adapters",
    "channel",
    "connection",
    "credentials",
    "delivery_mode",
    "exceptions",
    "exchange_type",
    "frame",
    "spec",
]
