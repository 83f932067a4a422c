# Made by natsscan generate python-amqp; written anew when it runs again.
"""Pools of connections and channels."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Any, Generic, TypeVar

__all__ = ["Pool", "PoolInvalidStateError"]

T = TypeVar("T")


class PoolInvalidStateError(RuntimeError):
    """A pool is used that is closed."""


class Pool(Generic[T]):
    """Things that are made when they are needed, and given to one after the other; `max_size` of them at most."""

    def __init__(
        self,
        constructor: Callable[..., Awaitable[T]],
        *args: Any,
        max_size: int | None = None,
        loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self._constructor = constructor
        self._args = args
        self._max_size = max_size
        self._all: list[T] = []
        self._free: list[T] = []
        self._making = 0
        self._changed = asyncio.Condition()
        self._is_closed = False

    @property
    def is_closed(self) -> bool:
        """Whether it is closed."""
        return self._is_closed

    def acquire(self) -> AbstractAsyncContextManager[T]:
        """Return a context that has one of them."""
        self._check()
        return _Borrowed(self)

    def _check(self) -> None:
        if self._is_closed:
            raise PoolInvalidStateError("operation on closed pool")

    async def take(self) -> T:
        """Return one that is free, or a new one; wait if there may be no more."""
        async with self._changed:
            while not self._free and self._max_size and len(self._all) + self._making >= self._max_size:
                await self._changed.wait()
            self._check()
            if self._free:
                return self._free.pop(0)
            self._making += 1
        try:
            made = await self._constructor(*self._args)
            self._all.append(made)
        finally:
            async with self._changed:
                self._making -= 1
                self._changed.notify_all()
        return made

    async def give(self, item: T) -> None:
        """Let others have one."""
        async with self._changed:
            self._free.append(item)
            self._changed.notify()

    async def close(self) -> None:
        """Close all of them."""
        self._is_closed = True
        closings = [item.close() for item in self._all]  # type: ignore[attr-defined]  # all that are put here have it
        await asyncio.gather(*closings, return_exceptions=True)
        async with self._changed:
            self._changed.notify_all()

    async def __aenter__(self) -> Pool[T]:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._is_closed:
            await self.close()


class _Borrowed(AbstractAsyncContextManager[T]):
    def __init__(self, pool: Pool[T]) -> None:
        self._pool = pool
        self._item: T | None = None

    async def __aenter__(self) -> T:
        self._item = item = await self._pool.take()
        return item

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._item is not None:
            await self._pool.give(self._item)
