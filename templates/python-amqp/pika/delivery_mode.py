# Made by natsscan generate python-amqp; written anew when it runs again.
"""Whether a message is to survive; streams in files keep both."""

from __future__ import annotations

from enum import Enum


class DeliveryMode(Enum):
    """Whether a message is to survive."""

    Transient = 1
    Persistent = 2
