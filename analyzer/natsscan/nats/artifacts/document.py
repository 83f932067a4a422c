"""`mapping.md`: the mapping for a reviewer."""

from __future__ import annotations

from natsscan.catalog.markdown import cell, code, prose
from natsscan.catalog.templates import environment
from natsscan.model.mapping import OLDEST_SERVER, Discipline, Fidelity, Gap, Mapping, PublisherPlan, filters_of

_HEADINGS = {
    Fidelity.NONE: "Nothing keeps these",
    Fidelity.APPROX: "Kept with a difference",
    Fidelity.CONFIG: "Kept, if set up so",
    Fidelity.EXACT: "Kept",
}


def render(mapping: Mapping, title: str) -> str:
    """Return the document."""
    templates = environment()
    templates.filters |= {"text": prose, "code": code, "cell": cell}
    templates.filters["days"] = duration
    return templates.get_template("mapping.md").render(
        mapping=mapping,
        title=title,
        oldest=OLDEST_SERVER,
        how=how,
        reached={filter_ for consumer in mapping.consumers for filter_ in filters_of(consumer.config)},
        gaps=[(heading, by_rule(mapping, fidelity)) for fidelity, heading in _HEADINGS.items()],
    )


def how(publisher: PublisherPlan) -> str:
    """Return in words how a publisher publishes."""
    match publisher.discipline:
        case Discipline.JETSTREAM:
            return "JetStream, wait for the acknowledgement"
        case Discipline.CORE:
            return "core publish, no stream keeps it"
        case Discipline.REQUEST:
            return "JetStream, the inbox for the reply in the header Reply-To"
        case Discipline.DELAYED:
            return (
                f"JetStream; with a delay to `{publisher.schedule}`, "
                "with the headers Nats-Schedule and Nats-Schedule-Target"
            )
        case Discipline.DEAD_LETTER:
            return "dead letters: JetStream with a message id, then terminate the message"


def by_rule(mapping: Mapping, fidelity: Fidelity) -> list[tuple[Gap, list[Gap]]]:
    """Return the gaps of one fidelity, those of one rule together, the first of each beside all of them."""
    found: dict[str, list[Gap]] = {}
    for gap in mapping.gaps:
        if gap.fidelity is fidelity:
            found.setdefault(gap.rule, []).append(gap)
    return [(gaps[0], gaps) for gaps in found.values()]


def duration(nanoseconds: object) -> str:
    """Return a duration as people write it: `30m`."""
    if not isinstance(nanoseconds, int) or nanoseconds == 0:
        return "no limit"
    for unit, size in (("h", 3600 * 10**9), ("m", 60 * 10**9), ("s", 10**9), ("ms", 10**6)):
        if nanoseconds % size == 0:
            return f"{nanoseconds // size}{unit}"
    return f"{nanoseconds}ns"
