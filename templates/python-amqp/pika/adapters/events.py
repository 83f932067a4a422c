# Made by natsscan generate python-amqp; written anew when it runs again.
"""What is to be called by the thread that waits for events."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ...message import Delivery


@dataclass
class Event:
    """Something to be called, for a delivery of a channel perhaps."""

    call: Callable[[], Any]
    delivery: Delivery | None = None
    channel: object = None
