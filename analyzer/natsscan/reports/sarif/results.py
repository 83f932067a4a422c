from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from natsscan.catalog.escape import visible
from natsscan.model.comparison import State
from natsscan.model.finding import Finding, Suppressed
from natsscan.model.outcome import Outcome
from natsscan.model.patch import Patch
from natsscan.patches.suggest import due, open_suggestions
from natsscan.reports.sarif.places import Places, artifact
from natsscan.reports.sarif.schema import (
    ArtifactChange,
    Fix,
    Location,
    Message,
    Result,
    ResultProperties,
    Suppression,
)

_MOST_LOCATIONS = 1000


@dataclass(frozen=True, slots=True)
class Item:
    """A finding that becomes a result; `aside` if a comment sets it aside, `state` if something was compared."""

    finding: Finding
    aside: Suppressed | None = None
    state: State | None = None


def items_of(outcome: Outcome) -> list[Item]:
    """Return what becomes a result, the most severe first; what is set aside or gone comes last."""
    is_compared = bool(outcome.states or outcome.gone or outcome.comparison)
    kept = outcome.report.to_migrate.findings
    found = [Item(finding, None, outcome.states.get(finding.fingerprint)) for finding in kept]
    found += [Item(each.finding, each) for each in outcome.report.suppressed]
    found += [Item(finding, None, State.ABSENT) for finding in outcome.gone]
    targets = outcome.report.targets
    found = [item for item in found if item.finding.system not in targets]
    if is_compared:
        found = [Item(item.finding, item.aside, item.state or State.UNCHANGED) for item in found]
    return sorted(found, key=_order)


def _order(item: Item) -> tuple[bool, bool, int, str, int, int, str, str]:
    span = item.finding.usage.span
    return (
        item.state is State.ABSENT,
        item.aside is not None,
        item.finding.severity.rank,
        *(span.path, span.line, span.column),
        *(item.finding.rule, item.finding.fingerprint),
    )


def results(items: Iterable[Item], outcome: Outcome, rules: Mapping[str, int]) -> list[Result]:
    """Return results. `rules` are the indices of rules by their ids.

    The first finding that a patch answers has it as a fix, if it can be made now and is nothing but edits; those that
    patches of any stage answer name them.
    """
    places = Places(outcome.read)
    answering: dict[str, list[str]] = {}
    for patch in outcome.patches:
        for fingerprint in patch.answers:
            answering.setdefault(fingerprint, []).append(patch.id)
    waiting: dict[str, list[Patch]] = {}
    for patch in due(outcome.patches):
        for fingerprint in patch.answers:
            waiting.setdefault(fingerprint, []).append(patch)
    fixed: set[str] = set()
    found = []
    for item in items:
        fingerprint = item.finding.fingerprint
        mine = [] if item.aside or item.state is State.ABSENT else waiting.get(fingerprint, [])
        fixes = [fix for patch in mine if patch.id not in fixed and (fix := _fix(patch, outcome, places))]
        fixed.update(patch.id for patch in mine)
        found.append(_result(item, places, rules[item.finding.rule], answering.get(fingerprint, []), fixes))
    return found


def _result(item: Item, places: Places, rule: int, patches: list[str], fixes: list[Fix]) -> Result:
    finding, span = item.finding, item.finding.usage.span
    is_gone = item.state is State.ABSENT
    prints = {"natsscan/v1": finding.fingerprint}
    line_hash = None if is_gone else places.line_hash(span)
    if line_hash is not None:
        prints["primaryLocationLineHash"] = line_hash
    location = places.location(span)
    arguments = [argument for argument in finding.usage.arguments if argument.span not in (None, span)]
    related = [
        Location(places.location(argument.span), at, Message(_plain(f"{argument.name}: {argument.text}")))
        for at, argument in enumerate(arguments, start=1)
        if argument.span is not None and at < _MOST_LOCATIONS
    ]
    away = [
        f"[{argument.name}]({at})"
        for at, argument in enumerate(arguments[: _MOST_LOCATIONS - 1], start=1)
        if argument.span is not None and (argument.span.path, argument.span.line) != (span.path, span.line)
    ]
    see = f" (see {', '.join(away)})" if away else ""
    return Result(
        rule_id=finding.rule,
        rule_index=rule,
        level=finding.severity,
        message=Message(f"{_plain(finding.message) or finding.rule}{see}"),
        locations=[Location(location)],
        partial_fingerprints=prints,
        suppressions=_suppressions(item.aside),
        properties=ResultProperties(
            category=finding.category,
            effort=finding.effort,
            operation=finding.usage.operation,
            symbol=finding.usage.symbol,
            service=finding.usage.service,
            patches=patches,
            locations_left_out=max(len(arguments) - _MOST_LOCATIONS + 1, 0),
        ),
        baseline_state=item.state,
        related_locations=related or None,
        fixes=fixes or None,
    )


def _suppressions(aside: Suppressed | None) -> list[Suppression]:
    return [Suppression("inSource", "accepted", aside.reason or None)] if aside is not None else []


def _fix(patch: Patch, outcome: Outcome, places: Places) -> Fix | None:
    """Return a patch as a fix; None if it is more than edits, or would show a secret."""
    if not open_suggestions(patch, outcome.read, outcome.redact):
        return None
    changes = []
    for path in sorted({edit.path for edit in patch.edits}):
        made = [places.replacement(edit) for edit in sorted(patch.edits, key=lambda e: e.start) if edit.path == path]
        replacements = [replacement for replacement in made if replacement is not None]
        if len(replacements) < len(made):
            return None
        changes.append(ArtifactChange(artifact(path), replacements))
    return Fix(Message(_plain(f"{patch.title} ({patch.stage}, {patch.applicability}): {patch.reason}")), changes)


def _plain(text: str) -> str:
    """Return text such that no viewer takes a part of it for a link."""
    return visible(" ".join(text.split())).replace("](", "] (")
