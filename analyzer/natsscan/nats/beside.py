"""What code does and configures beside the messaging system itself, as far as a mapping depends on it."""

from __future__ import annotations

from collections.abc import Iterable

from natsscan.catalog.target import Target
from natsscan.model.mapping import Beside
from natsscan.model.span import Span
from natsscan.model.usage import Tier, Usage
from natsscan.nats.gaps import fitting, of_usage
from natsscan.nats.vhosts import vhosts_of


def beside(usages: Iterable[Usage], target: Target) -> Beside:
    """Return what usages of the system migrated from tell beside it, each given once; mentions count for nothing."""
    usages = tuple(usages)
    rules = [rule for rule in target.gaps if rule.about == "code"]
    configured: dict[str, str | None] = {}
    places: dict[str, dict[Span, str]] = {}
    for usage in usages:
        for argument in usage.arguments:
            for hole in argument.value.holes if argument.value else ():
                if hole.key is not None:
                    configured[hole.key] = hole.default
        for rule, value in fitting(of_usage(usage), rules) if usage.tier is not Tier.MENTION else ():
            places.setdefault(rule.id, {})[usage.span] = value
    return Beside(configured, {rule: tuple(sorted(at.items())) for rule, at in places.items()}, vhosts_of(usages))


def join(left: Beside, right: Beside) -> Beside:
    """Return what two code bases tell together. A value that both do not agree on is not known."""
    same = {
        key: value
        for key, value in left.configured.items()
        if key in right.configured and right.configured[key] == value
    }
    either = left.configured | right.configured
    both = left.configured.keys() & right.configured.keys()
    rules = sorted({*left.places, *right.places})
    return Beside(
        {key: same.get(key) if key in both else either[key] for key in sorted(either)},
        {rule: tuple(sorted({*left.places.get(rule, ()), *right.places.get(rule, ())})) for rule in rules},
        tuple(sorted({*left.vhosts, *right.vhosts})),
    )
