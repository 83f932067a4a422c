# Made by natsscan generate python-amqp; written anew when it runs again.
"""Channels of code that blocks."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Coroutine, Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Optional, TypeVar
from uuid import uuid4

from ... import errors
from ...channel import Channel as Core
from ...message import Delivery, Held
from ..exceptions import ChannelWrongStateError, NackError, ReentrancyError, UnroutableError, as_known, said
from ..exchange_type import ExchangeType
from ..frame import Method
from ..spec import NO_ROUTE, Basic, BasicProperties, Exchange, Queue
from .events import Event
from .returned import ReturnedMessage

if TYPE_CHECKING:
    from .blocking_connection import BlockingConnection

T = TypeVar("T")
OnMessage = Callable[["BlockingChannel", Basic.Deliver, BasicProperties, bytes], Any]
Message = tuple[Basic.Deliver, BasicProperties, bytes]
Given = Optional[Mapping[str, Any]]


@dataclass
class _Consumer:
    on_delivery: Callable[[Delivery], None]
    no_ack: bool


class BlockingChannel:
    """A channel. Its callbacks are called by the thread that waits for events of its connection."""

    def __init__(self, core: Core, connection: BlockingConnection) -> None:
        self._core = core
        self._connection = connection
        self._consumers: dict[str, _Consumer] = {}
        self._confirms = False
        self._on_return: list[Callable[..., Any]] = []
        self._on_cancel: list[Callable[..., Any]] = []
        self._generator: str | None = None
        self._generated: deque[Delivery] = deque()
        self._generator_given = ("", False, False)
        self._is_consuming = False

    def __int__(self) -> int:
        return self.channel_number

    @property
    def channel_number(self) -> int:
        """Its number on the connection."""
        return self._core.number

    @property
    def connection(self) -> BlockingConnection:
        """Its connection."""
        return self._connection

    @property
    def is_open(self) -> bool:
        """Whether it is open."""
        return self._core.failure is None

    @property
    def is_closed(self) -> bool:
        """Whether it has ended."""
        return not self.is_open

    @property
    def consumer_tags(self) -> list[str]:
        """The tags of its consumers."""
        return list(self._consumers)

    def _call(self, action: Coroutine[Any, Any, T]) -> T:
        if self._core.failure is not None and self._connection.is_open:
            action.close()
            raise ChannelWrongStateError("the channel is closed")
        return self._connection.call(action)

    def _method(self, method: T) -> Method[T]:
        return Method(self.channel_number, method)

    def exchange_declare(
        self,
        exchange: str,
        exchange_type: ExchangeType | str = ExchangeType.direct,
        passive: bool = False,
        durable: bool = False,
        auto_delete: bool = False,
        internal: bool = False,
        arguments: Given = None,
    ) -> Method[Exchange.DeclareOk]:
        """Declare an exchange, or see that it is there."""
        kind = str(exchange_type.value if isinstance(exchange_type, ExchangeType) else exchange_type)
        self._call(self._core.declare_exchange(exchange, kind, arguments, passive, internal))
        return self._method(Exchange.DeclareOk())

    def queue_declare(
        self,
        queue: str,
        passive: bool = False,
        durable: bool = False,
        exclusive: bool = False,
        auto_delete: bool = False,
        arguments: Given = None,
    ) -> Method[Queue.DeclareOk]:
        """Declare a queue, or see that it is there. One without a name gets one."""
        found = self._call(self._core.declare_queue(queue, arguments, passive, exclusive, auto_delete))
        return self._method(Queue.DeclareOk(found.name, found.messages, found.consumers))

    def queue_bind(
        self, queue: str, exchange: str, routing_key: str | None = None, arguments: Given = None
    ) -> Method[Queue.BindOk]:
        """Bind a queue to an exchange; without a key, its name is the key."""
        self._call(self._core.bind(queue, exchange, queue if routing_key is None else routing_key, arguments))
        return self._method(Queue.BindOk())

    def queue_unbind(
        self, queue: str, exchange: str, routing_key: str | None = None, arguments: Given = None
    ) -> Method[Queue.UnbindOk]:
        """Undo a binding."""
        self._call(self._core.unbind(queue, exchange, queue if routing_key is None else routing_key))
        return self._method(Queue.UnbindOk())

    def queue_delete(self, queue: str, if_unused: bool = False, if_empty: bool = False) -> Method[Queue.DeleteOk]:
        """Delete a queue, and tell how many messages waited."""
        return self._method(Queue.DeleteOk(self._call(self._core.delete(queue, if_unused, if_empty))))

    def queue_purge(self, queue: str) -> Method[Queue.PurgeOk]:
        """Take out all messages that wait, and tell how many."""
        return self._method(Queue.PurgeOk(self._call(self._core.purge(queue))))

    def basic_qos(self, prefetch_size: int = 0, prefetch_count: int = 0, global_qos: bool = False) -> None:
        """Say how many deliveries each consumer that starts from now on may have unsettled, 0 for many."""
        with as_known():
            self._core.check()
            self._core.set_prefetch(prefetch_count, prefetch_size, global_qos)

    def confirm_delivery(self) -> None:
        """Have what no queue gets, and what no stream takes, raised when it is published."""
        self._confirms = True

    def add_on_return_callback(self, callback: Callable[..., Any]) -> None:
        """Have something called for each message that no queue gets."""
        self._on_return.append(callback)

    def add_on_cancel_callback(self, callback: Callable[..., Any]) -> None:
        """Have something called for each consumer whose queue is gone."""
        self._on_cancel.append(callback)

    def basic_publish(
        self,
        exchange: str,
        routing_key: str,
        body: bytes | str,
        properties: BasicProperties | None = None,
        mandatory: bool = False,
    ) -> None:
        """Publish a message, and return when a stream has it, or when it is known that no queue gets it."""
        content = body.encode() if isinstance(body, str) else bytes(body)
        given = replace(properties) if properties is not None else BasicProperties()
        returned = ReturnedMessage(Basic.Return(NO_ROUTE, "NO_ROUTE", exchange, routing_key), given, content)
        try:
            is_routed = self._call(self._core.publish(exchange, routing_key, given, content, mandatory))
        except errors.RefusedFailure as failure:
            if self._confirms:
                raise NackError([returned]) from failure
            return  # as with RabbitMQ, who does not ask for confirms is told nothing
        if is_routed or not mandatory:
            return
        if self._confirms:
            raise UnroutableError([returned])
        for callback in self._on_return:
            self._post(partial(callback, self, returned.method, returned.properties, returned.body))

    def _post(self, call: Callable[[], Any], delivery: Delivery | None = None) -> None:
        self._connection.post(Event(call, delivery, self))

    def basic_consume(
        self,
        queue: str,
        on_message_callback: OnMessage,
        auto_ack: bool = False,
        exclusive: bool = False,
        consumer_tag: str | None = None,
        arguments: Given = None,
    ) -> str:
        """Have a callback called for each message, by the thread that waits for events."""

        def on_delivery(delivery: Delivery) -> None:
            on_message_callback(self, *_shown(delivery))

        return self._consume(queue, _Consumer(on_delivery, auto_ack), exclusive, consumer_tag, arguments)

    def _consume(self, queue: str, consumer: _Consumer, exclusive: bool, tag: str | None, arguments: Given) -> str:
        def on_delivery(delivery: Delivery) -> None:
            self._post(lambda: self._deliver(delivery), delivery)

        def on_gone(gone: str) -> None:
            self._post(lambda: self._cancelled(gone))

        tag = tag or f"ctag{self.channel_number}.{uuid4().hex}"
        self._consumers[tag] = consumer
        try:
            self._call(self._core.consume(queue, consumer.no_ack, tag, on_delivery, on_gone, arguments, exclusive))
        except BaseException:
            self._consumers.pop(tag, None)
            raise
        return tag

    def _deliver(self, delivery: Delivery) -> None:
        consumer = self._consumers.get(delivery.consumer_tag)
        if consumer is not None and self.is_open:
            if delivery.no_ack:
                self._connection.soon(delivery.taken)
            consumer.on_delivery(delivery)

    def _cancelled(self, tag: str) -> None:
        """Tell that the queue of a consumer is gone."""
        if self._consumers.pop(tag, None) is not None:
            self._generator = None if self._generator == tag else self._generator
            for callback in self._on_cancel:
                callback(self._method(Basic.Cancel(tag)))

    def basic_cancel(self, consumer_tag: str) -> Sequence[Message]:
        """Have a callback called no more. Return what it has missed of what needs no acknowledgement."""
        consumer = self._consumers.pop(consumer_tag, None)
        if consumer is None:
            return []
        self._call(self._core.cancel(consumer_tag))

        def is_for_it(event: Event) -> bool:
            return event.channel is self and event.delivery is not None and event.delivery.consumer_tag == consumer_tag

        events = self._connection.withdraw(is_for_it)
        missed = [event.delivery for event in events if event.delivery is not None]
        if consumer.no_ack:
            return [_shown(each) for each in missed]
        self._return(missed)
        return []

    def _return(self, deliveries: list[Delivery]) -> None:
        for each in deliveries:
            self._call(self._core.refuse(each.tag, multiple=False, requeue=True))

    def start_consuming(self) -> None:
        """Call callbacks until there are no consumers any more."""
        if self._is_consuming:
            raise ReentrancyError("start_consuming may not be called in a callback of the same channel")
        self._is_consuming = True
        try:
            while self._consumers:
                self._process(None)
        finally:
            self._is_consuming = False

    def _process(self, seconds: float | None) -> None:
        """Call what is to be called, and raise what has ended the channel, unless this program has."""
        self._connection.process_data_events(seconds)
        failure = self._core.failure
        if isinstance(failure, errors.ClosedFailure):
            self._consumers.clear()
            self._generator = None
        elif failure is not None:
            raise said(failure)

    def stop_consuming(self, consumer_tag: str | None = None) -> None:
        """Cancel a consumer, or all of them."""
        for tag in [consumer_tag] if consumer_tag else list(self._consumers):
            self.basic_cancel(tag)

    def consume(
        self,
        queue: str,
        auto_ack: bool = False,
        exclusive: bool = False,
        arguments: Given = None,
        inactivity_timeout: float | None = None,
        consumer_tag: str | None = None,
    ) -> Generator[tuple[Basic.Deliver, BasicProperties, bytes] | tuple[None, None, None], None, None]:
        """Yield messages as they come, and nothing of one when there was none for a time."""
        if self._generator is not None and (queue, auto_ack, exclusive) != self._generator_given:
            raise ValueError("what is consumed already differs; call cancel before")
        if self._generator is None:
            self._generator_given = (queue, auto_ack, exclusive)
            consumer = _Consumer(self._generated.append, auto_ack)
            self._generator = self._consume(queue, consumer, exclusive, consumer_tag, arguments)
        while self._generator is not None:
            ends = None if inactivity_timeout is None else time.monotonic() + inactivity_timeout
            while not self._generated and self._generator is not None:
                left = None if ends is None else ends - time.monotonic()
                if left is not None and left <= 0:
                    break
                self._process(left)
            if self._generated:
                yield _shown(self._generated.popleft())
            elif self._generator is not None:
                yield None, None, None

    def cancel(self) -> int:
        """End what `consume` yields; what it would have yielded goes back. The result is 0, as in pika."""
        tag, self._generator = self._generator, None
        consumer = self._consumers.get(tag) if tag is not None else None
        if tag is not None and consumer is not None:
            self.basic_cancel(tag)
            left = list(self._generated)
            self._generated.clear()
            if not consumer.no_ack:
                self._return(left)
        return 0

    def get_waiting_message_count(self) -> int:
        """Return how many messages `consume` has got and not yielded."""
        return len(self._generated)

    def basic_get(
        self, queue: str, auto_ack: bool = False
    ) -> tuple[Basic.GetOk, BasicProperties, bytes] | tuple[None, None, None]:
        """Return the next message, if there is one."""
        found = self._call(self._core.get(queue, auto_ack))
        if found is None:
            return None, None, None
        held = found.held
        method = Basic.GetOk(found.tag, held.redelivered, held.exchange, held.routing_key, held.left)
        return method, _properties(held), held.body

    def basic_ack(self, delivery_tag: int = 0, multiple: bool = False) -> None:
        """Acknowledge a delivery, or all up to it; with number 0, all of the channel."""
        self._call(self._core.ack(delivery_tag, multiple))

    def basic_nack(self, delivery_tag: int = 0, multiple: bool = False, requeue: bool = True) -> None:
        """Refuse a delivery, or all up to it."""
        self._call(self._core.refuse(delivery_tag, multiple, requeue))

    def basic_reject(self, delivery_tag: int = 0, requeue: bool = True) -> None:
        """Refuse a delivery."""
        self._call(self._core.refuse(delivery_tag, multiple=False, requeue=requeue))

    def close(self, reply_code: int = 0, reply_text: str = "Normal shutdown") -> None:
        """Close it: what is unsettled goes back to its queues."""
        self._consumers.clear()
        self._generator = None
        self._generated.clear()
        self._call(self._core.close())
        self._connection.withdraw(lambda event: event.channel is self and event.delivery is not None)

    def __enter__(self) -> BlockingChannel:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.is_open:
            self.close()


def _shown(delivery: Delivery) -> Message:
    held = delivery.held
    method = Basic.Deliver(delivery.consumer_tag, delivery.tag, held.redelivered, held.exchange, held.routing_key)
    return method, _properties(held), held.body


def _properties(held: Held) -> BasicProperties:
    return BasicProperties(**vars(held.properties))
