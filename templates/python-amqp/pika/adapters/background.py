# Made by natsscan generate python-amqp; written anew when it runs again.
"""A thread in which what waits for the server waits, so that code which blocks need not know of it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

_ENDING = 10.0


class Background:
    """An event loop in a thread of its own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="nats-amqp", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
        finally:
            self._end()

    def _end(self) -> None:
        left = asyncio.all_tasks(self._loop)
        for task in left:
            task.cancel()
        if left:
            self._loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        asyncio.set_event_loop(None)
        self._loop.close()

    def call(self, action: Coroutine[Any, Any, T], seconds: float | None = None) -> T:
        """Do something there, and wait for it."""
        if not self._thread.is_alive() or self._loop.is_closed():
            action.close()
            raise RuntimeError("the connection has ended")
        return asyncio.run_coroutine_threadsafe(action, self._loop).result(seconds)

    def soon(self, action: Callable[[], object]) -> None:
        """Have something done there."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(action)

    def stop(self) -> None:
        """End it."""
        if self._thread.is_alive() and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(_ENDING)
