# Made by natsscan generate python-amqp; written anew when it runs again.
"""Sets of callbacks."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from typing import Any, TypeVar
from weakref import WeakMethod, ref

from .log import logger

T = TypeVar("T")


class CallbackCollection:
    """Callbacks that are called with who has them, and with what there is to tell."""

    def __init__(self, sender: object) -> None:
        self._sender = ref(sender)
        self._callbacks: dict[object, Callable[[], Callable[..., Any] | None]] = {}

    def add(self, callback: Callable[..., Any], weak: bool = False) -> None:
        """Call it from now on; with `weak` as long as somebody else has it."""
        if not callable(callback):
            raise ValueError("Callback is not callable")
        if not weak:
            self._callbacks[callback] = lambda: callback
        elif inspect.ismethod(callback):
            self._callbacks[callback] = WeakMethod(callback)
        else:
            self._callbacks[callback] = ref(callback)

    def discard(self, callback: Callable[..., Any]) -> None:
        """Call it no more, if it was called."""
        self._callbacks.pop(callback, None)

    def remove(self, callback: Callable[..., Any]) -> None:
        """Call it no more. Raise KeyError if it was not called."""
        del self._callbacks[callback]

    def clear(self) -> None:
        """Call nothing any more."""
        self._callbacks.clear()

    def __contains__(self, callback: object) -> bool:
        return callback in self._callbacks

    def __len__(self) -> int:
        return len(self._callbacks)

    def __iter__(self) -> Iterator[Callable[..., Any]]:
        return iter([found for each in self._callbacks.values() if (found := each()) is not None])

    def __call__(self, *args: Any, **kwargs: Any) -> Awaitable[Any]:
        """Call all of them; what one raises is no reason not to call the others."""
        waiting = []
        for callback in self:
            try:
                result = callback(self._sender(), *args, **kwargs)
            except Exception:
                logger.exception("the callback %r failed", callback)
            else:
                if inspect.isawaitable(result):
                    waiting.append(asyncio.ensure_future(result))
        return asyncio.gather(*waiting, return_exceptions=True)


class Tasks:
    """What is done meanwhile."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def spawn(self, action: Coroutine[Any, Any, Any], what: str) -> None:
        """Do something, and log what goes wrong."""
        task = asyncio.get_running_loop().create_task(action)
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._ended(done, what))

    def _ended(self, task: asyncio.Task[Any], what: str) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            logger.error("%s failed", what, exc_info=task.exception())


async def within(action: Awaitable[T], timeout: float | None) -> T:
    """Do something, for so many seconds at most."""
    return await (action if timeout is None else asyncio.wait_for(action, timeout))
