"""The findings of a page, as the data that its script reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec
from markupsafe import Markup

from natsscan.catalog.escape import visible
from natsscan.model.finding import Category, Finding, Severity
from natsscan.model.inventory import Inventory, ShownPatch
from natsscan.model.patch import Applicability, Stage
from natsscan.model.usage import Operation

# How people call what it takes to make a patch.
APPLICABILITY = {
    Applicability.SAFE: "safe",
    Applicability.UNSAFE: "to read first",
    Applicability.MANUAL: "by hand",
}
NO_PATCH = "none"
# What would end or comment out the element that data stands in.
_BREAKING = str.maketrans({character: f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"})


class PatchRow(msgspec.Struct, frozen=True):
    """A patch that answers findings: where it is in the page (nowhere if it is by hand), and what it says."""

    id: str
    stage: Stage
    how: Applicability
    text: str


class FindingRow(msgspec.Struct, frozen=True, array_like=True):
    """A finding; `patches` are indices."""

    service: str
    severity: Severity
    category: Category
    operation: Operation
    path: str
    line: int
    message: str
    code: str
    rule: str
    effort: int
    symbol: str
    definition: str
    system: str
    patches: list[int]


class Data(msgspec.Struct, frozen=True):
    """All of it; `fields` names what stands where in a finding."""

    fields: tuple[str, ...]
    findings: list[FindingRow]
    patches: list[PatchRow]


@dataclass(frozen=True, slots=True)
class Facet:
    """A property that findings can be chosen by: its name in the address, its label, its values with their counts."""

    name: str
    label: str
    values: tuple[tuple[str, str, int], ...]


def page_data(inventory: Inventory) -> Markup:
    """Return the findings and their patches as JSON that can stand in an element of HTML, whatever is in them."""
    patches = inventory.patches
    answers = _answers(patches)
    data = Data(
        fields=FindingRow.__struct_fields__,
        findings=[_row(finding, answers.get(finding.fingerprint, [])) for finding in inventory.report.findings],
        patches=[_patch(shown) for shown in patches],
    )
    return embedded(data)


def embedded(data: msgspec.Struct) -> Markup:
    """Return data as JSON that can stand in an element of HTML, whatever is in it."""
    return Markup(msgspec.json.encode(data).decode().translate(_BREAKING))  # noqa: S704  # nothing in it is markup


def facets(inventory: Inventory) -> tuple[Facet, ...]:
    """Return what findings can be chosen by."""
    findings, patches = inventory.report.findings, inventory.patches
    answers = _answers(patches)
    services = Counter(visible(finding.usage.service) for finding in findings)
    severities = Counter(finding.severity for finding in findings)
    categories = Counter(finding.category for finding in findings)
    operations = Counter(finding.usage.operation for finding in findings)
    stages: Counter[str] = Counter()
    ways: Counter[str] = Counter()
    for finding in findings:
        own = [patches[at].patch for at in answers.get(finding.fingerprint, [])]
        stages.update({patch.stage for patch in own})
        ways.update({patch.applicability.value for patch in own} or {NO_PATCH})
    return (
        Facet("service", "Service", tuple((name, name, services[name]) for name in sorted(services))),
        Facet("severity", "Severity", tuple((s, s, severities[s]) for s in Severity if severities[s])),
        Facet("category", "Category", tuple((c, c, categories[c]) for c in Category if categories[c])),
        Facet("operation", "Operation", tuple((o, o, operations[o]) for o in Operation if operations[o])),
        Facet("stage", "Stage", tuple((s, s, stages[s]) for s in Stage if stages[s])),
        Facet(
            "patch",
            "Patch",
            (
                *((a, APPLICABILITY[a], ways[a]) for a in Applicability if ways[a]),
                *(((NO_PATCH, NO_PATCH, ways[NO_PATCH]),) if ways[NO_PATCH] else ()),
            ),
        ),
    )


def _answers(patches: Iterable[ShownPatch]) -> dict[str, list[int]]:
    """Return for the fingerprint of each finding the indices of the patches that answer it."""
    found: dict[str, list[int]] = {}
    for at, shown in enumerate(patches):
        for fingerprint in shown.patch.answers:
            found.setdefault(fingerprint, []).append(at)
    return found


def _row(finding: Finding, patches: list[int]) -> FindingRow:
    usage, span = finding.usage, finding.usage.span
    return FindingRow(
        service=visible(usage.service),
        severity=finding.severity,
        category=finding.category,
        operation=usage.operation,
        path=visible(span.path),
        line=span.line,
        message=visible(finding.message),
        code=visible(finding.excerpt.strip()),
        rule=finding.rule,
        effort=finding.effort,
        symbol=visible(usage.symbol),
        definition=visible(usage.definition or ""),
        system=finding.system,
        patches=patches,
    )


def _patch(shown: ShownPatch) -> PatchRow:
    patch = shown.patch
    is_manual = patch.applicability is Applicability.MANUAL
    text = patch.instructions.replace("\n", " ") if is_manual else patch.title
    return PatchRow("" if is_manual else f"patch-{patch.id}", patch.stage, patch.applicability, visible(text))
