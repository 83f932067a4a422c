"""The JetStream API as far as a trial needs it (docs.nats.io, JetStream wire API reference)."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass

import msgspec
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error, NoRespondersError

import nats
from natsscan.model.mapping import Config
from natsscan.nats.proof.server import ConnectionLostError

_ANSWER = 10.0  # seconds for a request
_READY = 40.0  # seconds for a cluster to elect its leader
_NOT_ENABLED = 10039  # for this account
_NOT_READY = (10008, 10004, 10005, 10074)  # no leader yet, too few peers seen yet


class _ApiError(msgspec.Struct, frozen=True):
    err_code: int = 0
    description: str = "refused"


class _Answer(msgspec.Struct, frozen=True):
    """What all answers of the API have in common; those to a creation have the configuration."""

    error: _ApiError | None = None
    config: dict[str, object] = msgspec.field(default_factory=dict)


class RefusedError(Exception):
    """The server refused a stream or consumer; the text is its own, with the number of the error."""


@dataclass(frozen=True, slots=True)
class Received:
    """A message: its body, how often it was delivered, and what settles it."""

    body: str
    subject: str
    delivered: int
    pin: str
    reply: str


class JetStream:
    """A connection to a server with JetStream. All methods raise ConnectionLostError if it goes."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @classmethod
    async def connect(cls, urls: str) -> JetStream:
        """Connect, and wait until JetStream answers."""
        ends = asyncio.get_running_loop().time() + _READY
        while True:
            try:
                client = await nats.connect(
                    urls.split(","), connect_timeout=2, allow_reconnect=False, error_cb=_quiet, max_reconnect_attempts=1
                )
                break
            except (OSError, Error) as error:
                if asyncio.get_running_loop().time() > ends - _READY + 10:
                    raise ConnectionLostError(f"no NATS server answers at {urls}") from error
                await asyncio.sleep(0.1)
        found = cls(client)
        while True:
            try:
                refused = (await found._request("$JS.API.INFO", {}, timeout=2)).error
            except ConnectionLostError:
                if asyncio.get_running_loop().time() > ends:
                    raise
                refused = _ApiError()
            if refused is None:
                return found
            if refused.err_code == _NOT_ENABLED:
                raise ConnectionLostError(
                    f"{urls}: JetStream is not enabled for this account; turn it on in the server"
                )
            if asyncio.get_running_loop().time() > ends:
                raise ConnectionLostError(f"{urls}: JetStream does not get ready: {refused.description}")
            await asyncio.sleep(0.2)

    @property
    def version(self) -> str:
        """The server's version."""
        found = self._client.connected_server_version
        return f"{found.major}.{found.minor}.{found.patch}"

    async def close(self) -> None:
        """Close the connection."""
        await self._client.close()

    async def add_stream(self, config: Config) -> dict[str, object]:
        """Create a stream and return the configuration that it got. Raises RefusedError."""
        return await self._create(f"$JS.API.STREAM.CREATE.{config['name']}", dict(config))

    async def add_consumer(self, stream: str, config: Config) -> dict[str, object]:
        """Create a consumer and return the configuration that it got. Raises RefusedError."""
        name = config.get("durable_name")
        to = f"DURABLE.CREATE.{stream}.{name}" if name else f"CREATE.{stream}.{config.get('name')}"
        return await self._create(
            f"$JS.API.CONSUMER.{to}", {"stream_name": stream, "config": config, "action": "create"}
        )

    async def delete_stream(self, name: str) -> None:
        """Delete a stream with its messages and consumers."""
        await self._request(f"$JS.API.STREAM.DELETE.{name}", {})

    async def publish(self, subject: str, body: str, headers: dict[str, str] | None = None) -> bool:
        """Publish and wait; tell whether a stream took the message."""
        try:
            answer = await self._client.request(subject, body.encode(), timeout=_ANSWER, headers=headers)
        except NoRespondersError:
            return False
        except (Error, TimeoutError) as error:
            raise ConnectionLostError(f"no acknowledgement of a message to {subject}") from error
        return msgspec.json.decode(answer.data, type=_Answer).error is None

    async def pull(self, stream: str, consumer: str, count: int, wait: float, group: dict[str, str]) -> list[Received]:
        """Return at most `count` messages that come within `wait` seconds. `group` names the priority group and pin."""
        inbox = self._client.new_inbox()
        subscription = await self._client.subscribe(inbox)
        request = {"batch": count, "expires": int(wait * 1e9), **group}
        await self._client.publish(
            f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{consumer}", json.dumps(request).encode(), inbox
        )
        found: list[Received] = []
        try:
            while len(found) < count:
                message = await subscription.next_msg(timeout=wait + 2)
                status = (message.headers or {}).get("Status")
                if status in ("404", "408", "409", "423"):
                    break
                if status != "100":
                    found.append(_received(message))
        except (Error, TimeoutError) as error:
            if not self._client.is_connected:
                raise ConnectionLostError(f"the server stopped while {consumer} was read") from error
        finally:
            if self._client.is_connected:
                await subscription.unsubscribe()
        return found

    async def settle(self, message: Received, how: str) -> None:
        """Acknowledge, or what else `how` says (`+ACK`, `-NAK`, `+TERM`, `+WPI`), and wait until the server knows."""
        try:
            await self._client.request(message.reply, how.encode(), timeout=_ANSWER)
        except (Error, TimeoutError) as error:
            raise ConnectionLostError("an acknowledgement was not answered") from error

    async def has_stream(self, name: str) -> bool:
        """Tell whether there is a stream of a name."""
        return (await self._request(f"$JS.API.STREAM.INFO.{name}", {})).error is None

    async def _create(self, api: str, request: dict[str, object]) -> dict[str, object]:
        ends = asyncio.get_running_loop().time() + _READY
        while True:
            answer = await self._request(api, request)
            error = answer.error
            if error is None:
                return answer.config
            if error.err_code not in _NOT_READY or asyncio.get_running_loop().time() > ends:
                raise RefusedError(f"{error.description} ({error.err_code})")
            await asyncio.sleep(0.3)

    async def _request(self, api: str, request: dict[str, object], timeout: float = _ANSWER) -> _Answer:
        try:
            answer = await self._client.request(api, json.dumps(request).encode(), timeout=timeout)
        except NoRespondersError as error:
            raise ConnectionLostError("the server has no JetStream; start it with -js") from error
        except (Error, TimeoutError) as error:
            raise ConnectionLostError(f"the server does not answer {api.split('.')[2].lower()} requests") from error
        return msgspec.json.decode(answer.data, type=_Answer)


def _received(message: Msg) -> Received:
    headers = message.headers or {}
    parts = message.reply.split(".")
    delivered = int(parts[4] if len(parts) == 9 else parts[6])  # ADR-15: a domain and an account may come first
    return Received(message.data.decode(), message.subject, delivered, headers.get("Nats-Pin-Id", ""), message.reply)


async def _quiet(_: Exception) -> None:
    """Errors come back from the calls themselves."""
