# Made by natsscan generate python-amqp; written anew when it runs again.
"""Queues of connections that find their way back, which all do here."""

from __future__ import annotations

from .queue import Queue

RobustQueue = Queue
