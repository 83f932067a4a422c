"""Names that AMQP or NATS would refuse, and names that only the running program knows."""

from __future__ import annotations

from collections.abc import Iterable

from natsscan.model.mapping import OLDEST_SERVER, Fidelity, Gap
from natsscan.model.span import Span
from natsscan.model.topology import Topology
from natsscan.nats.escape import MAX_AMQP_NAME
from natsscan.topology.shapes import shape

_UNKNOWN = (
    "Nothing of its name is known before the program runs, so it has no stream here. Give the hole its "
    "value in subjects.yaml, or let the program take the name of a consumer."
)
_TOO_LONG = "AMQP takes 255 bytes at most, so this cannot exist. Its names on NATS are shortened and end in a digest."
_TWIN = (
    "Streams and consumers are folders on the server's disk; on a disk that does not tell cases apart "
    "they are one. Rename one in subjects.yaml."
)


def name_gaps(topology: Topology, queues: tuple[str, ...], exchanges: tuple[str, ...]) -> tuple[Gap, ...]:
    """Return a gap for each name that is unknown, longer than AMQP allows, or differs from another in its case only."""
    at = _places(topology)
    found: list[Gap] = []
    for title, names in (("queue", queues), ("exchange", exchanges)):
        found += [
            _gap(
                "name-unknown",
                f"{title} {name}",
                "a name chosen at run time",
                "",
                _UNKNOWN,
                at.get((title, shape(name)), ()),
            )
            for name in names
        ]
    for (title, _), (name, spans) in _named(topology).items():
        if len(name.encode()) > MAX_AMQP_NAME:
            found.append(
                _gap(
                    "name-too-long",
                    f"{title} {name[:40]}…",
                    f"a name of {len(name.encode())} bytes",
                    "",
                    _TOO_LONG,
                    spans,
                )
            )
    for title in ("queue", "exchange"):
        first: dict[str, str] = {}
        for name in sorted({name for (kind, name) in _named(topology) if kind == title}):
            twin = first.setdefault(name.casefold(), name)
            if twin != name:
                found.append(
                    _gap(
                        "name-differs-in-case",
                        f"{title} {name}",
                        f"called like {twin}",
                        "",
                        _TWIN,
                        at.get((title, shape(name)), ()),
                    )
                )
    return tuple(found)


def _named(topology: Topology) -> dict[tuple[str, str], tuple[str, tuple[Span, ...]]]:
    found: dict[tuple[str, str], tuple[str, tuple[Span, ...]]] = {}
    for title, name, spans in _all(topology):
        found.setdefault((title, name), (name, spans))
    return dict(sorted(found.items()))


def _places(topology: Topology) -> dict[tuple[str, str], tuple[Span, ...]]:
    found: dict[tuple[str, str], tuple[Span, ...]] = {}
    for title, name, spans in _all(topology):
        found[title, shape(name)] = (*found.get((title, shape(name)), ()), *spans)
    return found


def _all(topology: Topology) -> Iterable[tuple[str, str, tuple[Span, ...]]]:
    yield from (("queue", q.name, q.at) for q in topology.queues)
    yield from (("queue", c.queue, c.at) for c in topology.consumers)
    yield from (("exchange", e.name, e.at) for e in topology.exchanges)
    yield from (("exchange", p.exchange, p.at) for p in topology.publishers)
    yield from (("exchange", b.exchange, b.at) for b in topology.bindings)


def _gap(rule: str, about: str, property_: str, value: str, advice: str, at: tuple[Span, ...]) -> Gap:
    return Gap(rule, about, property_, value, Fidelity.NONE, "", OLDEST_SERVER, advice, at)
