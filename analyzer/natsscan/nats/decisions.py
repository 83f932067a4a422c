"""What people have decided of the mapping, as it stands in `subjects.yaml`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from natsscan.catalog.target import Setting, Target
from natsscan.model.mapping import Beside, HoleRule, Words
from natsscan.model.topology import Topology
from natsscan.nats.names import holes
from natsscan.topology.shapes import shape


@dataclass(frozen=True, slots=True)
class Decisions:
    """Each by the name it has in the code: subjects of exchanges and queues, names of consumers, how holes are filled.

    `streams` gives another name to a stream by the one it would have; `stream_fields` and `consumer_fields` are fields
    of their configuration, by that same name.
    """

    exchanges: dict[str, str] = field(default_factory=dict)
    queues: dict[str, str] = field(default_factory=dict)
    consumers: dict[str, str] = field(default_factory=dict)
    streams: dict[str, str] = field(default_factory=dict)
    holes: dict[str, HoleRule] = field(default_factory=dict)
    stream_fields: dict[str, dict[str, Setting]] = field(default_factory=dict)
    consumer_fields: dict[str, dict[str, Setting]] = field(default_factory=dict)


def proposed_holes(topology: Topology, beside: Beside, target: Target) -> dict[str, HoleRule]:
    """Return what is proposed for each hole of a name: by the rules for how it is called, and by where it comes from.

    A hole that a configuration fills has one value for a whole deployment: what the checked-in configuration says.
    """
    split = re.compile(target.layouts.split_holes)
    names = {queue.name for queue in topology.queues}
    declared = set(map(shape, names))
    names |= {consumer.queue for consumer in topology.consumers if shape(consumer.queue) not in declared}
    names |= {name for b in topology.bindings for name in (b.exchange, b.routing_key, b.queue)}
    names |= {name for p in topology.publishers for name in (p.exchange, p.routing_key)}
    names |= {exchange.name for exchange in topology.exchanges}
    found = {
        hole: HoleRule(Words.SPLIT if split.fullmatch(hole) else Words.ESCAPE) for name in names for hole in holes(name)
    }
    for hole, value in beside.configured.items():
        if hole in found:
            found[hole] = HoleRule(found[hole].words, constant=True, value=value)
    return dict(sorted(found.items()))
