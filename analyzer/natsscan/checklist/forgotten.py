"""Work that no task of a checklist covers: files with uses of the broker, and queues."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from natsscan.checklist.tree import Tree, folded
from natsscan.checklist.understand import Understood, shared_sections
from natsscan.checklist.verdicts import belongs
from natsscan.model.checklist import Evidence, Proposal
from natsscan.model.finding import Finding
from natsscan.model.mapping import ConsumerPlan
from natsscan.model.topology import SERVER_NAMED
from natsscan.source.kinds import Kinds

_SHOWN = 3
_ELSEWHERE = "Elsewhere"


def proposals(tasks: Sequence[Understood], tree: Tree, consumers: Iterable[ConsumerPlan]) -> tuple[Proposal, ...]:
    """Return a task for each file of a program, each folder of other files and each queue that no task is about.

    A task covers what it names, and a folder all that is below. `consumers` are those that take the place of queues.
    """
    named = tuple(dict.fromkeys(each for task in tasks for each in task.there))
    text = folded(" ".join(task.task.text for task in tasks))
    sections = _sections(tasks)
    files: dict[str, list[Finding]] = {}
    for finding in tree.old:
        path = finding.usage.span.path
        if finding.effort and not any(each.covers(path) for each in named):
            files.setdefault(path if tree.is_program(path) else grouped(path, tree.kinds), []).append(finding)
    found = []
    for group, findings in sorted(files.items()):
        paths = {finding.usage.span.path for finding in findings}
        path = paths.pop() if len(paths) == 1 else group
        services = Counter(finding.usage.service for finding in findings)
        service = min(services, key=lambda name: (-services[name], name))
        places = tuple(Evidence(f.usage.span.path, f.usage.span.line, f.message) for f in findings[:_SHOWN])
        number = f"{len(findings)} {'use' if len(findings) == 1 else 'uses'} of {tree.catalog.broker.title}"
        found.append(Proposal(_section(path, service, sections), f"Update `{path}` ({number})", places))
    for consumer in sorted(consumers, key=lambda each: each.queue):
        if consumer.queue != SERVER_NAMED and folded(consumer.queue) not in text:
            places = tuple(Evidence(span.path, span.line, "consumes it") for span in consumer.at[:_SHOWN])
            service = next(iter(consumer.services), "")
            said = f"Move queue `{consumer.queue}` to consumer `{consumer.name}` of stream `{consumer.stream}`"
            found.append(Proposal(_section("", service, sections), said, places))
    return tuple(sorted(found, key=lambda each: (each.section == _ELSEWHERE, each.section, each.text)))


def grouped(path: str, kinds: Kinds) -> str:
    """Return what a file that is no program is told with: its chart, else its folder, else itself."""
    chart = kinds.chart_of(path)
    if chart:
        return f"{chart}/"
    parts = path.split("/")
    return "/".join(parts[:2]) + ("/" if len(parts) > 2 else "")


def _sections(tasks: Sequence[Understood]) -> dict[str, str]:
    """Return, for each service, the section with the most tasks about it."""
    counts: dict[str, Counter[str]] = {}
    shared = shared_sections([task.task for task in tasks])
    for task in tasks:
        section = " > ".join(text for text in task.task.sections if text not in shared)
        if task.service and section:
            counts.setdefault(task.service, Counter())[section] += 1
    return {name: min(counted, key=lambda s: (-counted[s], s)) for name, counted in counts.items()}


def _section(path: str, service: str, sections: dict[str, str]) -> str:
    if service in sections:
        return sections[service]
    return next((section for name, section in sorted(sections.items()) if belongs(path, service, name)), _ELSEWHERE)
