"""Findings held against a baseline: growth is new, and what is gone is stale."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import replace

from natsscan.model.baseline import Known, Ratchet
from natsscan.model.finding import Finding
from natsscan.model.source import PROGRAMS
from natsscan.model.usage import Tier


def make_baseline(findings: Iterable[Finding]) -> tuple[Known, ...]:
    """Return the baseline that knows all direct uses of the broker; what follows from them is not counted."""
    counts = Counter(_key(finding) for finding in findings if _counts(finding))
    return tuple(Known(*key, count) for key, count in sorted(counts.items()))


def hold(findings: Iterable[Finding], baseline: Iterable[Known], in_scope: Callable[[str], bool]) -> Ratchet:
    """Hold findings against a baseline, as far as its entries are in scope.

    What is left over on both sides is paired once more: the same place in another file, as after a rename; another
    place of the same file and rule, as after a definition is renamed. Only growth is new.
    """
    counted = [finding for finding in findings if _counts(finding)]
    left = {entry: entry.count for entry in baseline if in_scope(entry.path)}
    new = set(range(len(counted)))
    for of_entry, of_key in (
        (lambda e: (e.path, e.place, e.rule), lambda key: key),
        (lambda e: (e.place, e.rule), lambda key: key[1:]),
        (lambda e: (e.path, e.rule), lambda key: (key[0], key[2])),
    ):
        _pair(counted, new, left, of_entry, of_key)
    return Ratchet(
        new=tuple(finding for at, finding in enumerate(counted) if at in new),
        known=tuple(finding for at, finding in enumerate(counted) if at not in new),
        stale=tuple(replace(entry, count=count) for entry, count in sorted(left.items()) if count),
    )


def prune(baseline: Iterable[Known], stale: Iterable[Known]) -> tuple[Known, ...]:
    """Return a baseline without what is stale; nothing is added."""
    gone = {(each.path, each.place, each.rule): each.count for each in stale}
    kept = (replace(each, count=each.count - gone.get((each.path, each.place, each.rule), 0)) for each in baseline)
    return tuple(each for each in kept if each.count > 0)


def _pair(
    findings: list[Finding],
    new: set[int],
    left: dict[Known, int],
    of_entry: Callable[[Known], Hashable],
    of_key: Callable[[tuple[str, str, str]], Hashable],
) -> None:
    """Pair findings that are not known yet with what is left of the baseline under the same key, in order."""
    waiting: defaultdict[Hashable, list[Known]] = defaultdict(list)
    for entry, count in left.items():
        waiting[of_entry(entry)] += [entry] * count
    for at in sorted(new):
        entries = waiting.get(of_key(_key(findings[at])))
        if entries:
            left[entries.pop(0)] -= 1
            new.discard(at)


def _counts(finding: Finding) -> bool:
    return finding.usage.tier is Tier.DIRECT


def _key(finding: Finding) -> tuple[str, str, str]:
    usage = finding.usage
    place = (usage.definition if usage.language in PROGRAMS else None) or usage.symbol
    return usage.span.path, place, finding.rule
