"""Many repositories and what they are together."""

from __future__ import annotations

from dataclasses import dataclass, field

from natsscan.model.mapping import Beside, Mapping
from natsscan.model.natsuse import NatsUse
from natsscan.model.order import Flow, Step
from natsscan.model.span import Span
from natsscan.model.topology import Topology


@dataclass(frozen=True, slots=True, order=True)
class Repository:
    """A repository of a fleet. `name` is its own in it and has no slash.

    `source` is a path or a URL without credentials, `revision` what was asked for, empty for its newest commit.
    """

    name: str
    source: str
    revision: str = ""


@dataclass(frozen=True, slots=True)
class Work:
    """What one service has left to move, and what it has on NATS: usages and the effort for them in story points.

    `direct` are its own uses of a library or a broker, `indirect` those of wrappers.
    """

    service: str
    direct: int
    indirect: int
    effort: int
    on_nats: int


@dataclass(frozen=True, slots=True)
class Scanned:
    """A repository that was scanned, at a commit (of a folder without git: at its content), with the work in it.

    `committed` is the commit's date in UTC, `2026-11-26`, empty without git. `files` were looked at, `unread` could not
    be, in whole or in part.
    """

    repository: Repository
    commit: str
    committed: str
    files: int
    unread: int
    work: tuple[Work, ...]


@dataclass(frozen=True, slots=True)
class Failed:
    """A repository that could not be scanned, with the last reason and how often it was tried."""

    repository: Repository
    reason: str
    attempts: int


@dataclass(frozen=True, slots=True)
class Share:
    """What some repositories add to the whole of a fleet. Shares may be put together in any order."""

    scanned: tuple[Scanned, ...] = ()
    topology: Topology = field(default_factory=Topology)
    nats: NatsUse = field(default_factory=NatsUse)
    beside: Beside = field(default_factory=Beside)


@dataclass(frozen=True, slots=True, order=True)
class Loose:
    """A queue or exchange of which one end is in no repository; `services` have the other one, and `at` is where."""

    name: str
    services: tuple[str, ...]
    at: tuple[Span, ...]


@dataclass(frozen=True, slots=True, order=True)
class Alike:
    """Two names of which one looks like a slip of the other: they differ in a letter, in case or in a separator.

    `kind` is `exchange` or `queue`; `name` is in fewer repositories than `other`.
    """

    kind: str
    name: str
    other: str
    services: tuple[str, ...]
    others: tuple[str, ...]
    at: tuple[Span, ...]


@dataclass(frozen=True, slots=True, order=True)
class Conflict:
    """A place that declares a queue in another way than the first one does, which the broker refuses."""

    queue: str
    at: Span
    difference: str
    first: Span


@dataclass(frozen=True, slots=True)
class Point:
    """How far a fleet was in one run: what was left to move, and what was on NATS.

    `day` is that of the newest commit that was scanned.
    """

    day: str
    digest: str
    repositories: int
    direct: int
    indirect: int
    effort: int
    on_nats: int


@dataclass(frozen=True, slots=True)
class Fleet:
    """All of it. `crossings` are the flows from a service of one repository to one of another.

    `unread` queues are consumed in no repository, `unfed` ones get messages from none, and to `unbound` exchanges,
    which are published to, none binds anything. `order` is that in which repositories can move; `history` is what runs
    found, this one last.
    """

    rules_digest: str
    scanned: tuple[Scanned, ...]
    failed: tuple[Failed, ...]
    topology: Topology
    nats: NatsUse
    mapping: Mapping
    crossings: tuple[Flow, ...]
    unread: tuple[Loose, ...]
    unfed: tuple[Loose, ...]
    unbound: tuple[Loose, ...]
    conflicts: tuple[Conflict, ...]
    alike: tuple[Alike, ...]
    order: tuple[Step, ...]
    history: tuple[Point, ...]


def service_within(service: str, repository: str) -> str:
    """Return a service of a repository as it is called among others; one that is the repository has its name."""
    return repository if service == repository else f"{repository}/{service}"


def repository_of(service: str) -> str:
    """Return the repository of a service."""
    return service.partition("/")[0]
