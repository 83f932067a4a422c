"""What a server of a version has: fields of configurations, and the least version that a plan needs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import reduce

from natsscan.catalog.target import LayoutsFile
from natsscan.model.mapping import OLDEST_SERVER, ConsumerPlan, Fidelity, Gap, StreamPlan, Version
from natsscan.nats.subjects import cover

_ONE_FILTER = "A server before 2.10 takes one filter. The consumer gets more; let it acknowledge and drop the rest."


@dataclass(frozen=True, slots=True)
class Fitted:
    """Streams and consumers as a server takes them, and what that costs."""

    streams: tuple[StreamPlan, ...]
    consumers: tuple[ConsumerPlan, ...]
    lost: tuple[Gap, ...]


def fit(
    streams: tuple[StreamPlan, ...], consumers: tuple[ConsumerPlan, ...], layouts: LayoutsFile, server: Version
) -> Fitted:
    """Return what a server of a version can be given: it ignores fields that it does not know, without a word."""
    kept = tuple(
        replace(s, config={n: v for n, v in s.config.items() if _since(layouts, "stream", n) <= server})
        for s in streams
    )
    lost: list[Gap] = []
    fitted: list[ConsumerPlan] = []
    for each in consumers:
        consumer = each
        filters = consumer.config.get("filter_subjects")
        if isinstance(filters, list) and _since(layouts, "consumer", "filter_subjects") > server:
            widest = reduce(cover, map(str, filters))
            consumer = replace(consumer, config=consumer.config | {"filter_subject": widest}, is_exact=False)
            lost.append(_too_wide(consumer, widest))
        fields = {n: v for n, v in consumer.config.items() if _since(layouts, "consumer", n) <= server}
        fitted.append(replace(consumer, config=fields))
    return Fitted(kept, tuple(fitted), tuple(lost))


def least_version(streams: Iterable[StreamPlan], consumers: Iterable[ConsumerPlan], layouts: LayoutsFile) -> Version:
    """Return the oldest version that has every field of a plan."""
    of_streams = [_since(layouts, "stream", name) for stream in streams for name in stream.config]
    return max([OLDEST_SERVER, *of_streams, *(_since(layouts, "consumer", n) for c in consumers for n in c.config)])


def _too_wide(consumer: ConsumerPlan, filter_: str) -> Gap:
    return Gap(
        rule="filter-too-wide",
        about=f"queue {consumer.queue}",
        property="several bindings",
        value=filter_,
        fidelity=Fidelity.APPROX,
        feature="one filter that takes all",
        since=OLDEST_SERVER,
        advice=_ONE_FILTER,
        at=consumer.at,
    )


def _since(layouts: LayoutsFile, part: str, name: str) -> Version:
    since = layouts.since.get(part, {}).get(name)
    return Version.parse(since) if since else OLDEST_SERVER
