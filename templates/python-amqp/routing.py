# Made by natsscan generate python-amqp; written anew when it runs again.
"""Publishing: which subject an exchange and a key lead to, and whether anybody gets it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable

from . import codec, replies, subjects
from .errors import (
    CONTENT_TOO_LARGE,
    INTERNAL_ERROR,
    NOT_FOUND,
    NOT_IMPLEMENTED,
    PRECONDITION_FAILED,
    ApiError,
    BlockedTooLong,
    ChannelFailure,
    NoStreamError,
    RefusedFailure,
    planless,
)
from .jetstream import TTL_DISABLED
from .message import Properties
from .plan import Exchange, Place, Plan, filled, fit
from .session import Session

# Too little of something, a limit of the stream is reached, or too many messages at once.
_NO_ROOM = (10023, 10047, 10077, 10167)
_TOO_LARGE = (10054, 10097)
_AGAIN = 0.5
_UNKEPT_HEADERS = ("CC", "BCC", "x-delay")
_TTL = "Nats-TTL"


async def publish(
    session: Session, exchange: str, key: str, properties: Properties, body: bytes, is_mandatory: bool = False
) -> bool:
    """Publish a message, and return whether it was routed: without `is_mandatory` that is known of queues' names only.

    Raise RefusedFailure if a stream that may be full is, and ChannelFailure for what cannot be.
    """
    for name in _UNKEPT_HEADERS:
        if properties.headers and name in properties.headers:
            raise ChannelFailure(NOT_IMPLEMENTED, f"messages with the header {name}")
    if exchange:
        return await _to_exchange(session, exchange, key, properties, body, is_mandatory)
    if key.startswith(replies.PREFIX):
        return await replies.send(session.js, key, properties, body)
    place = session.plan.queue(key)
    if place is None:
        raise planless("queue", key)
    if not place.subject or not session.plan.takes(place.stream, place.subject):
        raise ChannelFailure(NOT_FOUND, f"no stream of the plan takes what is sent to the queue '{key}' by its name")
    if not await session.is_there(place):
        return False
    headers = _headers(session.plan, place.stream, place.subject, ("", key), properties, [place])
    await send(session, place.stream, place.subject, headers, body)
    return True


async def _to_exchange(
    session: Session, name: str, key: str, properties: Properties, body: bytes, is_mandatory: bool
) -> bool:
    exchange = session.plan.exchange(name)
    if exchange is None:
        raise planless("exchange", name)
    subject = subjects.subject(exchange.subject, key)
    if name.startswith("amq."):  # these are there from the beginning
        await session.ensure_stream(exchange.stream)
    if is_mandatory and not await _is_routable(session, exchange, key, subject):
        return False
    targets = _planned(session.plan, exchange, key) if properties.expiration is not None else ()
    headers = _headers(session.plan, exchange.stream, subject, (name, key), properties, targets)
    try:
        await send(session, exchange.stream, subject, headers, body)
    except NoStreamError:
        raise ChannelFailure(NOT_FOUND, f"no exchange '{name}'") from None
    return True


def _headers(
    plan: Plan, stream: str, subject: str, origin: tuple[str, str], properties: Properties, targets: Iterable[Place]
) -> dict[str, str]:
    try:
        headers = codec.encode(properties, None if plan.origin(subject) == origin else origin)
    except (TypeError, ValueError) as error:
        raise ChannelFailure(PRECONDITION_FAILED, str(error)) from error
    if properties.expiration is None:
        return headers
    if not properties.expiration.isdecimal():
        raise ChannelFailure(PRECONDITION_FAILED, f"invalid expiration '{properties.expiration}'")
    planned = plan.stream(stream)
    if planned is None or not planned.config.get("allow_msg_ttl"):
        raise ChannelFailure(
            PRECONDITION_FAILED,
            f"the stream '{stream}' keeps messages without an expiration only: it is planned without allow_msg_ttl",
        )
    for place in targets:
        if place.dead_letter_exchange is not None:
            raise ChannelFailure(
                NOT_IMPLEMENTED, f"what expires in the queue '{place.name}' does not become a dead letter on NATS"
            )
    return {**headers, _TTL: f"{max(-(-int(properties.expiration) // 1000), 1)}s"}


async def send(
    session: Session, stream: str, subject: str, headers: dict[str, str], body: bytes, number: str | None = None
) -> None:
    """Send a message, and return when its stream has it. While there is no room, wait, as publishers to RabbitMQ do."""
    began = time.monotonic()
    while True:
        try:
            await session.js.publish(subject, body, headers, number)
        except ApiError as error:
            if error.code not in _NO_ROOM:
                raise _failure(stream, error) from error
            if _may_be_full(session.plan, stream):
                raise RefusedFailure(str(error)) from error
            session.tell_blocked(str(error))
            if session.blocked_timeout and time.monotonic() - began > session.blocked_timeout:
                raise BlockedTooLong(str(error)) from error
            await asyncio.sleep(_AGAIN)
            session.check()
        else:
            session.tell_unblocked()
            return


def _failure(stream: str, error: ApiError) -> ChannelFailure:
    if error.code in _TOO_LARGE:
        return ChannelFailure(CONTENT_TOO_LARGE, str(error))
    if error.code == TTL_DISABLED:
        return ChannelFailure(PRECONDITION_FAILED, f"the stream '{stream}' was made without allow_msg_ttl: {error}")
    return ChannelFailure(INTERNAL_ERROR, str(error))


def _may_be_full(plan: Plan, stream: str) -> bool:
    """Tell whether a stream is to refuse what is too much, and not only to have its publishers wait."""
    planned = plan.stream(stream)
    return planned is not None and planned.config.get("discard") == "new" and planned.config.get("max_msgs", -1) > 0


async def _is_routable(session: Session, exchange: Exchange, key: str, subject: str) -> bool:
    """Tell whether any queue that is there gets what is published to a subject."""
    for is_fresh in (False, True):  # that nobody gets it is said by what is there now only
        for name, filters in await session.readers(exchange.stream, is_fresh):
            place = _place_of(session.plan, exchange.stream, name)
            if is_wanted(place, filters, subject, (exchange.name, key)):
                return True
        for queue, wanted in session.plan.takers(exchange.stream):
            if any(subjects.within(subject, each) for each in wanted):
                for name, filters in await session.readers(queue.stream, is_fresh):
                    is_one = fit(queue.consumer, name) is not None
                    if is_one and is_wanted(None, filters, subject, (exchange.name, key)):
                        return True
    return False


def _place_of(plan: Plan, stream: str, consumer: str) -> Place | None:
    """Return the queue that a consumer stands for."""
    for queue in plan.queues:
        tokens = fit(queue.consumer, consumer) if queue.stream == stream else None
        if tokens is not None:
            try:
                return plan.queue(filled(queue.name, tuple(map(subjects.word, tokens))))
            except ValueError:
                continue
    return None


def _planned(plan: Plan, exchange: Exchange, key: str) -> list[Place]:
    """Return the queues that get what is published to an exchange, by the plan; with holes, those that may."""
    found = []
    for binding in plan.bindings:
        bound, name = binding.routing_key, filled(binding.queue, ("x",) * len(binding.queue))
        may_take = not isinstance(bound, str) or subjects.takes(exchange.kind, bound, key)
        place = plan.queue(name) if binding.exchange == exchange.name and may_take else None
        found += [place] if place is not None else []
    return found


def is_wanted(place: Place | None, filters: tuple[str, ...], subject: str, origin: tuple[str, str]) -> bool:
    """Tell whether a queue gets a message: filters may take more than the bindings that they are for."""
    matching = [each for each in filters if subjects.within(subject, each)]
    if not matching or place is None:
        return bool(matching) or not filters
    if any(each not in loose_filters(place) for each in matching):
        return True
    name, key = origin
    return any(each.name == name and subjects.takes(each.kind, bound, key) for each, bound in place.bindings)


def loose_filters(place: Place) -> set[str]:
    """Return the filters of a queue that take more than the bindings that they are for."""
    found = set()
    for exchange, key in place.bindings:
        each, is_exact = subjects.filters(exchange.kind, exchange.subject, key)
        found |= set() if is_exact else set(each)
    return found
