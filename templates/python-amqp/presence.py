# Made by natsscan generate python-amqp; written anew when it runs again.
"""Who is there: the server tells at once when nobody listens to a subject, also if a program ended without a word."""

from __future__ import annotations

from collections import Counter

from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError
from nats.errors import NoRespondersError

from .errors import CoreError
from .jetstream import JetStream

_PATIENCE = 2.0


def owner_subject(name: str) -> str:
    """Return the subject of a connection that queues belong to."""
    return f"amqp.here.{name}"


def reader_subject(stream: str, consumer: str) -> str:
    """Return the subject of those who read a queue that goes with the last of them."""
    return f"amqp.reads.{stream}.{consumer}"


class Presence:
    """Subjects on which this program says that it is there."""

    def __init__(self, js: JetStream) -> None:
        self._js = js
        self._subs: dict[str, Subscription] = {}
        self._counts: Counter[str] = Counter()

    async def announce(self, subject: str) -> None:
        """Be there; once more for each time that this is called."""
        self._counts[subject] += 1
        if self._counts[subject] == 1:
            self._subs[subject] = await self._js.nats.subscribe(subject, cb=_answer)
            await self._js.flush()

    async def leave(self, subject: str) -> None:
        """Be there no more, or once less."""
        self._counts[subject] -= 1
        if self._counts[subject] > 0:
            return
        del self._counts[subject]
        sub = self._subs.pop(subject, None)
        if sub is not None:
            try:
                await sub.unsubscribe()
            except NatsError:
                return
            await self._js.flush()

    async def is_anybody(self, subject: str) -> bool:
        """Tell whether anybody is there; who does not answer in time is."""
        try:
            await self._js.request(subject, b"", patience=_PATIENCE)
        except NoRespondersError:
            return False
        except CoreError:
            return True
        return True


async def _answer(message: Msg) -> None:
    await message.respond(b"+OK")
