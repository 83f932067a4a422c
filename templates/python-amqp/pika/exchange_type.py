# Made by natsscan generate python-amqp; written anew when it runs again.
"""How exchanges choose."""

from __future__ import annotations

from enum import Enum


class ExchangeType(Enum):
    """How an exchange chooses."""

    direct = "direct"
    fanout = "fanout"
    topic = "topic"
