# Made by natsscan generate python-amqp; written anew when it runs again.
"""What annotations of callbacks name."""

from __future__ import annotations

from .adapters.blocking_channel import BlockingChannel

Channel = BlockingChannel
