"""What the page of a fleet shows a stretch at a time, as the data that its script reads.

Names and places of scanned code are made visible here, so that the script only has to show them as text.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
from markupsafe import Markup

from natsscan.catalog.escape import visible
from natsscan.model.fleet import Alike, Conflict, Loose, repository_of
from natsscan.model.mapping import ConsumerPlan, Fidelity, Gap, filters_of
from natsscan.model.span import Span
from natsscan.reports.fidelity import FIDELITY
from natsscan.reports.fleet.parts import Parts, RepositoryPart
from natsscan.reports.inventory.data import embedded
from natsscan.reports.inventory.flows import QueuePart
from natsscan.reports.inventory.words import stream_traits
from natsscan.reports.topology import traits
from natsscan.topology.shapes import shape

_PLACES_SHOWN = 5
_LOST = (Fidelity.NONE, Fidelity.APPROX)


# A place: the index of its path among the texts, and its line. Of many places the first are there, and then -1 with how
# many more there are.
At = tuple[int, int]


class Row(msgspec.Struct, frozen=True, array_like=True):
    """Something that is listed. Services, repositories, queues, streams and kinds of gaps are given by their index.

    So are texts that many rows have, such as paths and exchanges.
    """


class RepositoryRow(Row, frozen=True):
    """A repository; `work` has name, own uses, those of wrappers, effort and uses on NATS of each of its services."""

    name: str
    number: int
    reason: str
    source: str
    revision: str
    commit: str
    committed: str
    files: int
    unread: int
    left: int
    effort: int
    on_nats: int
    consumes: int
    publishes: list[str]
    waits_for: list[int]
    waited_for_by: list[int]
    work: list[tuple[str, int, int, int, int]]


class SentRow(Row, frozen=True):
    """Messages that come to a queue: from whom, how, and under which subjects on NATS."""

    service: int
    exchange: int
    key: str
    subjects: list[str]
    at: list[At]


class ReadRow(Row, frozen=True):
    """Who consumes a queue, and how."""

    service: int
    how: int
    at: list[At]


class QueueRow(Row, frozen=True):
    """A queue, with all that leads to it, leaves it, and becomes of it on NATS; of properties, those not kept."""

    name: str
    declared: list[tuple[int, list[At]]]
    bound: list[tuple[int, str, list[At]]]
    sent: list[SentRow]
    dead_of: list[int]
    read: list[ReadRow]
    dead: list[tuple[int, str, list[int]]]
    subject: str
    streams: list[int]
    consumers: list[tuple[str, str]]
    gaps: list[tuple[int, str]]


class FlowRow(Row, frozen=True):
    """Messages of a queue from one service to another; `at` is the queue, -1 if the page has none of its name."""

    publisher: int
    queue: str
    at: int
    consumer: int
    dead: bool


class LooseRow(Row, frozen=True):
    """Something that does not fit: what kind of thing it is, what it is about, and the repositories that it is in."""

    kind: str
    name: str
    queue: int
    text: str
    services: list[int]
    repositories: list[str]
    at: list[At]


class GapRow(Row, frozen=True):
    """A property that NATS does not keep as it is."""

    fidelity: Fidelity
    word: str
    property: str
    kept_by: str
    advice: str


class Data(msgspec.Struct, frozen=True):
    """All of it; `fields` names what stands where in a row."""

    fields: dict[str, tuple[str, ...]]
    services: list[str]
    texts: list[str]
    streams: list[tuple[str, str]]
    gaps: list[GapRow]
    repositories: list[RepositoryRow]
    queues: list[QueueRow]
    flows: list[FlowRow]
    loose: list[LooseRow]


def page_data(parts: Parts) -> Markup:
    """Return the rows of the page as JSON that can stand in an element of HTML, whatever is in them."""
    return embedded(_Maker(parts).data())


class _Index:
    """Things by number, in the order in which they were asked for."""

    def __init__(self) -> None:
        self.names: dict[str, int] = {}

    def of(self, name: str) -> int:
        return self.names.setdefault(name, len(self.names))

    def all(self, names: Iterable[str]) -> list[int]:
        return [self.of(name) for name in names]


class _Maker:
    """Makes the rows, and the tables that they point into."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.services, self.texts = _Index(), _Index()
        self.repositories = {each.name: at for at, each in enumerate(parts.repositories)}
        self.queues = {shape(each.name): at for at, each in enumerate(parts.queues)}
        self.streams = {stream.name: at for at, stream in enumerate(parts.fleet.mapping.streams)}
        self.gaps: dict[GapRow, int] = {}

    def data(self) -> Data:
        parts, fleet = self.parts, self.parts.fleet
        rows: dict[str, type[Row]] = {
            "repositories": RepositoryRow,
            "queues": QueueRow,
            "sent": SentRow,
            "read": ReadRow,
            "flows": FlowRow,
            "loose": LooseRow,
            "gaps": GapRow,
        }
        repositories = [self.repository(each) for each in parts.repositories]
        queues = [self.queue(each) for each in parts.queues]
        flows = [
            FlowRow(
                self.services.of(each.publisher),
                visible(each.queue),
                self.queues.get(shape(each.queue), -1),
                self.services.of(each.consumer),
                each.dead_letters,
            )
            for each in fleet.crossings
        ]
        loose = [
            *(self.loose("unread", each, "filled or declared by") for each in fleet.unread),
            *(self.loose("unfed", each, "consumed by") for each in fleet.unfed),
            *(self.loose("unbound", each, "published to by", is_queue=False) for each in fleet.unbound),
            *map(self.alike, fleet.alike),
            *map(self.conflict, fleet.conflicts),
        ]
        return Data(
            fields={name: row.__struct_fields__ for name, row in rows.items()},
            services=_visible(self.services.names),
            texts=_visible(self.texts.names),
            streams=[(visible(stream.name), visible(stream_traits(stream))) for stream in fleet.mapping.streams],
            gaps=list(self.gaps),
            repositories=repositories,
            queues=queues,
            flows=flows,
            loose=loose,
        )

    def repository(self, part: RepositoryPart) -> RepositoryRow:
        scanned, totals = part.scanned, part.totals
        return RepositoryRow(
            name=visible(part.name),
            number=part.number,
            reason=visible(part.step.reason) if part.step else "",
            source=visible(scanned.repository.source),
            revision=visible(scanned.repository.revision),
            commit=visible(scanned.commit),
            committed=visible(scanned.committed),
            files=scanned.files,
            unread=scanned.unread,
            left=totals.left,
            effort=totals.effort,
            on_nats=totals.on_nats,
            consumes=len(part.consumes),
            publishes=_visible(part.publishes),
            waits_for=self.known(part.waits_for),
            waited_for_by=self.known(part.waited_for_by),
            work=[(visible(w.service), w.direct, w.indirect, w.effort, w.on_nats) for w in part.work],
        )

    def known(self, names: Iterable[str]) -> list[int]:
        return [self.repositories[name] for name in names if name in self.repositories]

    def queue(self, part: QueuePart) -> QueueRow:
        flow, text = part.flow, self.texts.of
        return QueueRow(
            name=visible(part.name),
            declared=[(text(traits(queue)), self.places(queue.at)) for queue in flow.declared],
            bound=[(text(each.exchange), visible(each.routing_key), self.places(each.at)) for each in flow.bindings],
            sent=[
                SentRow(
                    self.services.of(each.publisher.service),
                    text(each.publisher.exchange),
                    visible(each.publisher.routing_key),
                    _visible(each.subjects),
                    self.places(each.publisher.at),
                )
                for each in part.filled_by
            ],
            dead_of=self.listed(part.dead_letters_of),
            read=[
                ReadRow(self.services.of(each.service), text(_how(each.ack, each.prefetch)), self.places(each.at))
                for each in flow.consumers
            ],
            dead=[(text(way.exchange), visible(way.key), self.listed(way.ends_in)) for way in part.dead_letters],
            subject=visible(part.subject),
            streams=[self.streams[stream.name] for stream in part.streams],
            consumers=[(visible(each.name), visible(_takes(each))) for each in part.consumers],
            gaps=[(self.gap(gap), visible(gap.value)) for gap in part.gaps if gap.fidelity in _LOST],
        )

    def places(self, spans: Sequence[Span]) -> list[At]:
        shown = [(self.texts.of(span.path), span.line) for span in spans[:_PLACES_SHOWN]]
        rest = len(spans) - len(shown)
        return [*shown, (-1, rest)] if rest else shown

    def listed(self, names: Iterable[str]) -> list[int]:
        return [self.queues[shape(name)] for name in names if shape(name) in self.queues]

    def gap(self, gap: Gap) -> int:
        kept_by = f"{gap.feature}, NATS {gap.since}" if gap.feature else ""
        texts = (FIDELITY[gap.fidelity], gap.property, kept_by, gap.advice)
        return self.gaps.setdefault(GapRow(gap.fidelity, *map(visible, texts)), len(self.gaps))

    def loose(self, kind: str, loose: Loose, role: str, is_queue: bool = True) -> LooseRow:
        return self.row(kind, loose.name, role, loose.services, loose.services, loose.at, is_queue)

    def alike(self, alike: Alike) -> LooseRow:
        text = f"{alike.kind}, looks like {alike.other}, which is in {_listed(alike.others)}; this one in"
        services = (*alike.services, *alike.others)
        return self.row("alike", alike.name, text, alike.services, services, alike.at, is_queue=alike.kind == "queue")

    def conflict(self, conflict: Conflict) -> LooseRow:
        both = (conflict.at, conflict.first)
        text = f"{conflict.difference}; the first place is {_place(conflict.first)}"
        return self.row("conflict", conflict.queue, text, (), tuple(each.path for each in both), (conflict.at,))

    def row(
        self,
        kind: str,
        name: str,
        text: str,
        services: Sequence[str],
        inside: Iterable[str],
        at: Sequence[Span],
        is_queue: bool = True,
    ) -> LooseRow:
        """Return a row; `inside` are services or paths, which begin with the repositories that it is about."""
        return LooseRow(
            kind=kind,
            name=visible(name),
            queue=self.queues.get(shape(name), -1) if is_queue else -1,
            text=visible(text),
            services=self.services.all(services),
            repositories=_visible(dict.fromkeys(map(repository_of, inside))),
            at=self.places(at),
        )


def _visible(texts: Iterable[str]) -> list[str]:
    return [visible(text) for text in texts]


def _place(span: Span) -> str:
    return f"{span.path}:{span.line}"


def _how(ack: str, prefetch: str | None) -> str:
    return f"mode {ack}, {f'prefetch {prefetch}' if prefetch else 'no prefetch limit'}"


def _takes(plan: ConsumerPlan) -> str:
    filters = ", ".join(filters_of(plan.config)) or "all of the stream"
    return f"{'durable' if plan.is_durable else 'comes and goes with its client'}, takes {filters}"


def _listed(names: Sequence[str]) -> str:
    rest = len(names) - _PLACES_SHOWN
    return ", ".join(names[:_PLACES_SHOWN]) + (f" and {rest:,} more" if rest > 0 else "")
