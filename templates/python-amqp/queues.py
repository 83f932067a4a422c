# Made by natsscan generate python-amqp; written anew when it runs again.
"""Declaring, binding, emptying and deleting queues; declaring exchanges.

What is there is never changed by a declaration.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nats.aio.msg import Msg

from . import arguments, subjects
from .errors import (
    ACCESS_REFUSED,
    NOT_FOUND,
    NOT_IMPLEMENTED,
    PRECONDITION_FAILED,
    RESOURCE_LOCKED,
    ChannelFailure,
    planless,
)
from .jetstream import filters_of, quietly
from .plan import Exchange, Place
from .presence import owner_subject, reader_subject
from .reading import ACK
from .replies import PREFIX, ReplyQueue
from .routing import loose_filters
from .session import Session

OWNER, AUTO_DELETE = "amqp-exclusive-to", "amqp-auto-delete"
_SECOND = 1_000_000_000
_SOON_AGAIN = 30 * _SECOND
_IDLE = 30 * _SECOND
_DESERTED = 7 * 24 * 3600 * _SECOND
_KINDS = ("direct", "fanout", "topic")
_BATCH = 256
_UNBINDING = 5.0
_MOMENT = 0.1
_ANSWER = 2.0


@dataclass(frozen=True)
class Declared:
    """A queue that is there, how many messages wait in it, and how many consumers do."""

    name: str
    messages: int
    consumers: int


async def declare_exchange(
    session: Session, name: str, kind: str, given: Mapping[str, Any] | None, is_passive: bool, is_internal: bool
) -> None:
    """Declare an exchange: its stream is there then. A passive declaration sees whether it is."""
    planned = session.plan.exchange(name)
    if planned is None:
        raise planless("exchange", name)
    if is_passive:
        if await session.js.stream(planned.stream) is None:
            raise ChannelFailure(NOT_FOUND, f"no exchange '{name}'")
        return
    if kind not in _KINDS:
        raise ChannelFailure(NOT_IMPLEMENTED, f"exchanges of type '{kind}'")
    if is_internal:
        raise ChannelFailure(NOT_IMPLEMENTED, "internal exchanges")
    if given:
        raise ChannelFailure(NOT_IMPLEMENTED, f"exchanges with {', '.join(sorted(given))}")
    if kind != planned.kind:
        raise ChannelFailure(PRECONDITION_FAILED, f"exchange '{name}' is declared as {planned.kind}, not {kind}")
    await session.ensure_stream(planned.stream)


async def declare_queue(
    session: Session,
    name: str,
    given: Mapping[str, Any] | None,
    is_passive: bool = False,
    is_exclusive: bool = False,
    is_auto_delete: bool = False,
) -> Declared:
    """Declare a queue, or see that it is there. One without a name gets one, and goes with the connection."""
    if not name:
        queue = ReplyQueue(session, PREFIX + session.js.new_name(), arguments.of_server_named(given or {}))
        await queue.open()
        return Declared(queue.name, 0, 0)
    if name in session.replies:
        return Declared(name, len(session.replies[name]), session.replies[name].feeds)
    if is_passive:
        _, info = await existing(session, name)
    else:
        place = _planned(session, name)
        arguments.check(session.plan, place, given or {})
        info = await _make(session, place, is_exclusive, is_auto_delete)
    return Declared(name, int(info["num_pending"]), int(info["num_waiting"]))


def _planned(session: Session, name: str) -> Place:
    place = session.plan.queue(name)
    if place is None:
        raise planless("queue", name)
    return place


async def existing(session: Session, name: str) -> tuple[Place, dict[str, Any]]:
    """Return a queue that this connection may use, and what is known of its consumer."""
    if name.startswith(PREFIX):
        raise ChannelFailure(RESOURCE_LOCKED, f"queue '{name}' belongs to another connection, or is gone with it")
    place = _planned(session, name)
    info = await session.js.consumer(place.stream, place.consumer)
    if info is None:
        session.forget(place)
        raise ChannelFailure(NOT_FOUND, f"no queue '{name}'")
    await _check_owner(session, name, info)
    session.see(place)
    return place, info


async def _check_owner(session: Session, name: str, info: Mapping[str, Any]) -> None:
    owner = owner_of(info)
    if owner not in ("", session.name) and await session.presence.is_anybody(owner_subject(owner)):
        raise ChannelFailure(RESOURCE_LOCKED, f"queue '{name}' belongs to another connection")


def owner_of(info: Mapping[str, Any]) -> str:
    """Return the connection that a queue belongs to; empty if it belongs to none."""
    return str((info["config"].get("metadata") or {}).get(OWNER, ""))


def goes_with_readers(info: Mapping[str, Any]) -> bool:
    """Tell whether a queue goes with the last who reads it."""
    return AUTO_DELETE in (info["config"].get("metadata") or {})


async def _make(session: Session, place: Place, is_exclusive: bool, is_auto_delete: bool) -> dict[str, Any]:
    await session.ensure_stream(place.stream)
    stream = await session.js.stream(place.stream)
    if stream is None:  # somebody has deleted it since this program has seen it
        session.forget(place)
        return await _make(session, place, is_exclusive, is_auto_delete)
    info = await session.js.consumer(place.stream, place.consumer)
    if info is not None and owner_of(info) not in ("", session.name):
        await _check_owner(session, place.name, info)
        await _remove(session, place)  # its connection ended without a word
        info = None
    if info is None:
        is_work_queue = stream["config"]["retention"] == "workqueue"
        # What was sent before the queue was there would have been dropped; what was sent since stays.
        for each in place.filters if is_work_queue else ():
            await session.js.purge(place.stream, each, int(stream["state"]["last_seq"]) + 1)
        config = _config(session, place, is_work_queue, is_exclusive, is_auto_delete)
        await session.js.make_consumer(place.stream, config)
        info = await session.js.consumer(place.stream, place.consumer)
    if info is None:
        raise ChannelFailure(NOT_FOUND, f"queue '{place.name}' went as it was declared")
    if is_exclusive != (owner_of(info) == session.name):
        raise ChannelFailure(PRECONDITION_FAILED, f"queue '{place.name}' is there, and whether it is exclusive differs")
    if is_exclusive:
        await session.own(place)
    session.see(place)
    return info


def _config(
    session: Session, place: Place, is_work_queue: bool, is_exclusive: bool, is_auto_delete: bool
) -> dict[str, Any]:
    """Return the consumer of a queue. A message that nobody says is worked on comes again after thirty seconds."""
    own = ("filter_subject", "filter_subjects", "backoff")
    config = {name: value for name, value in place.config.items() if name not in own}
    if "durable_name" in config:
        config["durable_name"] = place.consumer
    metadata = {**(config.get("metadata") or {})}
    if is_exclusive:
        metadata[OWNER] = session.name
    if is_auto_delete:
        metadata[AUTO_DELETE] = "yes"
    if is_exclusive or "durable_name" not in config:
        config.setdefault("inactive_threshold", _IDLE)
    elif is_auto_delete:
        config.setdefault("inactive_threshold", _DESERTED)
    return {
        **config,
        "name": place.consumer,
        "filter_subjects": list(place.filters),
        "deliver_policy": "all" if is_work_queue else config.get("deliver_policy", "new"),
        "ack_policy": "explicit",
        "ack_wait": min(config.get("ack_wait", _SOON_AGAIN), _SOON_AGAIN),
        "max_deliver": -1,
        "max_ack_pending": config.get("max_ack_pending", -1),
        **({"metadata": metadata} if metadata else {}),
    }


def _exchange(session: Session, name: str) -> Exchange:
    if not name:
        raise ChannelFailure(ACCESS_REFUSED, "nothing is bound to the default exchange")
    planned = session.plan.exchange(name)
    if planned is None:
        raise planless("exchange", name)
    return planned


async def bind(session: Session, name: str, exchange: str, key: str, given: Mapping[str, Any] | None) -> None:
    """Bind a queue. What the plan knows is bound from the beginning; for another key the consumer gets a filter."""
    if given:
        raise ChannelFailure(NOT_IMPLEMENTED, f"bindings with {', '.join(sorted(given))}")
    planned = _exchange(session, exchange)
    if name in session.replies:
        await session.replies[name].bind(exchange, key)
        return
    place, info = await existing(session, name)
    wanted, is_exact = subjects.filters(planned.kind, planned.subject, key)
    is_planned = any(each.name == exchange and _is_same(each, bound, key) for each, bound in place.bindings)
    is_loose = not is_exact or any(subjects.within(one, each) for one in wanted for each in loose_filters(place))
    if is_loose and not is_planned:
        raise ChannelFailure(
            NOT_IMPLEMENTED,
            f"no filter says what '{key}' takes, and the plan does not have it; run 'natsscan generate python-amqp'",
        )
    while not _covers(filters_of(info["config"]), wanted):
        if place.stream != planned.stream and not is_planned:
            raise ChannelFailure(
                NOT_IMPLEMENTED,
                f"the stream of the queue '{name}' is filled by what the plan binds, and not by '{key}'",
            )
        info = await _filter(session, place, info, (*filters_of(info["config"]), *wanted))


def _is_same(exchange: Exchange, bound: str, key: str) -> bool:
    return exchange.kind == "fanout" or bound == key


def _covers(filters: tuple[str, ...], wanted: tuple[str, ...]) -> bool:
    return not filters or all(any(subjects.within(one, each) for each in filters) for one in wanted)


async def _filter(session: Session, place: Place, info: Mapping[str, Any], filters: tuple[str, ...]) -> dict[str, Any]:
    """Give a consumer filters, and return what is known of it then: another program may have changed it too."""
    config = {
        name: value for name, value in info["config"].items() if name not in ("filter_subject", "filter_subjects")
    }
    changed = {**config, "name": place.consumer, "filter_subjects": list(subjects.without_subsets(filters))}
    await session.js.make_consumer(place.stream, changed, "update")
    return (await existing(session, place.name))[1]


async def unbind(session: Session, name: str, exchange: str, key: str) -> None:
    """Undo a binding. What the queue has got through it is waited for, as the server would drop it."""
    planned = _exchange(session, exchange)
    if name in session.replies:
        await session.replies[name].unbind(exchange, key)
        return
    place, info = await existing(session, name)
    gone, _ = subjects.filters(planned.kind, planned.subject, key)
    before = filters_of(info["config"])
    if not set(gone) & set(before):
        return
    if place.stream != planned.stream or len(set(before) - set(gone)) == 0:
        raise ChannelFailure(NOT_IMPLEMENTED, f"the queue '{name}' has no stream of its own and no other binding")
    for left in range(round(_UNBINDING / _MOMENT), -1, -1):
        if not await _has_backlog(session, place, gone):
            break
        if left == 0:
            raise ChannelFailure(
                PRECONDITION_FAILED, f"the queue '{name}' has messages through this binding, which would be dropped"
            )
        await asyncio.sleep(_MOMENT)
    await _filter(session, place, info, tuple(each for each in before if each not in gone))


async def _has_backlog(session: Session, place: Place, filters: tuple[str, ...]) -> bool:
    info = await session.js.consumer(place.stream, place.consumer)
    start = int(info["delivered"]["stream_seq"]) + 1 if info else 1
    for each in filters:
        body = {"seq": start, "next_by_subj": each}
        if info and info["num_pending"] and await session.js.find(f"STREAM.MSG.GET.{place.stream}", body) is not None:
            return True
    return False


async def purge(session: Session, name: str) -> int:
    """Take out all messages that wait, and tell how many; those that somebody holds stay."""
    if name in session.replies:
        found = session.replies[name].purge()
        for held in found:
            session.dismiss(held)
        return len(found)
    place, _ = await existing(session, name)
    count = 0
    while True:
        taken = await _take_batch(session, place)
        count += taken
        if taken < _BATCH:
            return count


async def _take_batch(session: Session, place: Place) -> int:
    """Acknowledge what waits, up to a batch of it."""
    found = await _waiting(session, place, _BATCH)
    for message in found:
        await session.js.tell(message.reply, ACK)
    await session.js.flush()
    return len(found)


async def _waiting(session: Session, place: Place, most: int) -> list[Msg]:
    """Return what waits in a queue, up to so many messages."""
    js = session.js
    found: list[Msg] = []
    is_over: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def on_message(message: Msg) -> None:
        if message.reply:
            found.append(message)
        if (not message.reply or len(found) == most) and not is_over.done():
            is_over.set_result((message.headers or {}).get("Status", "") if not message.reply else "")

    # What comes has the subject that it was published to, so it is told apart by an inbox of its own.
    inbox = js.nats.new_inbox()
    sub = await js.nats.subscribe(inbox, cb=on_message)
    request = json.dumps({"batch": most, "no_wait": True}).encode()
    await js.nats.publish(f"$JS.API.CONSUMER.MSG.NEXT.{place.stream}.{place.consumer}", request, reply=inbox)
    await asyncio.wait([is_over], timeout=_ANSWER)
    await quietly(sub.unsubscribe())
    if not found and is_over.done() and is_over.result() == "503":
        raise ChannelFailure(NOT_FOUND, f"no queue '{place.name}'")
    return found


async def delete(session: Session, name: str, if_unused: bool, if_empty: bool) -> int:
    """Delete a queue with its messages, and tell how many waited."""
    if name in session.replies:
        queue = session.replies[name]
        _check_deletable(name, queue.feeds if if_unused else 0, len(queue) if if_empty else 0)
        count = len(queue)
        await queue.close()
        return count
    place = _planned(session, name)
    info = await session.js.consumer(place.stream, place.consumer)
    if info is None:
        return 0
    await _check_owner(session, name, info)
    waiting = int(info["num_pending"])
    held = waiting + int(info["num_ack_pending"])
    _check_deletable(name, int(info["num_waiting"]) if if_unused else 0, held if if_empty else 0)
    await _remove(session, place)
    return waiting


def _check_deletable(name: str, readers: int, messages: int) -> None:
    if readers:
        raise ChannelFailure(PRECONDITION_FAILED, f"queue '{name}' in use")
    if messages:
        raise ChannelFailure(PRECONDITION_FAILED, f"queue '{name}' not empty")


async def _remove(session: Session, place: Place) -> None:
    await session.disown(place.name)
    stream = await session.js.stream(place.stream)
    await session.js.delete_consumer(place.stream, place.consumer)
    session.forget(place)
    if stream is not None and stream["config"].get("sources"):  # it is there for this queue only
        await session.js.find(f"STREAM.DELETE.{place.stream}")
    elif stream is not None and stream["config"]["retention"] == "workqueue":
        for each in place.filters:
            await session.js.purge(place.stream, each)


async def discharge(session: Session, place: Place) -> None:
    """Delete a queue that goes with those who read it, if nobody does any more."""
    subject = reader_subject(place.stream, place.consumer)
    await session.presence.leave(subject)
    if not await session.presence.is_anybody(subject):
        await _remove(session, place)


async def next_message(session: Session, place: Place) -> Msg | None:
    """Return the next message of a queue, if there is one."""
    found = await _waiting(session, place, 1)
    return found[0] if found else None
