"""Which exchanges and queues share a stream.

Two streams must not take the same subject (server error 10065), and one consumer reads one stream. So an exchange and
the queues bound to it belong together, and queues that are bound to two exchanges bring those together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from natsscan.nats.families import Family
from natsscan.nats.filters import Filters
from natsscan.nats.subjects import disjoint


@dataclass(frozen=True, slots=True)
class Group:
    """What one stream holds, and how it is laid out. A sourced group is one queue that is filled from other streams."""

    exchanges: tuple[str, ...]
    families: tuple[Family, ...]
    subjects: tuple[str, ...]
    layout: str

    @property
    def is_sourced(self) -> bool:
        """Whether its messages come from the streams of exchanges."""
        return self.layout == "sourced-queue"


Member = tuple[str, str]


def grouped(
    families: tuple[Family, ...], roots: Mapping[str, str], delays: Mapping[str, str], wild: Callable[[str], str]
) -> tuple[Group, ...]:
    """Return the groups, sorted. `wild` turns a subject with holes into a filter for all their values.

    `delays` are the subjects under which schedules wait, of each exchange that holds messages back. Groups whose
    subjects overlap become one, until none do.
    """
    known = {family.name: family for family in families}
    set_of: dict[Member, set[Member]] = {}
    for member in [*(("exchange", name) for name in roots), *(("queue", name) for name in known)]:
        set_of[member] = {member}
    for family in families:
        if not family.judged.own_stream:
            for exchange in family.listens:
                _join(set_of, ("exchange", exchange), ("queue", family.name))
    while True:
        sets = list({id(members): members for members in set_of.values()}.values())
        subjects = [_subjects(members, known, roots, delays, wild) for members in sets]
        clashes = list(_clashes(subjects))
        if not clashes:
            break
        joined = [(min(sets[one]), min(sets[other])) for one, other in clashes]
        for one, other in joined:
            _join(set_of, one, other)
    own = {exchange for f in families if f.judged.own_stream for exchange in f.listens}
    found = [_group(members, each, known, own, delays) for members, each in zip(sets, subjects, strict=True)]
    return tuple(sorted(found, key=lambda group: (group.exchanges, [f.name for f in group.families])))


def _join(set_of: dict[Member, set[Member]], one: Member, other: Member) -> None:
    small, large = sorted((set_of[one], set_of[other]), key=len)
    if small is not large:
        large |= small
        set_of |= dict.fromkeys(small, large)


def _clashes(subjects: Sequence[tuple[str, ...]]) -> Iterator[tuple[int, int]]:
    """Yield pairs of sets that have a subject in common, by their positions."""
    seen: Filters[int] = Filters()
    for at, each in enumerate(subjects):
        yield from ((other, at) for subject in each for other in seen.overlapping(subject))
        for subject in each:
            seen.add(subject, at)


def _subjects(
    members: set[Member],
    families: Mapping[str, Family],
    roots: Mapping[str, str],
    delays: Mapping[str, str],
    wild: Callable[[str], str],
) -> tuple[str, ...]:
    exchanges = [name for kind, name in members if kind == "exchange"]
    queues = [families[name] for kind, name in members if kind == "queue"]
    of_exchanges = [each for name in exchanges for each in _below(wild(roots[name]))]
    of_queues = [wild(family.subject) for family in queues if family.by_name]
    of_delays = [f"{delays[name]}.>" for name in exchanges if name in delays]
    return disjoint([*of_exchanges, *of_queues, *of_delays])


def _below(root: str) -> tuple[str, ...]:
    return (root,) if root.endswith(">") else (root, f"{root}.>")


def _group(
    members: set[Member],
    subjects: tuple[str, ...],
    families: Mapping[str, Family],
    own: set[str],
    delays: Mapping[str, str],
) -> Group:
    exchanges = tuple(sorted(name for kind, name in members if kind == "exchange"))
    mine = tuple(families[name] for name in sorted(name for kind, name in members if kind == "queue"))
    if exchanges:
        layout = (
            "sourced-exchange"
            if own & set(exchanges)
            else "delayed-exchange"
            if delays.keys() & set(exchanges)
            else "exchange"
        )
    elif len(mine) == 1:
        layout = "sourced-queue" if mine[0].listens else "queue"
    else:  # their filters overlap, which a work queue refuses (error 10100)
        layout = "exchange"
    return Group(exchanges, mine, subjects, layout)
