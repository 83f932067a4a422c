# Made by natsscan generate python-amqp; written anew when it runs again.
"""Channels: what they have handed out, and what becomes of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
from functools import partial
from typing import Any, TypeVar

from nats.aio.msg import Msg

from . import queues, routing
from .consumers import Consumer
from .deadletters import DELIVERY_LIMIT, REJECTED, dead_letter
from .deliveries import Known, is_over_limit
from .errors import (
    NOT_ALLOWED,
    NOT_IMPLEMENTED,
    PRECONDITION_FAILED,
    ChannelFailure,
    ClosedFailure,
    CoreError,
)
from .jetstream import quietly
from .message import Delivery, Held, Properties
from .presence import reader_subject
from .pull import Pull
from .queues import Declared
from .reading import ACK, LATER, NAK, read
from .replies import MemoryFeed
from .session import Session

logger = logging.getLogger(__name__)

DIRECT_REPLY = "amq.rabbitmq.reply-to"
_UNLIMITED = 1000

T = TypeVar("T")


class Channel:
    """A channel. What AMQP ends a channel for ends it here too."""

    def __init__(self, session: Session, number: int | None = None) -> None:
        session.check()
        self.session = session
        self.number = session.number(number)
        self.prefetch = 0
        self.failure: CoreError | None = None
        self.on_closed: list[Callable[[CoreError], None]] = []
        self.consumers: dict[str, Consumer] = {}
        self._held: dict[int, tuple[Held, Consumer | None]] = {}
        self._next_tag = 1
        self._direct_reply = ""
        session.channels[self.number] = self

    def check(self) -> None:
        """Raise why it has ended, if it has."""
        if self.failure is not None:
            raise ClosedFailure(str(self.failure)) if isinstance(self.failure, ChannelFailure) else self.failure

    def replies_held(self) -> Iterator[str]:
        """Yield where to say that what is held is worked on."""
        return (held.reply for held, _ in list(self._held.values()) if held.reply)

    def reconnected(self) -> None:
        """Go on with a new session with a server."""
        for consumer in self.consumers.values():
            if consumer.feed is not None:
                consumer.feed.reconnected()

    async def _guard(self, action: Coroutine[Any, Any, T]) -> T:
        """Do something; if it cannot be, this channel ends."""
        try:
            self.check()
        except CoreError:
            action.close()
            raise
        try:
            return await action
        except ChannelFailure as failure:
            self.end(failure)
            await self._finish()
            raise

    async def declare_exchange(
        self, name: str, kind: str, given: Mapping[str, Any] | None, is_passive: bool, is_internal: bool
    ) -> None:
        """Declare an exchange, or see that it is there."""
        await self._guard(queues.declare_exchange(self.session, name, kind, given, is_passive, is_internal))

    async def declare_queue(
        self,
        name: str,
        given: Mapping[str, Any] | None = None,
        is_passive: bool = False,
        is_exclusive: bool = False,
        is_auto_delete: bool = False,
    ) -> Declared:
        """Declare a queue, or see that it is there."""
        return await self._guard(
            queues.declare_queue(self.session, name, given, is_passive, is_exclusive, is_auto_delete)
        )

    async def bind(self, queue: str, exchange: str, key: str, given: Mapping[str, Any] | None) -> None:
        """Bind a queue to an exchange."""
        await self._guard(queues.bind(self.session, queue, exchange, key, given))

    async def unbind(self, queue: str, exchange: str, key: str) -> None:
        """Undo a binding."""
        await self._guard(queues.unbind(self.session, queue, exchange, key))

    async def purge(self, queue: str) -> int:
        """Take out all messages that wait."""
        return await self._guard(queues.purge(self.session, queue))

    async def delete(self, queue: str, if_unused: bool, if_empty: bool) -> int:
        """Delete a queue."""
        return await self._guard(queues.delete(self.session, queue, if_unused, if_empty))

    async def publish(
        self, exchange: str, key: str, properties: Properties, body: bytes, is_mandatory: bool = False
    ) -> bool:
        """Publish a message, and return whether it was routed as far as that is known."""
        if properties.reply_to == DIRECT_REPLY:
            if not self._direct_reply:
                self.check()
                raise ChannelFailure(PRECONDITION_FAILED, "fast reply consumer does not exist")
            properties.reply_to = self._direct_reply
        return await self._guard(
            routing.publish(self.session, exchange, key, properties, body, is_mandatory=is_mandatory)
        )

    def set_prefetch(self, count: int, size: int, is_shared: bool) -> None:
        """Say how many deliveries each consumer that starts from now on may have unsettled, 0 for many."""
        if size:
            raise ChannelFailure(NOT_IMPLEMENTED, "a prefetch of bytes")
        if is_shared:
            raise ChannelFailure(NOT_IMPLEMENTED, "a prefetch that the consumers of a channel share")
        self.prefetch = count

    async def consume(
        self,
        queue: str,
        no_ack: bool,
        tag: str,
        on_delivery: Callable[[Delivery], None],
        on_gone: Callable[[str], None],
        given: Mapping[str, Any] | None = None,
        is_exclusive: bool = False,
    ) -> str:
        """Have messages of a queue delivered, and return the consumer's tag.

        `on_gone` is called if the queue is deleted.
        """
        consumer = Consumer(tag or f"ctag{self.number}.{self.session.js.new_name()}", no_ack, on_delivery, on_gone)
        await self._guard(self._consume(queue, consumer, given, is_exclusive))
        return consumer.tag

    async def _consume(
        self, queue: str, consumer: Consumer, given: Mapping[str, Any] | None, is_exclusive: bool
    ) -> None:
        if given:
            raise ChannelFailure(NOT_IMPLEMENTED, f"consumers with {', '.join(sorted(given))}")
        if is_exclusive:
            raise ChannelFailure(NOT_IMPLEMENTED, "exclusive consumers")
        if consumer.tag in self.consumers:
            raise ChannelFailure(NOT_ALLOWED, f"attempt to reuse consumer tag '{consumer.tag}'")
        if queue == DIRECT_REPLY:
            if not self._direct_reply:
                self._direct_reply = (await queues.declare_queue(self.session, "", None)).name
            queue = self._direct_reply
        window = self.prefetch if self.prefetch and not consumer.no_ack else _UNLIMITED
        if queue in self.session.replies:
            consumer.feed = MemoryFeed(self.session.replies[queue], window, partial(self._receive, consumer))
        else:
            await self._read(queue, consumer, window)
        self.consumers[consumer.tag] = consumer
        if consumer.feed is not None:
            await consumer.feed.start()

    async def _read(self, queue: str, consumer: Consumer, window: int) -> None:
        place, info = await queues.existing(self.session, queue)
        known = Known(self.session, place, info)
        consumer.place = place
        consumer.is_used = bool(info["config"].get("inactive_threshold"))
        consumer.goes_with_it = queues.goes_with_readers(info)
        if consumer.is_used:
            self.session.used[place.stream, place.consumer] += 1
        if consumer.goes_with_it:
            await self.session.presence.announce(reader_subject(place.stream, place.consumer))

        async def on_message(message: Msg) -> None:
            held = read(self.session.plan, message, queue)
            if consumer.is_stopped:
                consumer.left.append(held)
                return
            try:
                is_admitted = await known.admit(held, message.subject)
            except CoreError as failure:  # it is tried again when it comes again
                logger.warning("a message of the queue %s: %s", queue, failure)
                await self.session.js.tell(held.reply, LATER)
                is_admitted = False
            if is_admitted:
                await self._receive(consumer, held)
            else:
                consumer.freed()

        consumer.feed = Pull(
            self.session.js, place.stream, place.consumer, window, on_message, partial(self._gone, consumer)
        )

    async def _receive(self, consumer: Consumer, held: Held) -> None:
        """Hand a message out."""
        if consumer.is_stopped or self.failure is not None:
            consumer.left.append(held)
            return
        delivery = Delivery(self._next_tag, consumer.tag, held, consumer.no_ack)
        self._next_tag += 1
        if consumer.no_ack:
            delivery.taken = consumer.freed
            if held.reply:
                await self.session.js.tell(held.reply, ACK)
            if held.release is not None:
                held.release()
        else:
            self._held[delivery.tag] = (held, consumer)
        consumer.on_delivery(delivery)

    def _gone(self, consumer: Consumer) -> None:
        """Tell that the queue of a consumer was deleted."""
        if self.consumers.pop(consumer.tag, None) is not None and self.failure is None:
            self.session.spawn(self._stop(consumer))
            consumer.on_gone(consumer.tag)

    async def cancel(self, tag: str) -> None:
        """Have no more delivered. What was not handed out goes back, what was can still be settled."""
        self.check()
        consumer = self.consumers.pop(tag, None)
        if consumer is not None:
            await self._stop(consumer)
            await self._give_back(consumer.left)

    async def _stop(self, consumer: Consumer) -> None:
        consumer.is_stopped = True
        if consumer.feed is not None:
            await consumer.feed.stop()
        place = consumer.place
        if place is not None and consumer.is_used:
            self.session.unuse(place.stream, place.consumer)
        if place is not None and consumer.goes_with_it and self.session.js.is_online:
            await self._give_back(consumer.left)
            consumer.left.clear()
            await quietly(queues.discharge(self.session, place))

    async def _give_back(self, all_held: Iterable[Held]) -> None:
        """Have messages go back to their queues, in order."""
        in_order = sorted(all_held, key=lambda held: held.sequence)
        for held in in_order:
            if held.give_back is None:
                await self.session.js.tell(held.reply, NAK)
        for held in reversed(in_order):
            if held.give_back is not None:
                held.give_back(held)
        await self.session.js.flush()

    async def get(self, queue: str, no_ack: bool) -> Delivery | None:
        """Return the next message of a queue, if there is one."""
        return await self._guard(self._get(queue, no_ack))

    async def _get(self, queue: str, no_ack: bool) -> Delivery | None:
        held = None
        if queue in self.session.replies:
            held = self.session.replies[queue].take()
        else:
            place, info = await queues.existing(self.session, queue)
            known = Known(self.session, place, info)
            while held is None:
                message = await queues.next_message(self.session, place)
                if message is None:
                    return None
                found = read(self.session.plan, message, queue)
                held = found if await known.admit(found, message.subject) else None
        if held is None:
            return None
        delivery = Delivery(self._next_tag, "", held, no_ack)
        self._next_tag += 1
        if no_ack:
            self.session.dismiss(held)
        else:
            self._held[delivery.tag] = (held, None)
        return delivery

    async def ack(self, tag: int, multiple: bool = False) -> None:
        """Acknowledge a delivery, or all up to it; with number 0, all of the channel."""
        await self._guard(self._settle(tag, multiple, self._acknowledge, is_ordered=False))

    async def refuse(self, tag: int, multiple: bool, requeue: bool) -> None:
        """Refuse a delivery, or all up to it: they go back to their queue, or are dead letters."""
        await self._guard(self._settle(tag, multiple, self._requeue if requeue else self._reject, is_ordered=True))

    async def _settle(
        self, tag: int, multiple: bool, how: Callable[[Held], Coroutine[Any, Any, None]], is_ordered: bool
    ) -> None:
        is_all = multiple and tag == 0
        chosen = [each for each in self._held if is_all or each == tag or (multiple and each < tag)]
        if not chosen and not is_all:
            raise ChannelFailure(PRECONDITION_FAILED, f"unknown delivery tag {tag}")
        found = [self._held.pop(each) for each in chosen]
        if is_ordered:
            for held, consumer in found:
                await self._settle_one(held, consumer, how)
        else:
            await asyncio.gather(*(self._settle_one(held, consumer, how) for held, consumer in found))

    async def _settle_one(
        self, held: Held, consumer: Consumer | None, how: Callable[[Held], Coroutine[Any, Any, None]]
    ) -> None:
        try:
            await how(held)
        finally:
            if consumer is not None:
                consumer.freed()

    async def _acknowledge(self, held: Held) -> None:
        if held.reply:
            await self.session.js.settle(held.reply, ACK, held.stream, held.consumer)
        if held.release is not None:
            held.release()

    async def _requeue(self, held: Held) -> None:
        if held.give_back is not None:
            held.give_back(held)
            return
        place = self.session.plan.queue(held.queue)
        if place is not None and is_over_limit(place, held.delivered):
            await dead_letter(self.session, place, held, DELIVERY_LIMIT)
        else:
            await self.session.js.settle(held.reply, NAK, held.stream, held.consumer)

    async def _reject(self, held: Held) -> None:
        place = self.session.plan.queue(held.queue)
        if place is None or held.give_back is not None:
            await self._acknowledge(held)
        else:
            await dead_letter(self.session, place, held, REJECTED)

    def end(self, failure: CoreError) -> None:
        """Note that it has ended."""
        if self.failure is None:
            self.failure = failure
            for told in self.on_closed:
                told(failure)

    async def close(self) -> None:
        """Close it: what is unsettled goes back to its queues, at once and in order."""
        if self.failure is None:
            self.end(ClosedFailure("the channel was closed by this program"))
            await self._finish()

    async def _finish(self) -> None:
        consumers = list(self.consumers.values())
        self.consumers.clear()
        held = [each for each, _ in self._held.values()]
        self._held.clear()
        for consumer in consumers:
            consumer.is_stopped = True
            consumer.left = [*held, *consumer.left] if consumer is consumers[-1] else consumer.left
        await asyncio.gather(*(quietly(self._stop(consumer)) for consumer in consumers))
        await self._give_back([each for consumer in consumers for each in consumer.left] if consumers else held)
        if self._direct_reply in self.session.replies and self.session.js.is_online:
            await quietly(self.session.replies[self._direct_reply].close())
        self.session.channels.pop(self.number, None)
