# Made by natsscan generate python-amqp; written anew when it runs again.
"""A connection, and what belongs to it: how it begins, how it is kept, and how it ends.

The connection to NATS finds its way back by itself, so this one ends only when the program closes it, or when the
server lets it in no more.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING

from .errors import ApiError, ClosedFailure, ConnectionFailure, CoreError
from .jetstream import JetStream, filters_of, quietly
from .message import Held
from .plan import Place, Plan
from .presence import Presence, owner_subject
from .reading import ACK, PROGRESS

if TYPE_CHECKING:
    from .channel import Channel
    from .replies import ReplyQueue

logger = logging.getLogger(__name__)

_BEAT = 10.0  # seconds between words about what is held, which is given up after thirty
_SEEN = 5.0  # seconds for which a queue that was seen is thought to be there
_MOMENT = 1.0
_CLOSING = 10.0


class Session:
    """A connection over one to NATS."""

    def __init__(self, js: JetStream, plan: Plan, blocked_timeout: float | None) -> None:
        self.js = js
        self.plan = plan
        self.name = js.new_name()
        self.presence = Presence(js)
        self.failure: CoreError | None = None
        self.channels: dict[int, Channel] = {}
        self.replies: dict[str, ReplyQueue] = {}
        self.owned: dict[str, Place] = {}
        self.used: Counter[tuple[str, str]] = Counter()
        self.blocked_timeout = blocked_timeout
        self.on_closed: list[Callable[[CoreError], None]] = []
        self.on_reconnected: list[Callable[[], None]] = []
        self.on_blocked: list[Callable[[str], None]] = []
        self.on_unblocked: list[Callable[[], None]] = []
        self._is_blocked = False
        self._streams: set[str] = set()
        self._seen: dict[tuple[str, str], float] = {}
        self._readers: dict[str, tuple[float, list[tuple[str, tuple[str, ...]]]]] = {}
        self._next_channel = 1
        self._keeper: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def is_closed(self) -> bool:
        """Whether it has ended."""
        return self.failure is not None

    def check(self) -> None:
        """Raise why it has ended, if it has."""
        if self.failure is not None:
            raise self.failure

    def number(self, wanted: int | None = None) -> int:
        """Return the number of the next channel."""
        number = wanted or self._next_channel
        while wanted is None and number in self.channels:
            number += 1
        self._next_channel = max(self._next_channel, number + 1)
        return number

    async def ensure_stream(self, name: str) -> None:
        """Make a stream of the plan, and those that it is filled from, unless they are there."""
        if name in self._streams:
            return
        stream = self.plan.stream(name)
        if stream is None:
            raise ConnectionFailure(f"the plan of this package has no stream '{name}'")
        config = dict(stream.config)
        sources = [dict(source) for source in config.get("sources", ())]
        for source in sources:
            await self.ensure_stream(source["name"])
            if "opt_start_seq" not in source:  # a queue gets nothing that was published before
                source.setdefault("opt_start_time", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()))
        if sources:
            config["sources"] = sources
        try:
            await self.js.make_stream({**config, "name": name})
        except ApiError as error:
            raise ConnectionFailure(f"the server does not make the stream '{name}': {error}") from error
        self._streams.add(name)

    async def is_there(self, place: Place) -> bool:
        """Tell whether a queue is there. That one is not is asked each time: it may have been declared just now."""
        key = (place.stream, place.consumer)
        if self._seen.get(key, 0.0) > time.monotonic():
            return True
        if await self.js.consumer(*key) is None:
            return False
        self.see(place)
        return True

    async def readers(self, stream: str, is_fresh: bool) -> list[tuple[str, tuple[str, ...]]]:
        """Return names and filters of a stream's consumers, as they are or were a moment ago."""
        until, known = self._readers.get(stream, (0.0, []))
        if is_fresh or until < time.monotonic():
            known = [(str(each["name"]), filters_of(each["config"])) for each in await self.js.consumers(stream)]
            self._readers[stream] = (time.monotonic() + _MOMENT, known)
        return known

    def see(self, place: Place) -> None:
        """Note that a queue is there."""
        self._seen[place.stream, place.consumer] = time.monotonic() + _SEEN

    def forget(self, place: Place) -> None:
        """Note that a queue or its stream may be gone."""
        self._seen.pop((place.stream, place.consumer), None)
        self._streams.discard(place.stream)
        self._readers.pop(place.stream, None)

    async def own(self, place: Place) -> None:
        """Have a queue belong to this connection, and go with it."""
        if place.name not in self.owned:
            self.owned[place.name] = place
            self.used[place.stream, place.consumer] += 1
            await self.presence.announce(owner_subject(self.name))

    async def disown(self, name: str) -> None:
        """Let go of a queue that belongs to this connection."""
        place = self.owned.pop(name, None)
        if place is not None:
            self.unuse(place.stream, place.consumer)
            await self.presence.leave(owner_subject(self.name))

    def dismiss(self, held: Held) -> None:
        """Acknowledge a message that is not handed out."""
        if held.reply:
            self.spawn(self.js.tell(held.reply, ACK))
        if held.release is not None:
            held.release()

    def spawn(self, action: Coroutine[object, object, None]) -> None:
        """Do something meanwhile."""
        task = asyncio.get_running_loop().create_task(quietly(action))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def unuse(self, stream: str, consumer: str) -> None:
        """Note that a consumer is used once less."""
        self.used[stream, consumer] -= 1
        self.used += Counter()  # without those that are used no more

    def tell_blocked(self, why: str) -> None:
        """Note that publishing has to wait, as the server has no room."""
        if not self._is_blocked:
            self._is_blocked = True
            logger.warning("publishing waits: %s", why)
            for told in self.on_blocked:
                told(why)

    def tell_unblocked(self) -> None:
        """Note that publishing goes on."""
        if self._is_blocked:
            self._is_blocked = False
            for go_on in self.on_unblocked:
                go_on()

    def start(self) -> None:
        """Begin to keep what is held."""
        self._keeper = asyncio.get_running_loop().create_task(self._keep())

    async def _keep(self) -> None:
        """Say again and again that what is held is worked on, and that what is used is used."""
        while True:
            await asyncio.sleep(_BEAT)
            try:
                await self._beat()
            except Exception:  # whatever it is, what is held must not be forgotten
                logger.exception("what is held could not be kept")

    async def _beat(self) -> None:
        held = [each for channel in self.channels.values() for each in channel.replies_held()]
        for reply in [*held, *(each for queue in self.replies.values() for each in queue.replies_held())]:
            await self.js.tell(reply, PROGRESS)
        for stream, consumer in list(self.used):
            # Any word about a delivery counts as use, also about one that there never was.
            await self.js.tell(f"$JS.ACK.{stream}.{consumer}.1.0.0.0.0", PROGRESS)
        for queue in list(self.replies.values()):
            await quietly(queue.tidy())

    def reconnected(self) -> None:
        """Go on with a new session with a server."""
        self._seen.clear()
        self._streams.clear()
        for channel in self.channels.values():
            channel.reconnected()
        for queue in self.replies.values():
            queue.reconnected()
        for told in self.on_reconnected:
            told()

    def end(self, failure: CoreError) -> None:
        """Note that the connection has ended."""
        if self.failure is None:
            self.failure = failure
            for channel in list(self.channels.values()):
                channel.end(failure)
            for told in self.on_closed:
                told(failure)

    async def close(self) -> None:
        """Close it: what is unsettled goes back to its queues, and what belongs to the connection goes."""
        is_first = self.failure is None
        if is_first:
            closings = [channel.close() for channel in list(self.channels.values())]
            await asyncio.gather(*closings, return_exceptions=True)
            if self.js.is_online:
                await quietly(asyncio.wait_for(self._leave(), _CLOSING))
            self.end(ClosedFailure("the connection was closed by this program"))
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
            self._keeper = None
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=1)
        self.js.set_online(True)
        await quietly(self.js.nats.close())

    async def _leave(self) -> None:
        for queue in list(self.replies.values()):
            await queue.close()
        for place in list(self.owned.values()):
            await self.js.delete_consumer(place.stream, place.consumer)
            if place.subject and self.plan.takes(place.stream, place.subject):
                await self.js.purge(place.stream, place.subject)
