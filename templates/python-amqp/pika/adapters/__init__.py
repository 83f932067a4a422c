# Made by natsscan generate python-amqp; written anew when it runs again.
"""Connections."""

from __future__ import annotations

from . import blocking_connection
from .blocking_connection import BlockingConnection

__all__ = ["BlockingConnection", "blocking_connection"]
