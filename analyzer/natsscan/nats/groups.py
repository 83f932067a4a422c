"""Which exchanges and queues share a stream.

Two streams must not take the same subject (server error 10065), and one consumer reads one stream. So an exchange and
the queues bound to it belong together, and queues that are bound to two exchanges bring those together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from natsscan.nats.families import Family
from natsscan.nats.subjects import disjoint, overlap


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
    sets: list[set[Member]] = [{("exchange", name)} for name in roots] + [{("queue", f.name)} for f in families]
    for family in families:
        if not family.judged.own_stream:
            for exchange in family.listens:
                _join(sets, ("exchange", exchange), ("queue", family.name))
    while True:
        subjects = [_subjects(members, families, roots, delays, wild) for members in sets]
        clash = next(
            (
                (one, other)
                for one in range(len(sets))
                for other in range(one + 1, len(sets))
                if any(overlap(a, b) for a in subjects[one] for b in subjects[other])
            ),
            None,
        )
        if clash is None:
            break
        _join(sets, min(sets[clash[0]]), min(sets[clash[1]]))
    own = {exchange for f in families if f.judged.own_stream for exchange in f.listens}
    found = [_group(members, each, families, own, delays) for members, each in zip(sets, subjects, strict=True)]
    return tuple(sorted(found, key=lambda group: (group.exchanges, [f.name for f in group.families])))


def _join(sets: list[set[Member]], one: Member, other: Member) -> None:
    first = next(members for members in sets if one in members)
    second = next(members for members in sets if other in members)
    if first is not second:
        first |= second
        sets.remove(second)


def _subjects(
    members: set[Member],
    families: tuple[Family, ...],
    roots: Mapping[str, str],
    delays: Mapping[str, str],
    wild: Callable[[str], str],
) -> tuple[str, ...]:
    of_exchanges = [each for kind, name in members if kind == "exchange" for each in _below(wild(roots[name]))]
    of_queues = [wild(f.subject) for f in families if ("queue", f.name) in members and f.by_name]
    of_delays = [f"{delays[name]}.>" for kind, name in members if kind == "exchange" and name in delays]
    return disjoint([*of_exchanges, *of_queues, *of_delays])


def _below(root: str) -> tuple[str, ...]:
    return (root,) if root.endswith(">") else (root, f"{root}.>")


def _group(
    members: set[Member],
    subjects: tuple[str, ...],
    families: tuple[Family, ...],
    own: set[str],
    delays: Mapping[str, str],
) -> Group:
    exchanges = tuple(sorted(name for kind, name in members if kind == "exchange"))
    mine = tuple(f for f in families if ("queue", f.name) in members)
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
