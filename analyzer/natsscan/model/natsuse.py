"""What a code base does on NATS already: who publishes, requests and subscribes, and what is set up for it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from natsscan.model.span import Span


class NatsRole(StrEnum):
    """What is done with a subject, a stream, a consumer of a stream, or a store of keys or objects."""

    PUBLISHES = "publishes"
    REQUESTS = "requests"
    SUBSCRIBES = "subscribes"
    STREAM = "stream"
    CONSUMER = "consumer"
    STORE = "store"


@dataclass(frozen=True, slots=True)
class NatsEnd:
    """One service's part in one subject, stream, consumer or store, at all places that say so.

    `name` is the subject's, stream's, consumer's or store's; `subjects` are those a stream keeps or a consumer filters
    by, `stream` is the consumer's.
    """

    role: NatsRole
    name: str
    service: str
    subjects: tuple[str, ...]
    stream: str
    at: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class NatsUse:
    """All of it, sorted."""

    ends: tuple[NatsEnd, ...] = ()

    @property
    def subjects(self) -> tuple[str, ...]:
        """Every subject that is named, sorted."""
        on_subjects = (NatsRole.PUBLISHES, NatsRole.REQUESTS, NatsRole.SUBSCRIBES)
        named = {end.name for end in self.ends if end.role in on_subjects and not end.stream}
        return tuple(sorted(named.union(*(end.subjects for end in self.ends))))
