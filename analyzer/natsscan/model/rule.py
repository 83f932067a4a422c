from __future__ import annotations

from dataclasses import dataclass

from natsscan.model.finding import Category, Severity
from natsscan.model.usage import Tier


@dataclass(frozen=True, slots=True)
class RulePage:
    """What people read about a rule. `advice` is its reason as Markdown, `page` the whole page with its cases.

    `tier` is that of the usages it fires on, `links` where to read on.
    """

    id: str
    title: str
    category: Category
    severity: Severity
    effort: int
    tier: Tier
    advice: str
    page: str
    links: tuple[str, ...]
