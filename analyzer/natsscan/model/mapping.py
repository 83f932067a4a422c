"""What a messaging system becomes on NATS: subjects, streams, consumers, and what is lost or changed on the way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from natsscan.model.span import Span

# A field of a stream's or consumer's configuration, as the server's API has it; durations are nanoseconds.
ConfigValue = str | int | bool | Sequence[str | int | dict[str, str]]
Config = dict[str, ConfigValue]
DURATIONS = frozenset(
    {
        *("max_age", "duplicate_window", "subject_delete_marker_ttl"),
        *("ack_wait", "inactive_threshold", "priority_timeout", "max_expires", "idle_heartbeat", "backoff"),
    }
)


class Version(NamedTuple):
    """The version of a NATS server, as far as features come with it."""

    major: int
    minor: int

    @classmethod
    def parse(cls, text: str) -> Version:
        """Return a version, `2.11` or longer, as its first two numbers. Raises ValueError for anything else."""
        major, minor = text.removeprefix("v").split(".")[:2]
        return cls(int(major), int(minor))

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"


# The oldest server that mappings are made for and tried on.
OLDEST_SERVER = Version(2, 9)


class Fidelity(StrEnum):
    """How much of a property NATS keeps: all; all, if set up so; with a visible difference; nothing."""

    EXACT = "exact"
    CONFIG = "config"
    APPROX = "approx"
    NONE = "none"

    @property
    def rank(self) -> int:
        """0 for the one that loses most."""
        return len(Fidelity) - 1 - list(Fidelity).index(self)


def filters_of(config: Config) -> tuple[str, ...]:
    """Return the filters of a consumer, however many its configuration has."""
    several, one = config.get("filter_subjects"), config.get("filter_subject")
    return tuple(map(str, several)) if isinstance(several, list) else (str(one),) if one else ()


@dataclass(frozen=True, slots=True)
class Gap:
    """One property of the AMQP side that NATS has differently or not at all.

    `about` is what has the property (`queue jobs`), `value` what the code gives it. `feature` is what keeps it on
    JetStream, empty if nothing does, and `since` the least server version that has it.
    """

    rule: str
    about: str
    property: str
    value: str
    fidelity: Fidelity
    feature: str
    since: Version
    advice: str
    at: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Beside:
    """What code has to do with a messaging system beside being a part of it.

    `configured` are the holes of names that a configuration fills, each with its value if that is checked in. `places`
    have a property that a rule about code knows: they are by the rule's id, each with the value of the property there.
    `vhosts` are the virtual hosts that it names, `/` if it names none.
    """

    configured: dict[str, str | None] = field(default_factory=dict)
    places: dict[str, tuple[tuple[Span, str], ...]] = field(default_factory=dict)
    vhosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StreamPlan:
    """A stream: its configuration, and the exchanges and queues whose messages it holds."""

    name: str
    layout: str
    config: Config
    exchanges: tuple[str, ...]
    queues: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ConsumerPlan:
    """What a queue becomes: a consumer of a stream.

    `name` and filters may have holes in braces; there is one consumer for each value. `is_exact` tells that the filters
    take nothing that the queue would not get; else the client drops what matches none of `patterns`, each an exchange
    and a key of a binding. `settle` is how its messages are
    settled, `level` that of the messages it takes if their priorities are told apart.
    """

    name: str
    queue: str
    stream: str
    is_durable: bool
    config: Config
    is_exact: bool
    patterns: tuple[tuple[str, str], ...]
    services: tuple[str, ...]
    ack: str
    at: tuple[Span, ...]
    settle: tuple[str, ...] = ()
    level: int | None = None

    @property
    def called(self) -> str:
        """What it is called without its level."""
        return self.name if self.level is None else self.name.removesuffix(f"-{self.level}")


class Discipline(StrEnum):
    """How to publish: waiting for the stream, without one, asking for an answer, later, or in place of a rejection."""

    JETSTREAM = "jetstream"
    CORE = "core"
    REQUEST = "request"
    DELAYED = "delayed"
    DEAD_LETTER = "dead-letter"


@dataclass(frozen=True, slots=True)
class PublisherPlan:
    """Where a publisher sends to: the subject, the stream that keeps it, and how to publish. `stream` may be empty.

    `schedule` is the subject under which a message waits if its exchange holds messages back; `headers` are those that
    it is to carry.
    """

    service: str
    exchange: str
    routing_key: str
    subject: str
    stream: str
    discipline: Discipline
    at: tuple[Span, ...]
    schedule: str = ""
    headers: tuple[str, ...] = ()


class Words(StrEnum):
    """How the value of a hole becomes tokens: dots in it are data and escaped, or its words are tokens of their own."""

    ESCAPE = "escape"
    SPLIT = "split"


@dataclass(frozen=True, slots=True)
class HoleRule:
    """What is decided of a hole: how its value becomes tokens, and the value itself where there is only one.

    A `constant` hole has one value for a whole deployment, though it may not be known here.
    """

    words: Words = Words.ESCAPE
    constant: bool = False
    value: str | None = None


@dataclass(frozen=True, slots=True)
class Mapping:
    """All of it, each part sorted.

    `exchanges` and `queues` give the subject of each; `holes` what is decided of each hole in names. `unmapped` are
    queues and exchanges that only the running program names.
    """

    exchanges: dict[str, str]
    queues: dict[str, str]
    holes: dict[str, HoleRule]
    streams: tuple[StreamPlan, ...]
    consumers: tuple[ConsumerPlan, ...]
    publishers: tuple[PublisherPlan, ...]
    gaps: tuple[Gap, ...]
    least_version: Version
    unmapped: tuple[str, ...]
