"""What a repository adds to the whole of a fleet, and shares put together."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from natsscan.catalog.catalog import Catalog
from natsscan.model.coverage import Loss
from natsscan.model.fleet import Repository, Scanned, Share, Work, service_within
from natsscan.model.mapping import Beside
from natsscan.model.report import Report
from natsscan.model.usage import Tier
from natsscan.nats import beside as code
from natsscan.nats.beside import beside
from natsscan.reports.totals import by_service
from natsscan.topology import join as systems
from natsscan.topology.within import key_within, nats_within, place_within, within

_decoder = msgspec.msgpack.Decoder(Share)


def share_of(repository: Repository, commit: str, committed: str, report: Report, catalog: Catalog) -> Share:
    """Return what a repository adds, by the report of its scan."""
    name = repository.name
    told = beside((finding.usage for finding in report.to_migrate.findings), catalog.target)
    files = report.coverage.files.values()
    scanned = Scanned(
        repository=repository,
        commit=commit,
        committed=committed,
        files=sum(each.seen for each in files),
        unread=sum(problem.loss is not Loss.NONE for problem in report.coverage.problems),
        work=_work(report, name),
    )
    return Share((scanned,), within(report.topology, name), nats_within(report.nats, name), _beside(told, name))


def _work(report: Report, repository: str) -> tuple[Work, ...]:
    found = []
    for service, findings in by_service(report.findings).items():
        left = [finding for finding in findings if finding.system not in report.targets]
        found.append(
            Work(
                service=service_within(service, repository),
                direct=sum(finding.usage.tier is Tier.DIRECT for finding in left),
                indirect=sum(finding.usage.tier is Tier.INDIRECT for finding in left),
                effort=sum(finding.effort for finding in left),
                on_nats=len(findings) - len(left),
            )
        )
    return tuple(sorted(found, key=lambda work: work.service))


def _beside(told: Beside, repository: str) -> Beside:
    """Return what code tells beside, with holes as they are called in names of nothing else, too."""
    configured = told.configured | {key_within(key, repository): value for key, value in told.configured.items()}
    places = {
        rule: tuple((place_within(at, repository), value) for at, value in each) for rule, each in told.places.items()
    }
    return Beside(configured, places, told.vhosts)


def join(left: Share, right: Share) -> Share:
    """Return two shares as one."""
    return Share(
        scanned=tuple(sorted((*left.scanned, *right.scanned), key=lambda each: each.repository)),
        topology=systems.join(left.topology, right.topology),
        nats=systems.join_nats(left.nats, right.nats),
        beside=code.join(left.beside, right.beside),
    )


def join_all(shares: Iterable[Share]) -> Share:
    """Return many shares as one, as a tree: each is joined with one of its own size, and few are held at a time."""
    waiting: list[tuple[int, Share]] = []
    for share in shares:
        size = 1
        while waiting and waiting[-1][0] == size:
            size, share = 2 * size, join(waiting.pop()[1], share)
        waiting.append((size, share))
    whole = Share()
    for _, share in reversed(waiting):
        whole = join(share, whole)
    return whole


def pack(share: Share) -> bytes:
    """Return a share as bytes that any machine reads; equal shares give equal bytes."""
    return msgspec.msgpack.encode(share, order="deterministic")


def unpack(data: bytes) -> Share:
    """Return the share that bytes hold. Raises ValueError if they hold none."""
    try:
        return _decoder.decode(data)
    except msgspec.DecodeError as error:
        raise ValueError(str(error)) from error
