# Made by natsscan generate python-amqp; written anew when it runs again.
"""Answers of the broker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

M = TypeVar("M")


@dataclass
class Method(Generic[M]):
    """A method, and the channel that it is about."""

    channel_number: int
    method: M
