# Made by natsscan generate python-amqp; written anew when it runs again.
"""What becomes of a message that was rejected, or delivered too often.

The server knows nothing of dead letters: whoever holds the message sends it on, and lets go of it when it is kept
elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

from . import codec, subjects
from .errors import CONTENT_TOO_LARGE, ChannelFailure, NoStreamError, planless
from .message import Held, Properties
from .plan import Place
from .routing import send
from .session import Session

REJECTED = "rejected"
DELIVERY_LIMIT = "delivery_limit"


async def dead_letter(session: Session, place: Place, held: Held, reason: str) -> None:
    """Send a message to the dead-letter exchange of its queue, if there is one, and let go of it.

    If this program ends in between, the message is delivered again; its copy has a number, so it is not kept twice.
    """
    if place.dead_letter_exchange is not None:
        key = held.routing_key if place.dead_letter_routing_key is None else place.dead_letter_routing_key
        await _bury(session, place.dead_letter_exchange, key, held, reason)
    await session.js.settle(held.reply, f"+TERM {reason}".encode(), held.stream, held.consumer)


async def _bury(session: Session, exchange: str, key: str, held: Held, reason: str) -> None:
    target = await _target(session, exchange, key)
    if target is None:
        return  # as in RabbitMQ, a letter to a queue that is not there is dropped
    stream, subject = target
    number = f"dead:{held.stream}:{held.consumer}:{held.sequence}:{held.stored}"
    origin = None if session.plan.origin(subject) == (exchange, key) else (exchange, key)
    buried = replace(held.properties, expiration=None, headers=history(held, reason))
    try:
        await send(session, stream, subject, codec.encode(buried, origin), held.body, number)
    except NoStreamError:
        return
    except ChannelFailure as failure:
        if failure.code != CONTENT_TOO_LARGE:
            raise
        # A message that is nearly too large has no room for its history.
        plain: Properties = replace(held.properties, expiration=None)
        await send(session, stream, subject, codec.encode(plain, origin), held.body, number)


async def _target(session: Session, exchange: str, key: str) -> tuple[str, str] | None:
    """Return the stream and the subject of a dead-letter exchange; None if nobody gets what is sent there."""
    if exchange:
        planned = session.plan.exchange(exchange)
        if planned is None:
            raise planless("exchange", exchange)
        await session.ensure_stream(planned.stream)
        return planned.stream, subjects.subject(planned.subject, key)
    place = session.plan.queue(key)
    if place is None:
        raise planless("queue", key)
    return (place.stream, place.subject) if place.subject and await session.is_there(place) else None


def history(held: Held, reason: str) -> dict[str, Any]:
    """Return the headers of a dead letter, which tell why, from which queue, and how often."""
    given = held.properties.headers or {}
    deaths = [dict(each) for each in given.get("x-death") or () if isinstance(each, Mapping)]
    now = datetime.now(timezone.utc).replace(microsecond=0)
    same = next((each for each in deaths if (each.get("queue"), each.get("reason")) == (held.queue, reason)), None)
    if same is not None:
        deaths.remove(same)
        same = {**same, "count": int(same.get("count", 0)) + 1, "time": now}
    else:
        same = {
            "count": 1,
            "reason": reason,
            "queue": held.queue,
            "time": now,
            "exchange": held.exchange,
            "routing-keys": [held.routing_key],
        }
        if held.properties.expiration is not None:
            same["original-expiration"] = held.properties.expiration
    named = {"reason": reason, "queue": held.queue, "exchange": held.exchange}
    first = {f"x-first-death-{name}": value for name, value in named.items()}
    last = {f"x-last-death-{name}": value for name, value in named.items()}
    return {**first, **given, **last, "x-death": [same, *deaths]}
