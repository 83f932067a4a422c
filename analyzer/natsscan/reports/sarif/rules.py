from __future__ import annotations

from collections.abc import Iterable

from natsscan.model.finding import Finding, Severity
from natsscan.model.rule import RulePage
from natsscan.model.usage import Tier
from natsscan.reports.sarif.schema import Configuration, Message, Rule, RuleProperties

_LONGEST_NAME = 255
_LONGEST_TEXT = 1024
_MOST_TAGS = 20
_PRECISION = {Tier.DIRECT: "very-high", Tier.INDIRECT: "high", Tier.MENTION: "medium"}
_PROBLEM = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "recommendation"}


def rules_of(pages: Iterable[RulePage], findings: Iterable[Finding]) -> list[Rule]:
    """Return the rules by their ids: those with a page, and those of findings that have none."""
    known = {page.id: page for page in pages}
    for finding in findings:
        known.setdefault(finding.rule, _unknown(finding))
    return [_rule(known[rule]) for rule in sorted(known)]


def _rule(page: RulePage) -> Rule:
    return Rule(
        id=page.id,
        name=_name(page.id),
        short_description=Message(_cut(page.title)),
        full_description=Message(_cut(page.advice)),
        help=Message(page.page, page.page),
        default_configuration=Configuration(page.severity),
        properties=RuleProperties(
            tags=["messaging", "migration", page.category.value, f"effort-{page.effort}"][:_MOST_TAGS],
            precision=_PRECISION[page.tier],
            problem_severity=_PROBLEM[page.severity],
        ),
        help_uri=page.links[0] if page.links else None,
    )


def _name(rule: str) -> str:
    """Return a name for a rule, which by the standard's conventions is not its id: `AmqpPublish`."""
    return "".join(word[:1].upper() + word[1:] for word in rule.split("-"))[:_LONGEST_NAME]


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_TEXT else text[: _LONGEST_TEXT - 1] + "…"


def _unknown(finding: Finding) -> RulePage:
    return RulePage(
        id=finding.rule,
        title=finding.rule,
        category=finding.category,
        severity=finding.severity,
        effort=finding.effort,
        tier=finding.usage.tier,
        advice=finding.rule,
        page=finding.rule,
        links=(),
    )
