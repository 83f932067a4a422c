"""A connection, and what is asked of its server."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from nats.aio.client import Client
from nats.aio.msg import Msg

_SECOND = 1_000_000_000
_ANSWER = 5.0  # seconds that the server has for one answer
_AGAIN = 0.3


@dataclass(frozen=True)
class JetStream:
    """A connection, and where the server's API for streams is on it. `await js.nats.drain()` ends it."""

    nats: Client
    prefix: str = "$JS.API"


class ServerError(Exception):
    """The server refused what it was asked for."""


class ConfigurationError(ServerError):
    """A stream or consumer is there with another configuration than is planned, and stays as it is."""


async def _publish(
    js: JetStream,
    stream: str,
    subject: str,
    body: bytes,
    headers: Mapping[str, str] | None = None,
    message_id: str | None = None,
    ttl: float | None = None,
) -> None:
    """Publish a message, and return when a stream has it. Raise ServerError if it does not take it."""
    sent = {**(headers or {}), "Nats-Expected-Stream": stream}
    if message_id is not None:
        sent["Nats-Msg-Id"] = message_id
    if ttl is not None:
        sent["Nats-TTL"] = str(max(math.ceil(ttl), 1))
    answer = json.loads((await js.nats.request(subject, body, timeout=_ANSWER, headers=sent)).data)
    if "error" in answer:
        raise ServerError(f"{subject}: {answer['error'].get('description')}")


async def _request(
    js: JetStream,
    stream: str,
    subject: str,
    body: bytes,
    timeout: float,
    headers: Mapping[str, str] | None = None,
    message_id: str | None = None,
    ttl: float | None = None,
) -> Msg:
    """Publish a request whose answer goes to an inbox that it names, and return the answer."""
    inbox = js.nats.new_inbox()
    answers = await js.nats.subscribe(inbox)
    try:
        await _publish(js, stream, subject, body, {**(headers or {}), "Reply-To": inbox}, message_id, ttl)
        return await answers.next_msg(timeout)
    finally:
        await answers.unsubscribe()


async def _schedule(
    js: JetStream,
    stream: str,
    schedule: str,
    subject: str,
    due: datetime,
    body: bytes,
    headers: Mapping[str, str] | None = None,
    message_id: str | None = None,
) -> None:
    """Publish a message that the server publishes to a subject when it is due; return when the stream has it."""
    at = due.astimezone(timezone.utc).isoformat().replace("+00:00", "Z")
    waiting = {"Nats-Schedule": f"@at {at}", "Nats-Schedule-Target": subject}
    await _publish(js, stream, schedule, body, {**(headers or {}), **waiting}, message_id)


async def _ensure_stream(js: JetStream, config: dict[str, Any]) -> None:
    """Make a stream, or see that it is there as planned. Raise ConfigurationError if it is not."""
    name = config["name"]
    await _ensure(js, f"stream {name}", f"STREAM.{{}}.{name}", config, config)


async def _ensure_consumer(js: JetStream, planned: dict[str, Any]) -> dict[str, Any]:
    """Make a consumer of a stream, or see that it is there as planned, and return its configuration."""
    config = {name: value for name, value in planned.items() if name != "stream"}
    config["name"] = planned.get("durable_name", planned.get("name"))
    path = f"{planned['stream']}.{config['name']}"
    request = {"stream_name": planned["stream"], "config": config, "action": "create"}
    there = await _ensure(js, f"consumer {path}", f"CONSUMER.{{}}.{path}", request, config)
    return {**there, "stream": planned["stream"]}


async def _ensure(
    js: JetStream, title: str, what: str, request: Mapping[str, Any], planned: Mapping[str, Any]
) -> dict[str, Any]:
    answer = await _ask(js, what.format("INFO"))
    if answer.get("error", {}).get("code") == 404:
        made = await _ask(js, what.format("CREATE"), request)
        # It may be refused as somebody else has made it in between.
        answer = await _ask(js, what.format("INFO")) if "error" in made else made
        answer = made if "error" in answer else answer
    if "error" in answer:
        raise ServerError(f"{title}: {answer['error'].get('description')}")
    there: dict[str, Any] = answer["config"]
    others = [
        f"{name} is {there.get(name)!r} and not {value!r}"
        for name, value in planned.items()
        if not _is_as(name, value, there.get(name))
    ]
    if others:
        raise ConfigurationError(f"{title} is there, and stays: {', '.join(others)}")
    return there


def _is_as(name: str, planned: Any, there: Any) -> bool:
    """Tell whether a field of a configuration is as planned; the server leaves out some that are empty."""
    if name == "ack_wait":  # what is worked on is kept alive, so a longer one does no harm
        return bool(there and there >= planned)
    if name == "duplicate_window" and not planned:
        return True  # the server's own
    if isinstance(planned, list):
        found = there or []
        return len(found) == len(planned) and all(any(_has(each, one) for each in found) for one in planned)
    return bool(there == planned or (not there and not planned))


def _has(there: Any, planned: Any) -> bool:
    if isinstance(planned, dict):
        return all(there.get(name) == value for name, value in planned.items())
    return bool(there == planned)


async def _ask(js: JetStream, what: str, request: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return what the server's API answers, which may be an error."""
    payload = json.dumps(request).encode() if request is not None else b""
    answer: dict[str, Any] = json.loads((await js.nats.request(f"{js.prefix}.{what}", payload, timeout=_ANSWER)).data)
    return answer
