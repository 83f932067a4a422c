"""The mapping in a few lines, and in the JSON report."""

from __future__ import annotations

from collections import Counter

import msgspec

from natsscan.catalog.escape import visible
from natsscan.model.mapping import ConfigValue, Discipline, Fidelity, Gap, Mapping
from natsscan.reports.fidelity import FIDELITY
from natsscan.reports.place import Place, places

_LOST = (Fidelity.NONE, Fidelity.APPROX)
_SHOWN = 12


class SubjectEntry(msgspec.Struct, frozen=True):
    """The subject of an exchange or queue."""

    kind: str
    name: str
    subject: str


class StreamEntry(msgspec.Struct, frozen=True):
    """A stream: its configuration as the server takes it."""

    name: str
    layout: str
    exchanges: list[str]
    queues: list[str]
    config: dict[str, ConfigValue]


class ConsumerEntry(msgspec.Struct, frozen=True):
    """A consumer, `exact` if its filters take nothing that the queue would not get."""

    name: str
    queue: str
    stream: str
    is_durable: bool = msgspec.field(name="durable")
    is_exact: bool = msgspec.field(name="exact")
    services: list[str]
    settle: list[str]
    config: dict[str, ConfigValue]
    at: list[Place]


class PublisherEntry(msgspec.Struct, frozen=True):
    """Where a publisher sends to."""

    service: str
    exchange: str
    routing_key: str
    subject: str
    stream: str
    discipline: Discipline
    headers: list[str]
    at: list[Place]


class GapEntry(msgspec.Struct, frozen=True):
    """A property that NATS has differently or not at all."""

    rule: str
    about: str
    property: str
    value: str
    fidelity: Fidelity
    feature: str
    since: str
    advice: str
    at: list[Place]


class MappingEntry(msgspec.Struct, frozen=True):
    """What the messaging system becomes on NATS."""

    least_version: str
    subjects: list[SubjectEntry]
    streams: list[StreamEntry]
    consumers: list[ConsumerEntry]
    publishers: list[PublisherEntry]
    gaps: list[GapEntry]
    unmapped: list[str]


def mapping_entry(mapping: Mapping) -> MappingEntry:
    """Return the mapping as the JSON report has it."""
    return MappingEntry(
        least_version=str(mapping.least_version),
        subjects=[
            *(SubjectEntry("exchange", name, subject) for name, subject in sorted(mapping.exchanges.items())),
            *(SubjectEntry("queue", name, subject) for name, subject in sorted(mapping.queues.items())),
        ],
        streams=msgspec.convert(mapping.streams, list[StreamEntry], from_attributes=True),
        consumers=msgspec.convert(mapping.consumers, list[ConsumerEntry], from_attributes=True),
        publishers=msgspec.convert(mapping.publishers, list[PublisherEntry], from_attributes=True),
        gaps=[_gap(gap) for gap in mapping.gaps],
        unmapped=list(mapping.unmapped),
    )


def render_summary(mapping: Mapping) -> str:
    """Return what the mapping comes to, and what it loses, the worst first."""
    lines = [
        f"{len(mapping.exchanges)} exchanges and {len(mapping.queues)} queues become {len(mapping.streams)} streams "
        f"and {len(mapping.consumers)} consumers; {len(mapping.publishers)} publishers. "
        f"NATS {mapping.least_version} or later."
    ]
    lines += [visible(f"Not mapped, as only the running program knows its name: {name}") for name in mapping.unmapped]
    counts = Counter(gap.fidelity for gap in mapping.gaps)
    lines.append(
        f"\nOf {len(mapping.gaps)} properties, {counts[Fidelity.NONE]} are lost, {counts[Fidelity.APPROX]} change, "
        f"{counts[Fidelity.CONFIG]} are kept by configuration, {counts[Fidelity.EXACT]} are the same."
    )
    shown: dict[str, list[Gap]] = {}
    for gap in mapping.gaps:
        if gap.fidelity in _LOST:
            shown.setdefault(gap.rule, []).append(gap)
    for gaps in list(shown.values())[:_SHOWN]:
        first = gaps[0]
        place = f"  {first.at[0].path}:{first.at[0].line}" if first.at else ""
        more = f" and {len(gaps) - 1} more" if len(gaps) > 1 else ""
        lines.append(visible(f"  {FIDELITY[first.fidelity]:8} {first.property}: {first.about}{more}{place}"))
    if len(shown) > _SHOWN:
        lines.append(f"  and {len(shown) - _SHOWN} more kinds, in mapping.md")
    return "\n".join(lines) + "\n"


def _gap(gap: Gap) -> GapEntry:
    return GapEntry(
        rule=gap.rule,
        about=gap.about,
        property=gap.property,
        value=gap.value,
        fidelity=gap.fidelity,
        feature=gap.feature,
        since=str(gap.since),
        advice=gap.advice,
        at=places(gap.at),
    )
