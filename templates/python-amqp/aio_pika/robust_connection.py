# Made by natsscan generate python-amqp; written anew when it runs again.
"""Connections that find their way back when there is no server for a time."""

from __future__ import annotations

import asyncio
import ssl as tls
from collections.abc import Mapping
from typing import Any

from ..address import Address
from .connection import Connection, find
from .exceptions import AMQPConnectionError
from .kinds import TimeoutType
from .robust_channel import RobustChannel
from .tools import CallbackCollection

__all__ = ["RobustConnection", "connect_robust"]


class RobustConnection(Connection):
    """A connection that finds its way back."""

    def __init__(self, where: Address) -> None:
        super().__init__(where)
        self.reconnect_callbacks = CallbackCollection(self)

    async def connect(self, timeout: TimeoutType = None) -> None:
        """Connect."""
        await super().connect(timeout)
        self.session.on_reconnected.append(self._told)

    def _told(self) -> None:
        self.reconnect_callbacks()

    @property
    def reconnecting(self) -> bool:
        """Whether there is no server at present."""
        return self._session is not None and not self.is_closed and not self._session.js.is_online

    async def reconnect(self) -> None:
        """Wait until there is a server: it is looked for all the time."""
        await self.ready()

    def channel(
        self, channel_number: int | None = None, publisher_confirms: bool = True, on_return_raises: bool = False
    ) -> RobustChannel:
        """Return a channel, which is opened by waiting for it."""
        self._check()
        return RobustChannel(self, channel_number, publisher_confirms, on_return_raises)


async def connect_robust(
    url: object = None,
    *,
    host: str = "localhost",
    port: int = 5672,
    login: str = "guest",
    password: str = "guest",  # noqa: S107  # as the library has it; it stands for none
    virtualhost: str = "/",
    ssl: bool = False,
    loop: asyncio.AbstractEventLoop | None = None,
    ssl_options: Mapping[str, Any] | None = None,
    ssl_context: tls.SSLContext | None = None,
    timeout: TimeoutType = None,
    client_properties: Mapping[str, Any] | None = None,
    connection_class: None = None,
    reconnect_interval: float | str = 5,
    fail_fast: bool | str = True,
    **others: Any,
) -> RobustConnection:
    """Connect; with `fail_fast=False` try until there is a server."""
    name = (client_properties or {}).get("connection_name") or others.get("name")
    where = find(url, host, port, login, password, ssl, ssl_options, ssl_context, name, connection_class)
    made = RobustConnection(where)
    while True:
        try:
            await made.connect(timeout)
        except AMQPConnectionError:
            if str(fail_fast).lower() not in ("false", "0", "no", "off", "n"):
                raise
            await asyncio.sleep(float(reconnect_interval))
        else:
            return made
