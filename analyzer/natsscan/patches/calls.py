"""What people have to write in programs, usage by usage, with the mapping's own subjects, streams and consumers."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from natsscan.model.finding import Finding
from natsscan.model.mapping import ConsumerPlan, Discipline, Gap, Mapping, PublisherPlan, filters_of
from natsscan.model.patch import Applicability, Patch, Stage, digest
from natsscan.model.source import FileKind
from natsscan.model.span import Span
from natsscan.model.usage import Operation, Usage

_STAGES = {
    Operation.DECLARE_QUEUE: Stage.PREPARE,
    Operation.DECLARE_EXCHANGE: Stage.PREPARE,
    Operation.BIND: Stage.PREPARE,
    Operation.CONNECT: Stage.PREPARE,
    Operation.PUBLISH: Stage.DUAL_PUBLISH,
    Operation.MESSAGE: Stage.DUAL_PUBLISH,
    Operation.CONSUME: Stage.SWITCH_CONSUMERS,
    Operation.GET: Stage.SWITCH_CONSUMERS,
    Operation.ACK: Stage.SWITCH_CONSUMERS,
    Operation.REJECT: Stage.SWITCH_CONSUMERS,
    Operation.QOS: Stage.SWITCH_CONSUMERS,
}
_MANY = 3
# Why code is not rewritten by itself, by language.
_REASONS = {
    FileKind.HASKELL: "Code is not rewritten by itself: what it does with a message decides what stands for it.",
    FileKind.PYTHON: (
        "Code is not rewritten by itself: nats-py waits in asyncio, up to whoever calls this, and what becomes of a "
        "message decides what stands for it."
    ),
}


def manual_patches(
    findings: Iterable[Finding], mapping: Mapping, also: Callable[[Usage], Iterable[str]] | None = None
) -> list[Patch]:
    """Return one manual patch for each usage of the broker's library in programs; `also` says more of a usage."""
    gaps: dict[Span, list[Gap]] = {}
    for gap in mapping.gaps:
        for span in gap.at:
            gaps.setdefault(span, []).append(gap)
    return [
        _patch(finding, mapping, gaps.get(finding.usage.span, []), also(finding.usage) if also else ())
        for finding in findings
        if finding.usage.language in _REASONS
    ]


def _patch(finding: Finding, mapping: Mapping, gaps: list[Gap], also: Iterable[str]) -> Patch:
    usage = finding.usage
    place = f"{usage.span.path}:{usage.span.line}"
    title = f"{place}: {usage.symbol} by hand"
    told = [*told_by(usage, mapping), *also, *(f"Must survive: {gap.property}. {gap.advice}" for gap in gaps[:_MANY])]
    if len(gaps) > _MANY:
        told.append(f"{len(gaps) - _MANY} more properties of it are in mapping.md.")
    return Patch(
        id=f"by-hand-{digest(finding.fingerprint.encode())[:8]}",
        title=title,
        stage=_STAGES.get(usage.operation, Stage.CUT_OVER),
        applicability=Applicability.MANUAL,
        reason=_REASONS[FileKind(usage.language)],
        service=usage.service,
        answers=(finding.fingerprint,),
        rules=(finding.rule,),
        at=(usage.span,),
        instructions=" ".join([f"{place}: {finding.message}.", *told]),
    )


def told_by(usage: Usage, mapping: Mapping) -> Iterable[str]:
    """Yield what the mapping has in the place of a usage."""
    for plan in mapping.publishers:
        if usage.span in plan.at and plan.discipline is not Discipline.DEAD_LETTER:
            yield _published(plan)
    for consumer in mapping.consumers:
        if usage.span in consumer.at:
            yield _consumed(consumer)


def _published(plan: PublisherPlan) -> str:
    if not plan.subject:
        return "Only the running program knows the subject."
    kept = (
        f", which stream {plan.stream} keeps; wait for its acknowledgement" if plan.stream else "; no stream keeps it"
    )
    headers = f" Headers: {'; '.join(plan.headers)}." if plan.headers else ""
    return f"Publish to `{plan.subject}`{kept}.{headers}"


def _consumed(plan: ConsumerPlan) -> str:
    filters = ", ".join(f"`{each}`" for each in filters_of(plan.config))
    kind = "durable" if plan.is_durable else "ephemeral"
    settle = f" Settle with {', '.join(plan.settle)}." if plan.settle else ""
    return f"Queue {plan.queue} is the {kind} consumer `{plan.name}` of stream {plan.stream}, for {filters}.{settle}"
