"""What natsscan knows, for people: the list of rules, and the page of one rule, rendered from the rule itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container

from natsscan.catalog.catalog import Catalog
from natsscan.catalog.schema import FindingRule
from natsscan.catalog.templates import environment
from natsscan.model.rule import RulePage


def render_list(catalog: Catalog) -> str:
    """Return the rules and libraries as two aligned lists."""
    width = max((len(rule.id) for rule in catalog.rules), default=0)
    rules = [_line(rule, width) for rule in catalog.rules]
    symbols = Counter(symbol.library for symbol in catalog.symbols.values())
    known = [f"{library.id}: {library.title} ({symbols[library.id]} symbols)" for library in catalog.libraries]
    gaps = sorted((gap.id, gap.fidelity.value, gap.property) for gap in catalog.target.gaps)
    width = max((len(name) for name, _, _ in gaps), default=0)
    properties = [f"{name:<{width}}  {fidelity:<6}  {title}" for name, fidelity, title in gaps]
    parts = [
        (f"{len(rules)} rules", rules),
        (f"{len(gaps)} properties and how much of each NATS keeps", properties),
        (f"{len(known)} libraries", sorted(known)),
    ]
    return "\n".join(line for title, lines in parts for line in (title, *lines, ""))


def render_page(rule: FindingRule) -> str:
    """Return a rule's page as Markdown."""
    return environment(final_newline=True).get_template("rule.md").render(rule=rule)


def rule_pages(catalog: Catalog, targets: Container[str]) -> tuple[RulePage, ...]:
    """Return the rules about systems other than `targets`, by their ids."""
    template = environment(final_newline=True).get_template("rule.md")
    rules = [rule for rule in catalog.rules if any(system not in targets for system in catalog.subjects(rule))]
    return tuple(
        RulePage(
            id=rule.id,
            title=rule.title,
            category=rule.category,
            severity=rule.severity,
            effort=rule.effort,
            tier=rule.when.tier,
            advice=rule.advice.strip(),
            page=template.render(rule=rule),
            links=rule.links,
        )
        for rule in sorted(rules, key=lambda rule: rule.id)
    )


def _line(rule: FindingRule, width: int) -> str:
    points = "point " if rule.effort == 1 else "points"
    return f"{rule.id:<{width}}  {rule.category:<9}  {rule.effort:>2} {points}  {rule.title}"
