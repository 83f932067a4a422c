"""What is done on NATS already, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from natsscan.catalog.escape import visible
from natsscan.model.finding import Finding
from natsscan.model.natsuse import NatsEnd, NatsRole, NatsUse
from natsscan.model.topology import Topology
from natsscan.model.usage import Operation
from natsscan.reports.place import Place
from natsscan.reports.words import number
from natsscan.topology.nats import on_both

_SHOWN_SERVICES = 4
_LABELS = {
    NatsRole.PUBLISHES: "published by",
    NatsRole.REQUESTS: "requested by",
    NatsRole.SUBSCRIBES: "received by",
    NatsRole.STREAM: "set up by",
    NatsRole.CONSUMER: "set up by",
    NatsRole.STORE: "used by",
}
_NOUNS = {NatsRole.STREAM: "stream", NatsRole.CONSUMER: "consumer", NatsRole.STORE: "store"}


class NatsEndEntry(msgspec.Struct, frozen=True):
    """One service's part in one subject, stream, consumer or store of keys or objects."""

    role: NatsRole
    name: str
    service: str
    subjects: list[str]
    stream: str
    at: list[Place]


class OnBothEntry(msgspec.Struct, frozen=True):
    """A queue or routing key whose name is also that of a subject on NATS."""

    kind: str
    name: str
    subject: str


class NatsEntry(msgspec.Struct, frozen=True):
    """What is done on NATS already; `on_both` is what AMQP has under the same name."""

    ends: list[NatsEndEntry]
    on_both: list[OnBothEntry]


def nats_entry(nats: NatsUse, topology: Topology) -> NatsEntry | msgspec.UnsetType:
    """Return what is done on NATS in the shape of the contract; nothing if that is nothing."""
    if not nats.ends:
        return msgspec.UNSET
    return NatsEntry(
        msgspec.convert(nats.ends, list[NatsEndEntry], from_attributes=True),
        [OnBothEntry(*item) for item in on_both(topology, nats)],
    )


def render(nats: NatsUse, topology: Topology) -> str:
    """Return what is done on NATS as text, a block for each subject, stream, consumer and store; empty if nothing."""
    blocks: dict[str, list[str]] = {}
    for end in sorted(nats.ends, key=_group):
        lines = blocks.setdefault(_title(end), [])
        lines += [f"  {_LABELS[end.role]:<17}{visible(f'{end.service}  {at.path}:{at.line}')}" for at in end.at]
        if end.subjects:
            lines.append(f"  {'subjects':<17}{visible(', '.join(end.subjects))}")
    both: dict[str, list[str]] = {}
    for kind, name, subject in on_both(topology, nats):
        both.setdefault(f"{kind} {name}", []).append(subject)
    texts = ["\n".join([visible(title), *dict.fromkeys(lines)]) for title, lines in blocks.items()]
    if both:
        also = [visible(f"  {name}: subject {', '.join(subjects)}") for name, subjects in both.items()]
        texts.append("\n".join(["also on NATS under the same name", *also]))
    return "\n\n".join(texts) + "\n" if texts else ""


def in_use(title: str, findings: Iterable[Finding]) -> str:
    """Return the line that says that a system is in use already: its calls, or places if there are none, and where."""
    findings = tuple(findings)
    calls = tuple(f for f in findings if f.usage.is_call and f.usage.operation is not Operation.TYPE)
    told = calls or findings
    what = number(len(calls), "call") if calls else number(len(findings), "place")
    files = number(len({finding.usage.span.path for finding in told}), "file")
    services = sorted({finding.usage.service for finding in told})
    if len(services) > _SHOWN_SERVICES:
        services = [*services[: _SHOWN_SERVICES - 1], f"{len(services) - _SHOWN_SERVICES + 1} more"]
    return visible(f"{title} is already in use: {what} in {files} ({', '.join(services)})")


def _noun(end: NatsEnd) -> str:
    """Return what an end is about: what is received from a stream is received through a consumer."""
    if end.role is NatsRole.SUBSCRIBES and end.stream:
        return "consumer"
    return _NOUNS.get(end.role, "subject")


def _group(end: NatsEnd) -> tuple[int, str]:
    return ("subject", *_NOUNS.values()).index(_noun(end)), end.name


def _title(end: NatsEnd) -> str:
    noun = _noun(end)
    return f"NATS {noun} {end.name}" + (f" of stream {end.stream}" if noun == "consumer" and end.stream else "")
