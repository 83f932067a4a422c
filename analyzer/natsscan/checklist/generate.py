"""Writes a checklist for what a scan finds: only for services, features and files that are there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from natsscan.catalog.escape import visible
from natsscan.catalog.markdown import inert
from natsscan.catalog.templates import environment
from natsscan.checklist.forgotten import grouped
from natsscan.checklist.tree import Tree
from natsscan.model.finding import Finding
from natsscan.model.mapping import Fidelity, Mapping
from natsscan.model.order import Part, Step
from natsscan.model.usage import Operation
from natsscan.nats.order import migration_order

_WORDS = {
    "Charts": ("charts/", "helm"),
    "Deployment": ("deploy/",),
    "Nix": ("nix/",),
    "CI": (".github/", ".gitlab", ".ci/"),
}
_OTHERS = "Elsewhere"
# What is to be done for calls of these operations, in the order in which it is done.
_TASKS: tuple[tuple[frozenset[Operation], str], ...] = (
    (frozenset({Operation.CONNECT, Operation.OPEN_CHANNEL}), "Replace {old} connection with {new} connection"),
    (
        frozenset({Operation.DECLARE_QUEUE, Operation.DECLARE_EXCHANGE, Operation.BIND}),
        "Convert queue declarations to {new} streams",
    ),
    (frozenset({Operation.PUBLISH}), "Replace {old} publishing with {new}"),
    (frozenset({Operation.CONSUME, Operation.GET}), "Replace AMQP subscribe with {new} subscribe"),
    (frozenset({Operation.ACK, Operation.REJECT}), "Update acknowledgment logic"),
    (frozenset({Operation.ADMIN}), "Replace management API calls"),
)


def generate_checklist(tree: Tree, mapping: Mapping) -> str:
    """Return a checklist in Markdown: services in the order in which they can move, features and files in use."""
    order = migration_order(tree.report.topology, tree.old)
    old, new = tree.catalog.broker.title, ", ".join(tree.report.targets.values())
    templates = environment()
    templates.filters |= {"md": _plain, "code": _code}
    code = [finding for finding in tree.old if tree.is_program(finding.usage.span.path)]
    return templates.get_template("checklist.md").render(
        title=tree.report.root,
        old=old,
        new=new,
        mapping=mapping,
        order=[step.name for step in order],
        effort=sum(finding.effort for finding in tree.old),
        libraries=[step for step in order if step.part is Part.LIBRARY],
        services=[step for step in order if step.part is Part.SERVICE],
        service_tasks=lambda step: _service_tasks(step, [f for f in code if f.usage.service == step.name], old, new),
        features=_features(mapping),
        infrastructure=_infrastructure(tree, [f for f in tree.old if not tree.is_program(f.usage.span.path)]),
    )


def _service_tasks(step: Step, findings: Sequence[Finding], old: str, new: str) -> str:
    """Return the tasks of a service: what it does, then its files."""
    operations = {finding.usage.operation for finding in findings}
    lines = [f"- [ ] {text.format(old=old, new=new)}" for which, text in _TASKS if which & operations]
    lines += [f"- [ ] Consume `{queue}` from {new}" for queue in map(_code, step.consumes)]
    lines += [f"- [ ] Update `{_code(path)}`" for path in sorted({f.usage.span.path for f in findings if f.effort})]
    lines.append("- [ ] Support both " + f"{old} and {new}")
    lines.append("- [ ] Test message delivery")
    return "\n".join(lines)


def _features(mapping: Mapping) -> list[tuple[str, list[str]]]:
    """Return what NATS has differently or not at all, one heading for each property that is in use."""
    lost = [gap for gap in mapping.gaps if gap.fidelity is not Fidelity.EXACT]
    found = []
    for name, gaps in groupby(sorted(lost, key=lambda gap: gap.property), key=lambda gap: gap.property):
        each = list(gaps)
        tasks = sorted({f"Decide how {_plain(gap.about)} keeps it: {_plain(gap.advice)}" for gap in each})
        found.append((name, tasks))
    return found


def _infrastructure(tree: Tree, findings: Iterable[Finding]) -> list[tuple[str, list[str]]]:
    paths = sorted({grouped(finding.usage.span.path, tree.kinds) for finding in findings})
    found: dict[str, list[str]] = {}
    for path in paths:
        heading = next((name for name, starts in _WORDS.items() if path.startswith(starts)), _OTHERS)
        found.setdefault(heading, []).append(path)
    return [(name, found[name]) for name in (*_WORDS, _OTHERS) if name in found]


def _plain(text: str) -> str:
    """Return text from code such that Markdown only shows it, on one line."""
    return "".join(f"\\{c}" if c in "\\*_[]<>`" else c for c in inert(text))


def _code(text: str) -> str:
    return visible(text).replace("`", "'")
