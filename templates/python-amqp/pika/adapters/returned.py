# Made by natsscan generate python-amqp; written anew when it runs again.
"""Messages that came back."""

from __future__ import annotations

from dataclasses import dataclass

from ..spec import Basic, BasicProperties


@dataclass
class ReturnedMessage:
    """A message that no queue gets, or no stream takes."""

    method: Basic.Return
    properties: BasicProperties
    body: bytes
