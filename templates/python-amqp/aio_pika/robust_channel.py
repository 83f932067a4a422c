# Made by natsscan generate python-amqp; written anew when it runs again.
"""Channels that are opened again, with their consumers, when something that cannot be has ended them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import errors
from .channel import Begin, Channel
from .exceptions import as_known
from .tools import CallbackCollection, Tasks

if TYPE_CHECKING:
    from .connection import Connection

__all__ = ["RobustChannel"]


class RobustChannel(Channel):
    """A channel that is opened again."""

    def __init__(
        self,
        connection: Connection,
        channel_number: int | None = None,
        publisher_confirms: bool = True,
        on_return_raises: bool = False,
    ) -> None:
        super().__init__(connection, channel_number, publisher_confirms, on_return_raises)
        self.reopen_callbacks = CallbackCollection(self)
        self._consumers: dict[str, Begin] = {}
        self._tasks = Tasks()

    async def ready(self) -> None:
        """Wait until it is open."""
        if self.is_closed and not self._was_closed:
            await self.reopen()

    def remember(self, tag: str, begin: Begin | None) -> None:
        """Note a consumer, or that it is none any more."""
        if begin is None:
            self._consumers.pop(tag, None)
        else:
            self._consumers[tag] = begin

    async def reopen(self) -> None:
        """Open it once more, with its consumers."""
        before = self._core
        await self._open()
        if before is not None:
            self.core.prefetch = before.prefetch
        for tag, begin in list(self._consumers.items()):
            with as_known():
                await begin(self.core, tag)
        await self.reopen_callbacks()

    def _ended(self, failure: errors.CoreError) -> None:
        super()._ended(failure)
        if isinstance(failure, errors.ChannelFailure) and not self._was_closed:
            self._tasks.spawn(self.reopen(), "opening a channel again")
