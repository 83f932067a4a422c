# Made by natsscan generate python-amqp; written anew when it runs again.
"""Connections, as aio-pika has them."""

from __future__ import annotations

import asyncio
import ssl as tls
from collections.abc import Awaitable, Mapping
from types import TracebackType
from typing import Any, Literal, TypeVar

from .. import address, connecting, errors, session
from ..the_plan import PLAN
from .channel import Channel
from .exceptions import ConnectionClosed, as_known, said
from .kinds import TimeoutType
from .tools import CallbackCollection, within

__all__ = ["Connection", "connect"]

C = TypeVar("C", bound="Connection")


class Connection:
    """A connection."""

    def __init__(self, where: address.Address) -> None:
        self._where = where
        self._session: session.Session | None = None
        self._was_closed = False
        self._closed: asyncio.Future[Literal[True]] = asyncio.get_running_loop().create_future()
        self.close_callbacks = CallbackCollection(self)

    @property
    def session(self) -> session.Session:
        """What it is on NATS. Raise RuntimeError if it is not open."""
        if self._session is None:
            raise RuntimeError("Connection was not opened")
        return self._session

    @property
    def is_closed(self) -> bool:
        """Whether it is not open any more."""
        return self._closed.done()

    async def connect(self, timeout: TimeoutType = None) -> None:
        """Connect."""
        with as_known():
            self._session = await within(connecting.connect(self._where, PLAN, timeout), timeout)
        self._session.on_closed.append(self._ended)

    def channel(
        self, channel_number: int | None = None, publisher_confirms: bool = True, on_return_raises: bool = False
    ) -> Channel:
        """Return a channel, which is opened by waiting for it."""
        self._check()
        return Channel(self, channel_number, publisher_confirms, on_return_raises)

    def _check(self) -> None:
        if self._session is None or self.is_closed:
            raise RuntimeError("Connection was not opened" if self._session is None else "Connection is closed")

    def _ended(self, failure: errors.CoreError) -> None:
        if not self._closed.done():
            self._closed.set_result(True)
        self.close_callbacks(None if self._was_closed else said(failure))

    async def close(self, exc: BaseException | type[BaseException] | None = ConnectionClosed) -> None:
        """Close it: what is unsettled goes back to its queues, and what belongs to the connection goes."""
        self._was_closed = True
        if self._session is not None:
            await self._session.close()
        elif not self._closed.done():
            self._closed.set_result(True)

    def closed(self) -> Awaitable[Literal[True]]:
        """Wait until it is closed."""
        return asyncio.shield(self._closed)

    async def ready(self) -> None:
        """Wait until there is a server."""
        while self._session is not None and not self._session.js.is_online and not self.is_closed:
            await asyncio.sleep(0.05)

    async def __aenter__(self: C) -> C:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def __str__(self) -> str:
        return ", ".join(self._where.servers)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {str(self)!r}>"


def find(
    url: object,
    host: str,
    port: int,
    login: str,
    password: str,
    ssl: bool,
    ssl_options: Mapping[str, Any] | None,
    ssl_context: tls.SSLContext | None,
    name: str | None,
    connection_class: object,
) -> address.Address:
    """Return where to connect to, from what code says of it."""
    if connection_class is not None:
        raise NotImplementedError("a class of connections is made for AMQP, and would not be asked here")
    context = ssl_context
    if context is None and (ssl_options or ssl):
        context = _context(ssl_options or {})
    if url is not None:
        return address.from_url(str(url), context, name)
    user = (login, password) if (login, password) != _GUEST else None
    return address.from_parts(host, port if port != _PORT_OF_AMQP else None, user, context, name=name)


_GUEST = ("guest", "guest")
_PORT_OF_AMQP = 5672


def _context(options: Mapping[str, Any]) -> tls.SSLContext:
    context = tls.create_default_context(
        cafile=options.get("cafile") or options.get("ca_certs"),
        capath=options.get("capath"),
        cadata=options.get("cadata"),
    )
    if options.get("no_verify_ssl"):
        context.check_hostname, context.verify_mode = False, tls.CERT_NONE
    if options.get("certfile"):
        context.load_cert_chain(options["certfile"], options.get("keyfile"))
    return context


async def connect(
    url: object = None,
    *,
    host: str = "localhost",
    port: int = _PORT_OF_AMQP,
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
    **others: Any,
) -> Connection:
    """Connect. What means something to AMQP only is left aside: virtual hosts are accounts, which users belong to."""
    name = (client_properties or {}).get("connection_name") or others.get("name")
    where = find(url, host, port, login, password, ssl, ssl_options, ssl_context, name, connection_class)
    made = Connection(where)
    await made.connect(timeout)
    return made
