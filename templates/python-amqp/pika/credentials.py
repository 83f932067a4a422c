# Made by natsscan generate python-amqp; written anew when it runs again.
"""Who this program is to the server."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class PlainCredentials:
    """A user and a password."""

    username: str
    password: str
    erase_on_connect: bool = False


class ExternalCredentials:
    """A certificate of this program's own."""
