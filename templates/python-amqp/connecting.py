# Made by natsscan generate python-amqp; written anew when it runs again.
"""How a connection begins."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import Any

from nats.aio.client import Client
from nats.errors import Error as NatsError

from .address import Address
from .errors import ApiError, ConnectionFailure, LoginFailure
from .jetstream import JetStream
from .plan import Plan
from .session import Session

logger = logging.getLogger(__name__)

_OLDEST = (2, 11)
_READY = 5.0
_ENDING = 2.0


async def connect(
    address: Address, plan: Plan, timeout: float | None = None, blocked_timeout: float | None = None
) -> Session:
    """Connect, or raise ConnectionFailure soon: only a connection that was there is looked for again and again."""
    nats = Client()
    if hasattr(nats, "_hdr_parser"):  # nats-py before 2.15 loses all headers of a message if one is not in ASCII
        nats._hdr_parser = _Headers()
    js = JetStream(nats)
    errors: list[str] = []
    made: list[Session] = []
    is_refused = asyncio.Event()

    async def on_error(error: Exception) -> None:
        if not is_refused.is_set():
            errors.append(str(error) or type(error).__name__)
            if len(errors) == len(address.servers):
                is_refused.set()
        logger.debug("nats: %s", error)

    async def on_lost() -> None:
        js.set_online(False)

    async def on_found() -> None:
        js.set_online(True)
        for session in made:
            session.reconnected()

    async def on_closed() -> None:
        js.set_online(True)
        why = str(nats.last_error or "the connection is closed")
        for session in made:
            session.end(LoginFailure(why) if _is_about_login(why) else ConnectionFailure(why))

    connecting = asyncio.ensure_future(
        nats.connect(
            list(address.servers),
            name=address.name,
            error_cb=on_error,
            disconnected_cb=on_lost,
            reconnected_cb=on_found,
            closed_cb=on_closed,
            connect_timeout=max(1, round(timeout or 2)),
            reconnect_time_wait=0,
            max_reconnect_attempts=1,
            user=address.user,
            password=address.password,
            token=address.token,
            user_credentials=address.credentials_file,
            tls=address.tls,
            tls_hostname=address.tls_hostname,
        )
    )
    try:
        await _unless(connecting, is_refused)
        await _check(nats, js)
    except (NatsError, OSError, ConnectionFailure, asyncio.TimeoutError) as error:
        await _leave(nats)
        why = "; ".join(dict.fromkeys(errors)) or str(error) or type(error).__name__
        text = f"{', '.join(address.servers)}: {why}"
        raise LoginFailure(text) if _is_about_login(why) else ConnectionFailure(text) from None
    except BaseException:
        await _leave(nats)
        raise
    # From now on it is looked for until it is back.
    nats.options["max_reconnect_attempts"] = -1
    nats.options["reconnect_time_wait"] = 1
    session = Session(js, plan, blocked_timeout)
    made.append(session)
    session.start()
    return session


async def _unless(connecting: asyncio.Future[Any], is_refused: asyncio.Event) -> None:
    """Wait for a connection, unless every server has refused it: the client would try them all the time."""
    waiting: asyncio.Future[Any] = asyncio.ensure_future(is_refused.wait())
    try:
        await asyncio.wait([connecting, waiting], return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiting.cancel()
        if not connecting.done():
            connecting.cancel()
        await asyncio.wait([connecting, waiting], timeout=_ENDING)
    if not connecting.cancelled():
        connecting.result()
    else:
        raise ConnectionFailure("no server takes the connection")


async def _leave(nats: Client) -> None:
    """Close what may never have been open; a half of TLS would wait for the other one."""
    with suppress(Exception):
        await asyncio.wait_for(nats.close(), _ENDING)
    with suppress(Exception):
        writer: Any = nats._transport._io_writer  # type: ignore[union-attr]
        writer.transport.abort()
        await asyncio.sleep(0)


class _Headers:
    """Reads headers as they are written: a name, a colon and a value in UTF-8 on each line."""

    def parsebytes(self, raw: bytes) -> dict[str, str]:
        """Return headers by their names."""
        found = {}
        for line in raw.split(b"\r\n"):
            name, colon, value = line.partition(b":")
            if colon:
                found[name.strip().decode("ascii", "replace")] = value.strip().decode("utf-8", "replace")
        return found


async def _check(nats: Client, js: JetStream) -> None:
    """Raise ConnectionFailure if the server is too old, or has no JetStream for this program."""
    server = nats.connected_server_version
    if (server.major, server.minor) < _OLDEST:
        raise ConnectionFailure(f"the server is NATS {server.major}.{server.minor}; 2.11 or later is needed")
    try:
        await js.ask("INFO", patience=_READY)
    except ApiError as error:
        raise ConnectionFailure(str(error)) from None


def _is_about_login(why: str) -> bool:
    return "authorization" in why.lower() or "authentication" in why.lower()
