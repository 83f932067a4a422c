# Made by natsscan generate python-amqp; written anew when it runs again.
"""What a consumer brings, as messages of a queue."""

from __future__ import annotations

from datetime import datetime, timezone

from .deadletters import DELIVERY_LIMIT, dead_letter
from .jetstream import filters_of
from .message import Held
from .plan import Place
from .reading import ACK
from .routing import is_wanted
from .session import Session


class Known:
    """A queue, and what was last known of the filters of its consumer."""

    def __init__(self, session: Session, place: Place, info: dict[str, object]) -> None:
        self._session = session
        self.place = place
        self._learn(info)

    def _learn(self, info: dict[str, object]) -> None:
        config = info["config"]
        assert isinstance(config, dict)
        self._filters = filters_of(config)
        self._asked = _second(str(info.get("ts", "")))

    async def admit(self, held: Held, subject: str) -> bool:
        """Tell whether the queue is to have a message; of what it is not to have is seen to."""
        if not await self._wants(held, subject):
            await self._session.js.tell(held.reply, ACK)
            return False
        if is_over_limit(self.place, held.delivered - 1):
            await dead_letter(self._session, self.place, held, DELIVERY_LIMIT)
            return False
        return True

    async def _wants(self, held: Held, subject: str) -> bool:
        origin = (held.exchange, held.routing_key)
        if is_wanted(self.place, self._filters, subject, origin):
            return True
        if held.stored >= self._asked:  # a binding may have come meanwhile
            info = await self._session.js.consumer(self.place.stream, self.place.consumer)
            if info is not None:
                self._learn(info)
        return is_wanted(self.place, self._filters, subject, origin)


def is_over_limit(place: Place, returned: int) -> bool:
    """Tell whether a message has come back to its queue more often than that allows."""
    most = place.config.get("max_deliver", -1)
    return bool(most > 0 and returned >= most)


def _second(when: str) -> int:
    """Return the second in which a server gave an answer, in microseconds since 1970; 0 if it does not say."""
    try:
        found = datetime.strptime(when[:19], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=timezone.utc)
    except ValueError:
        return 0
    return int(found.timestamp()) * 1_000_000
