from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from natsscan.model.finding import Category, Finding, Severity
from natsscan.model.usage import Operation, Tier
from natsscan.reports.words import number


@dataclass(frozen=True, slots=True)
class Totals:
    """Findings counted: by tier, category and operation, the files they are in, and their effort in story points."""

    findings: int
    files: int
    effort: int
    tiers: dict[Tier, int]
    categories: dict[Category, int]
    operations: dict[Operation, int]


def count(findings: Iterable[Finding]) -> Totals:
    """Count findings."""
    findings = tuple(findings)
    tiers = Counter(finding.usage.tier for finding in findings)
    categories = Counter(finding.category for finding in findings)
    operations = Counter(finding.usage.operation for finding in findings)
    return Totals(
        findings=len(findings),
        files=len({finding.usage.span.path for finding in findings}),
        effort=sum(finding.effort for finding in findings),
        tiers={tier: tiers[tier] for tier in Tier if tiers[tier]},
        categories={category: categories[category] for category in Category if categories[category]},
        operations={operation: operations[operation] for operation in Operation if operations[operation]},
    )


def by_service(findings: Iterable[Finding]) -> dict[str, tuple[Finding, ...]]:
    """Group findings by service; services sorted by name."""
    groups: dict[str, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(finding.usage.service, []).append(finding)
    return {service: tuple(groups[service]) for service in sorted(groups)}


def in_words(findings: Iterable[Finding]) -> str:
    """Count findings by severity: `3 findings (1 error, 2 warnings)`."""
    severities = Counter(finding.severity for finding in findings)
    parts = [number(severities[severity], severity) for severity in Severity if severities[severity]]
    total = number(severities.total(), "finding")
    return f"{total} ({', '.join(parts)})" if parts else total
