"""What all outputs about a fleet show, in the order in which they show it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from natsscan.model.fleet import Fleet, Scanned, Work, repository_of
from natsscan.model.mapping import Fidelity
from natsscan.model.order import Step
from natsscan.reports.inventory.flows import QueuePart, named_exchanges, queue_parts


@dataclass(frozen=True, slots=True)
class Totals:
    """The work of services together."""

    direct: int
    indirect: int
    effort: int
    on_nats: int

    @property
    def left(self) -> int:
        """The uses that are left to move, of libraries and of wrappers."""
        return self.direct + self.indirect


@dataclass(frozen=True, slots=True)
class RepositoryPart:
    """A repository: its work, and where it comes in the order of migration; `number` is 0 for what has no part in it.

    It waits for those who consume what it publishes, and those who publish what it consumes wait for it.
    """

    scanned: Scanned
    number: int
    step: Step | None
    totals: Totals
    waits_for: tuple[str, ...]
    waited_for_by: tuple[str, ...]

    @property
    def name(self) -> str:
        """Its name in the fleet."""
        return self.scanned.repository.name

    @property
    def uses_amqp(self) -> bool:
        """Whether it has a part in the messaging system, or anything left to move."""
        return self.step is not None or self.totals.left > 0 or self.totals.effort > 0

    @property
    def consumes(self) -> tuple[str, ...]:
        """The queues that it consumes."""
        return self.step.consumes if self.step else ()

    @property
    def publishes(self) -> tuple[str, ...]:
        """The exchanges, and queues by their names, that it publishes to."""
        return self.step.publishes if self.step else ()

    @property
    def work(self) -> tuple[Work, ...]:
        """The work of each of its services, most first."""
        return tuple(sorted(self.scanned.work, key=lambda each: (-each.effort, each.service)))


@dataclass(frozen=True, slots=True)
class Parts:
    """All of it: repositories in the order in which they can move, behind them by name those that need not move.

    `exchanges` counts those that have a name; `sends` the queues by whose messages one repository sends to another.
    """

    fleet: Fleet
    repositories: tuple[RepositoryPart, ...]
    queues: tuple[QueuePart, ...]
    exchanges: int
    totals: Totals
    sends: dict[tuple[str, str], int]

    @property
    def using(self) -> tuple[RepositoryPart, ...]:
        """The repositories that use AMQP."""
        return tuple(each for each in self.repositories if each.uses_amqp)

    @property
    def unread_files(self) -> int:
        """How many files could not be read, in whole or in part."""
        return sum(each.scanned.unread for each in self.repositories)

    def heaviest(self, most: int) -> tuple[RepositoryPart, ...]:
        """Return the repositories with most left to do, in the order in which they can move."""
        left = [each for each in self.using if each.totals.left or each.totals.effort]
        chosen = sorted(left, key=lambda each: (-each.totals.effort, -each.totals.left, each.name))[:most]
        return tuple(each for each in self.repositories if each in chosen)

    def properties(self, fidelity: Fidelity) -> dict[str, tuple[str, ...]]:
        """Return each property of which NATS keeps so much, with what has it; those of most first."""
        found: dict[str, dict[str, None]] = defaultdict(dict)
        for gap in self.fleet.mapping.gaps:
            if gap.fidelity is fidelity:
                found[gap.property][gap.about] = None
        return {name: tuple(found[name]) for name in sorted(found, key=lambda each: (-len(found[each]), each))}


def parts_of(fleet: Fleet) -> Parts:
    """Return what the outputs show of a fleet."""
    steps = {step.name: (number, step) for number, step in enumerate(fleet.order, start=1)}
    waits_for: dict[str, set[str]] = defaultdict(set)
    waited_for_by: dict[str, set[str]] = defaultdict(set)
    queues: dict[tuple[str, str], set[str]] = defaultdict(set)
    for crossing in fleet.crossings:
        source, target = repository_of(crossing.publisher), repository_of(crossing.consumer)
        waits_for[source].add(target)
        waited_for_by[target].add(source)
        queues[source, target].add(crossing.queue)
    repositories = [
        RepositoryPart(
            scanned=each,
            number=steps[each.repository.name][0] if each.repository.name in steps else 0,
            step=steps[each.repository.name][1] if each.repository.name in steps else None,
            totals=totals(each.work),
            waits_for=tuple(sorted(waits_for[each.repository.name])),
            waited_for_by=tuple(sorted(waited_for_by[each.repository.name])),
        )
        for each in fleet.scanned
    ]
    topology = fleet.topology
    return Parts(
        fleet=fleet,
        repositories=tuple(sorted(repositories, key=lambda each: (each.number or len(steps) + 1, each.name))),
        queues=queue_parts(topology, fleet.mapping),
        exchanges=len(({exchange.name for exchange in topology.exchanges} | named_exchanges(topology)) - {""}),
        totals=totals(work for each in fleet.scanned for work in each.work),
        sends={pair: len(queues[pair]) for pair in sorted(queues)},
    )


def totals(work: Iterable[Work]) -> Totals:
    """Return the work of services together."""
    work = tuple(work)
    return Totals(
        direct=sum(each.direct for each in work),
        indirect=sum(each.indirect for each in work),
        effort=sum(each.effort for each in work),
        on_nats=sum(each.on_nats for each in work),
    )
