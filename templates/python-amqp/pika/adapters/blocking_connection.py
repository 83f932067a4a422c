# Made by natsscan generate python-amqp; written anew when it runs again.
"""Connections of code that blocks: callbacks are called in the thread that waits for them."""

from __future__ import annotations

import heapq
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, TypeVar

from ... import errors
from ...channel import Channel as Core
from ...connecting import connect as connect_session
from ...session import Session
from ...the_plan import PLAN
from ..connection import ConnectionParameters, Parameters
from ..exceptions import AMQPConnectionError, ConnectionWrongStateError, as_known, said
from ..frame import Method
from ..spec import Connection as Said
from .background import Background
from .blocking_channel import BlockingChannel
from .events import Event
from .returned import ReturnedMessage

__all__ = ["BlockingChannel", "BlockingConnection", "ReturnedMessage"]

T = TypeVar("T")


@dataclass(order=True)
class _Timer:
    due: float
    number: int
    call: Callable[[], None] = field(compare=False)


class BlockingConnection:
    """A connection. It has a thread that keeps it, and calls nothing of the program there."""

    basic_nack_supported = True
    consumer_cancel_notify_supported = True
    publisher_confirms_supported = True

    def __init__(self, parameters: Parameters | Sequence[Parameters] | None = None) -> None:
        given = parameters or ConnectionParameters()
        self._events: deque[Event] = deque()
        self._changed = threading.Condition()
        self._timers: list[_Timer] = []
        self._next_timer = 0
        self._dispatching: int | None = None
        self._background = Background()
        try:
            self._session = self._connect([given] if isinstance(given, Parameters) else list(given))
        except BaseException:
            self._background.stop()
            raise
        self._session.on_closed.append(lambda _: self.post(Event(_nothing)))
        # What is held goes back also if the program ends without closing.
        self._finalizer = weakref.finalize(self, _leave, self._background, self._session)

    def _connect(self, candidates: list[Parameters]) -> Session:
        failure: errors.CoreError | None = None
        for attempt in range(max(each.connection_attempts for each in candidates)):
            for each in candidates:
                if attempt >= each.connection_attempts:
                    continue
                if attempt:
                    time.sleep(each.retry_delay)
                action = connect_session(each.where(), PLAN, each.socket_timeout, each.blocked_connection_timeout)
                try:
                    return self._background.call(action)
                except errors.ConnectionFailure as error:
                    failure = error
        known = said(failure) if failure is not None else AMQPConnectionError("no server is given")
        if isinstance(failure, errors.LoginFailure):
            raise known from failure
        raise AMQPConnectionError(str(known)) from failure

    @property
    def session(self) -> Session:
        """What it is on NATS."""
        return self._session

    @property
    def is_open(self) -> bool:
        """Whether it is open."""
        return not self._session.is_closed

    @property
    def is_closed(self) -> bool:
        """Whether it has ended."""
        return self._session.is_closed

    def call(self, action: Coroutine[Any, Any, T]) -> T:
        """Do something in the thread that keeps the connection, and wait for it."""
        if self._session.is_closed:
            action.close()
            self._check()
        with as_known():
            return self._background.call(action)

    def soon(self, action: Callable[[], object]) -> None:
        """Have something done in the thread that keeps the connection."""
        self._background.soon(action)

    def post(self, event: Event) -> None:
        """Have something called by the thread that waits for events."""
        with self._changed:
            self._events.append(event)
            self._changed.notify_all()

    def withdraw(self, wanted: Callable[[Event], bool]) -> list[Event]:
        """Take back what was to be called."""
        with self._changed:
            found = [each for each in self._events if wanted(each)]
            self._events = deque(each for each in self._events if not wanted(each))
        return found

    def _check(self) -> None:
        failure = self._session.failure
        if isinstance(failure, errors.ClosedFailure):
            raise ConnectionWrongStateError("the connection is closed")
        if failure is not None:
            raise said(failure)

    def channel(self, channel_number: int | None = None) -> BlockingChannel:
        """Open a channel."""
        return BlockingChannel(self.call(self._open(channel_number)), self)

    async def _open(self, number: int | None) -> Core:
        return Core(self._session, number)

    def process_data_events(self, time_limit: float | None = 0) -> None:
        """Call what is to be called, or wait for something that long; with None until there is something."""
        self._check()
        ends = None if time_limit is None else time.monotonic() + time_limit
        while not self._dispatch():
            left = None if ends is None else ends - time.monotonic()
            if left is not None and left <= 0:
                return
            self._wait(left)
            self._check()
            if self._is_within:
                return

    def _wait(self, seconds: float | None) -> None:
        with self._changed:
            if self._is_within or not self._events:
                until = [each for each in (seconds, self._until_timer()) if each is not None]
                self._changed.wait(min(until, default=None))

    def sleep(self, duration: float) -> None:
        """Wait that long, and call meanwhile what is to be called."""
        ends = time.monotonic() + duration
        while (left := ends - time.monotonic()) > 0:
            self.process_data_events(left)

    @property
    def _is_within(self) -> bool:
        """Whether something is being called just now: it must not be called into."""
        return self._dispatching == threading.get_ident()

    def _until_timer(self) -> float | None:
        return max(self._timers[0].due - time.monotonic(), 0) if self._timers and not self._is_within else None

    def _dispatch(self) -> bool:
        """Call what is due, and tell whether anything was."""
        if self._is_within:
            return False
        self._dispatching = threading.get_ident()
        try:
            return self._call_timers() | self._call_events()
        finally:
            self._dispatching = None

    def _call_timers(self) -> bool:
        called = False
        while True:
            with self._changed:
                if not self._timers or self._timers[0].due > time.monotonic():
                    return called
                timer = heapq.heappop(self._timers)
            timer.call()
            called = True

    def _call_events(self) -> bool:
        count = len(self._events)  # what comes meanwhile is called the next time, so that this ends
        for _ in range(count):
            with self._changed:
                event = self._events.popleft() if self._events else Event(_nothing)
            event.call()
        return count > 0

    def call_later(self, delay: float, callback: Callable[[], None]) -> int:
        """Have something called after so many seconds, by who waits for events; the result is for `remove_timeout`."""
        with self._changed:
            self._next_timer += 1
            heapq.heappush(self._timers, _Timer(time.monotonic() + delay, self._next_timer, callback))
            self._changed.notify_all()
            return self._next_timer

    def remove_timeout(self, timeout_id: int) -> None:
        """Do not have it called."""
        with self._changed:
            self._timers = [each for each in self._timers if each.number != timeout_id]
            heapq.heapify(self._timers)

    def add_callback_threadsafe(self, callback: Callable[[], None]) -> None:
        """Have something called by the thread that waits for events; any thread may ask for it."""
        self._check()
        self.post(Event(callback))

    def add_on_connection_blocked_callback(self, callback: Callable[..., Any]) -> None:
        """Have something called when publishing has to wait, as the server has no room."""

        def blocked(why: str) -> None:
            self.post(Event(lambda: callback(self, Method(0, Said.Blocked(why)))))

        self._session.on_blocked.append(blocked)

    def add_on_connection_unblocked_callback(self, callback: Callable[..., Any]) -> None:
        """Have something called when publishing goes on."""

        def unblocked() -> None:
            self.post(Event(lambda: callback(self, Method(0, Said.Unblocked()))))

        self._session.on_unblocked.append(unblocked)

    def close(self, reply_code: int = 200, reply_text: str = "Normal shutdown") -> None:
        """Close it: what is unsettled goes back to its queues, and what belongs to the connection goes."""
        self._check()
        self._finalizer()

    def __enter__(self) -> BlockingConnection:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.is_open:
            self.close()


def _nothing() -> None:
    """Do nothing: whoever waits is to look at what has happened."""


def _leave(background: Background, session: Session) -> None:
    """Close a session, and end its thread."""
    try:
        background.call(session.close())
    finally:
        background.stop()
