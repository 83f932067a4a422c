"""What both documents of an inventory show, in the order in which they show it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from natsscan.checklist.review import leaves
from natsscan.checklist.understand import shared_sections
from natsscan.model.checklist import Judgement, Review
from natsscan.model.finding import Finding, Severity
from natsscan.model.inventory import Inventory, ShownPatch
from natsscan.model.mapping import Fidelity, Gap
from natsscan.model.order import Step
from natsscan.model.patch import Applicability, Stage
from natsscan.model.usage import Tier
from natsscan.reports.checklist import Progress, progress
from natsscan.reports.inventory.flows import ExchangePart, QueuePart, exchange_parts, queue_parts
from natsscan.reports.totals import Totals, by_service, count


@dataclass(frozen=True, slots=True)
class Done:
    """How many tasks of a checklist are finished, of how many."""

    finished: int
    total: int


@dataclass(frozen=True, slots=True)
class ServicePart:
    """A part of the code base: what it does, what it takes to move it, and what of that is left.

    `number` is its place in the order of migration, None for what only configures or deploys. `done` and `left` are
    about the checklist; without one there are none.
    """

    name: str
    number: int | None
    step: Step | None
    findings: tuple[Finding, ...]
    totals: Totals
    patches: Counter[Applicability]
    gaps: tuple[Gap, ...]
    done: Done | None
    left: tuple[Judgement, ...]

    @property
    def severities(self) -> dict[Severity, int]:
        """How many findings have which severity, the most severe first."""
        counts = Counter(finding.severity for finding in self.findings)
        return {severity: counts[severity] for severity in Severity if counts[severity]}


@dataclass(frozen=True, slots=True)
class GapGroup:
    """Gaps of one rule, which are lost or kept alike."""

    first: Gap
    gaps: tuple[Gap, ...]


@dataclass(frozen=True, slots=True)
class StagePart:
    """The patches of a stage by what it takes to make them."""

    stage: Stage
    patches: dict[Applicability, tuple[ShownPatch, ...]]


@dataclass(frozen=True, slots=True)
class TaskSection:
    """The tasks of a checklist below one heading, all in order."""

    title: str
    judgements: tuple[Judgement, ...]


@dataclass(frozen=True, slots=True)
class Parts:
    """All of it."""

    inventory: Inventory
    totals: Totals
    services: tuple[ServicePart, ...]
    exchanges: tuple[ExchangePart, ...]
    queues: tuple[QueuePart, ...]
    gaps: dict[Fidelity, tuple[GapGroup, ...]]
    stages: tuple[StagePart, ...]
    done: Done | None
    progress: tuple[Progress, ...]
    tasks: tuple[TaskSection, ...]

    @property
    def moving(self) -> tuple[ServicePart, ...]:
        """The services and libraries, in the order in which they move."""
        return tuple(service for service in self.services if service.number is not None)

    @property
    def beside(self) -> int:
        """The effort for what only configures, builds and deploys them."""
        return sum(service.totals.effort for service in self.services if service.number is None)

    @property
    def patches(self) -> Counter[Applicability]:
        """How many patches there are by what it takes to make them."""
        return Counter(shown.patch.applicability for shown in self.inventory.patches)

    @property
    def fidelities(self) -> Counter[Fidelity]:
        """How many properties NATS keeps how well."""
        return Counter(gap.fidelity for gap in self.inventory.mapping.gaps)


def parts_of(inventory: Inventory) -> Parts:
    """Return what the documents show of an inventory."""
    queues = queue_parts(inventory.report.topology, inventory.mapping)
    review = inventory.review
    return Parts(
        inventory=inventory,
        totals=count(_work(inventory.report.to_migrate.findings)),
        services=_services(inventory),
        exchanges=exchange_parts(inventory, queues),
        queues=queues,
        gaps=_gaps(inventory.mapping.gaps),
        stages=_stages(inventory.patches),
        done=_done(leaves(review.judgements)) if review else None,
        progress=progress(review) if review else (),
        tasks=_tasks(review) if review else (),
    )


def _work(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings that are work: mentions are none."""
    return tuple(finding for finding in findings if finding.usage.tier is not Tier.MENTION)


def _services(inventory: Inventory) -> tuple[ServicePart, ...]:
    """Return the parts that move, in their order, then what configures and deploys them, by name."""
    findings = by_service(inventory.report.to_migrate.findings)
    steps = {step.name: (number, step) for number, step in enumerate(inventory.order, start=1)}
    patches: dict[str, Counter[Applicability]] = {}
    for shown in inventory.patches:
        patches.setdefault(shown.patch.service, Counter())[shown.patch.applicability] += 1
    tasks: dict[str, list[Judgement]] = {}
    for judged in leaves(inventory.review.judgements) if inventory.review else ():
        tasks.setdefault(judged.service, []).append(judged)
    found = []
    for name in (*steps, *(name for name in findings if name not in steps)):
        number, step = steps.get(name, (None, None))
        own = tasks.get(name, [])
        found.append(
            ServicePart(
                name=name,
                number=number,
                step=step,
                findings=findings.get(name, ()),
                totals=count(_work(findings.get(name, ()))),
                patches=patches.get(name, Counter()),
                gaps=tuple(gap for gap in inventory.mapping.gaps if gap.about.startswith(f"{name}, ")),
                done=_done(own) if own else None,
                left=tuple(judged for judged in own if not judged.is_finished),
            )
        )
    return tuple(found)


def _done(judgements: Iterable[Judgement]) -> Done:
    finished = [judged.is_finished for judged in judgements]
    return Done(sum(finished), len(finished))


def _gaps(gaps: Iterable[Gap]) -> dict[Fidelity, tuple[GapGroup, ...]]:
    """Group gaps by what is left of the property, the worst first, and by rule."""
    groups: dict[tuple[Fidelity, str, str], list[Gap]] = {}
    for gap in gaps:
        groups.setdefault((gap.fidelity, gap.rule, gap.property), []).append(gap)
    return {
        fidelity: tuple(GapGroup(each[0], tuple(each)) for key, each in groups.items() if key[0] is fidelity)
        for fidelity in sorted(Fidelity, key=lambda each: each.rank)
    }


def _stages(patches: Iterable[ShownPatch]) -> tuple[StagePart, ...]:
    patches = tuple(patches)
    return tuple(
        StagePart(
            stage,
            {
                applicability: tuple(
                    shown
                    for shown in patches
                    if shown.patch.stage is stage and shown.patch.applicability is applicability
                )
                for applicability in Applicability
            },
        )
        for stage in Stage
        if any(shown.patch.stage is stage for shown in patches)
    )


def _tasks(review: Review) -> tuple[TaskSection, ...]:
    shared = len(shared_sections(review.checklist.tasks))
    sections: dict[str, list[Judgement]] = {}
    for judged in review.judgements:
        sections.setdefault(" › ".join(judged.task.sections[shared:]) or "(no heading)", []).append(judged)
    return tuple(TaskSection(title, tuple(each)) for title, each in sections.items())
