# Made by natsscan generate python-amqp; written anew when it runs again.
"""What is asked of the server: each request waits until the connection is there, and until there is an answer."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Mapping
from typing import Any

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import ConnectionClosedError, ConnectionDrainingError, MaxPayloadError, NoRespondersError
from nats.errors import Error as NatsError

from .errors import CONTENT_TOO_LARGE, ApiError, ChannelFailure, ConnectionFailure, CoreError, NoStreamError

logger = logging.getLogger(__name__)

# Shorter than streams know the id of a message, so that one which is published again is not kept twice.
PATIENCE = 60.0
_ANSWER = 5.0  # seconds until a request is sent once more
_AGAIN = 0.25
_SOON = 0.02
_HEADERS = "Nats-"
_NOT_NOW = (10008, 10009)  # a cluster that has no leader at present

CONSUMER_NOT_FOUND, CONSUMER_EXISTS, STREAM_NOT_FOUND, STREAM_EXISTS = 10014, 10148, 10059, 10058
NAME_IN_USE = 10013
REPLICAS_NEED_CLUSTER = 10074
TTL_DISABLED = 10166


class JetStream:
    """A connection to NATS, and JetStream's API on it."""

    def __init__(self, nats: Client) -> None:
        self.nats = nats
        self._online = asyncio.Event()
        self._online.set()
        self._asking: set[asyncio.Future[Msg]] = set()

    @property
    def is_online(self) -> bool:
        """Whether there is a server at present."""
        return self._online.is_set() and self.nats.is_connected

    def set_online(self, is_online: bool) -> None:
        """Say whether there is a server; who waits for one goes on, also when there will be none any more."""
        if is_online:
            self._online.set()
        else:
            self._online.clear()
            for asking in self._asking:
                asking.cancel()

    async def request(
        self, subject: str, payload: bytes, headers: dict[str, str] | None = None, patience: float = PATIENCE
    ) -> Msg:
        """Return the answer to a request. Raise NoRespondersError if nobody is there who could give one."""
        ends = time.monotonic() + patience
        while True:
            left = ends - time.monotonic()
            if self.nats.is_closed:
                raise ConnectionFailure("the connection is closed")
            if left <= 0:
                raise ConnectionFailure(f"no answer from the server in {patience:g} seconds")
            try:
                if not self.is_online:
                    await asyncio.wait_for(self._online.wait(), min(left, _AGAIN))
                if not self.is_online:
                    await asyncio.sleep(_SOON)
                    continue
                answer = await self._answer(subject, payload, headers, min(left, _ANSWER))
                if answer is not None:
                    return answer
            except NoRespondersError:
                raise
            except MaxPayloadError:
                text = f"a message of {len(payload)} bytes is larger than the server takes, {self.nats.max_payload}"
                raise ChannelFailure(CONTENT_TOO_LARGE, text) from None
            except (ConnectionClosedError, ConnectionDrainingError):
                raise ConnectionFailure("the connection is closed") from None
            except asyncio.TimeoutError:
                continue
            except NatsError:
                await asyncio.sleep(_AGAIN)

    async def _answer(self, subject: str, payload: bytes, headers: dict[str, str] | None, seconds: float) -> Msg | None:
        """Return the answer to a request; None if the server is lost before there is one."""
        asking = asyncio.ensure_future(self.nats.request(subject, payload, timeout=seconds, headers=headers))
        self._asking.add(asking)
        try:
            await asyncio.wait([asking])
        finally:
            self._asking.discard(asking)
            asking.cancel()
        return None if asking.cancelled() else asking.result()

    async def ask(self, what: str, body: Mapping[str, Any] | None = None, patience: float = PATIENCE) -> dict[str, Any]:
        """Return the answer of JetStream's API. Raise ApiError if it says what is wrong."""
        subject = f"$JS.API.{what}"
        ends = time.monotonic() + patience
        while True:
            try:
                payload = json.dumps(body).encode() if body is not None else b""
                answer: dict[str, Any] = json.loads((await self.request(subject, payload, None, patience)).data)
            except NoRespondersError:
                if time.monotonic() > ends:
                    raise ConnectionFailure("the server has no JetStream for this program") from None
            else:
                error = answer.get("error")
                if error is None:
                    return answer
                if error.get("err_code") not in _NOT_NOW or time.monotonic() > ends:
                    raise ApiError(what, error)
            await asyncio.sleep(_AGAIN)

    async def find(self, what: str, body: Mapping[str, Any] | None = None) -> dict[str, Any] | None:
        """Return the answer of JetStream's API; None if what it is about is not there."""
        try:
            return await self.ask(what, body)
        except ApiError as error:
            if error.status == 404:
                return None
            raise

    async def publish(self, subject: str, body: bytes, headers: dict[str, str], number: str | None = None) -> None:
        """Publish a message, and return when a stream has it. A message with the number of another one is that one.

        Raise NoStreamError if no stream takes it, and ApiError if one refuses it.
        """
        marked = {**headers, f"{_HEADERS}Msg-Id": number or self.new_name()}
        ends = time.monotonic() + PATIENCE
        while True:
            try:
                answer = json.loads((await self.request(subject, body, marked)).data)
            except NoRespondersError:
                names = await self.ask("STREAM.NAMES", {"subject": subject})
                if not names.get("streams") or time.monotonic() > ends:
                    raise NoStreamError(subject) from None
            except ValueError:  # somebody else listens there too, and has answered
                return
            else:
                error = answer.get("error") if isinstance(answer, dict) else None
                if error is None:
                    return
                if error.get("err_code") not in _NOT_NOW or time.monotonic() > ends:
                    raise ApiError(subject, error)
            await asyncio.sleep(_AGAIN)

    async def offer(self, subject: str, payload: bytes, headers: dict[str, str]) -> bool:
        """Send something to whoever listens, once, and return whether anybody does."""
        while True:
            try:
                while not self.is_online and not self.nats.is_closed:
                    await asyncio.sleep(_SOON)
                await self.nats.request(subject, payload, timeout=_ANSWER, headers=headers)
            except NoRespondersError:
                return False
            except asyncio.TimeoutError:
                return True
            except (ConnectionClosedError, ConnectionDrainingError):
                raise ConnectionFailure("the connection is closed") from None
            else:
                return True

    async def settle(self, reply: str, word: bytes, stream: str, consumer: str) -> None:
        """Say what becomes of a delivery, and return when the server knows."""
        ends = time.monotonic() + PATIENCE
        while True:
            try:
                await self.request(reply, word)
            except NoRespondersError:
                if await self.consumer(stream, consumer) is None:
                    return  # with its queue, the message is gone
                if time.monotonic() > ends:
                    raise ConnectionFailure("the server hears nothing of what becomes of messages") from None
                await asyncio.sleep(_AGAIN)
            else:
                return

    async def tell(self, subject: str, word: bytes) -> None:
        """Say something that needs no answer, if there is a server to hear it."""
        if self.is_online:
            try:
                await self.nats.publish(subject, word)
            except NatsError:
                return

    async def flush(self, seconds: int = 2) -> None:
        """Wait until the server has heard all that was told."""
        if self.is_online:
            try:
                await self.nats.flush(timeout=seconds)
            except (NatsError, asyncio.TimeoutError, OSError):
                return

    async def stream(self, name: str) -> dict[str, Any] | None:
        """Return what is known of a stream, if it is there."""
        return await self.find(f"STREAM.INFO.{name}")

    async def consumer(self, stream: str, name: str) -> dict[str, Any] | None:
        """Return what is known of a consumer, if it is there."""
        return await self.find(f"CONSUMER.INFO.{stream}.{name}")

    async def consumers(self, stream: str) -> list[dict[str, Any]]:
        """Return what is known of all consumers of a stream."""
        found: list[dict[str, Any]] = []
        while True:
            page = await self.find(f"CONSUMER.LIST.{stream}", {"offset": len(found)})
            new = (page or {}).get("consumers") or []
            found += new
            if not new or len(found) >= (page or {}).get("total", 0):
                return found

    async def make_stream(self, config: Mapping[str, Any]) -> None:
        """Make a stream, unless one of its name is there. A server on its own keeps one replica."""
        try:
            await self.ask(f"STREAM.CREATE.{config['name']}", config)
        except ApiError as error:
            if error.code == REPLICAS_NEED_CLUSTER and config.get("num_replicas", 1) > 1:
                await self.make_stream({**config, "num_replicas": 1})
            elif error.code != STREAM_EXISTS:
                raise

    async def make_consumer(self, stream: str, config: Mapping[str, Any], action: str = "create") -> None:
        """Make a consumer, unless one of its name is there, or with another action change it."""
        body = {"stream_name": stream, "config": config, "action": action}
        try:
            await self.ask(f"CONSUMER.CREATE.{stream}.{config['name']}", body)
        except ApiError as error:
            if action != "create" or error.code not in (CONSUMER_EXISTS, NAME_IN_USE):
                raise

    async def delete_consumer(self, stream: str, name: str) -> None:
        """Delete a consumer, if it is there."""
        await self.find(f"CONSUMER.DELETE.{stream}.{name}")

    async def purge(self, stream: str, subject: str, up_to: int | None = None) -> None:
        """Delete the messages of a subject, all or those with lower numbers than `up_to`."""
        body: dict[str, Any] = {"filter": subject}
        await self.find(f"STREAM.PURGE.{stream}", {**body, "seq": up_to} if up_to is not None else body)

    def new_name(self) -> str:
        """Return a name that nobody else has."""
        return self.nats.new_inbox().rpartition(".")[2]


def filters_of(config: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the filters of a consumer's configuration."""
    several, one = config.get("filter_subjects"), config.get("filter_subject")
    return tuple(several) if several else (str(one),) if one else ()


async def quietly(action: Awaitable[object]) -> None:
    """Do something that need not succeed: what ends tidies up as far as it can."""
    try:
        await action
    except (NatsError, CoreError, OSError, asyncio.TimeoutError) as error:
        logger.debug("not done: %s", error)
