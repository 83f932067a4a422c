"""What a change is told where people review it: new findings, and patches that they can take with a click."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from natsscan.catalog.markdown import fenced, prose_with_code
from natsscan.model.comparison import Comparison, Fate, PropertyChange
from natsscan.model.finding import Finding
from natsscan.model.outcome import Outcome
from natsscan.model.patch import Patch, Suggestion, digest
from natsscan.model.remark import Remark
from natsscan.model.usage import Tier
from natsscan.patches.suggest import due, open_suggestions
from natsscan.reports.words import number

# How long a comment may be on GitHub, in characters; counted here in bytes of UTF-8, which are never fewer.
LONGEST = 65_536


def remarks(outcome: Outcome) -> tuple[Remark, ...]:
    """Return what is said of the lines that a change shows, by place; nothing without a change.

    Each guarantee that is lost is told at a line that the change deletes, if one of its places is there. Each new
    direct use is told where the change shows its line; what is about one line is told together. Each patch that is due
    is suggested if the change shows all the lines that it is about, since a part of one is worth nothing.
    """
    if outcome.comparison is None:
        return ()
    change = outcome.comparison
    told = [*_of_losses(change), *_of_findings(outcome, change), *_of_patches(outcome, change)]
    return tuple(sorted(told, key=lambda r: (r.path, r.first, r.last, not r.is_deleted, r.key)))


def _of_losses(change: Comparison) -> Iterable[Remark]:
    by_line: dict[tuple[str, int], list[PropertyChange]] = {}
    for lost in change.of_fate(Fate.LOST):
        places = ((change.moved.get(span.path, span.path), span.line) for span in lost.at)
        place = next((each for each in places if each[1] in change.deleted.get(each[0], ())), None)
        if place is not None:
            by_line.setdefault(place, []).append(lost)
    for (path, line), losses in by_line.items():
        key = digest("\0".join(f"{each.about}\0{each.property}" for each in losses).encode())
        lines = [
            f"- {prose_with_code(each.about)}: {prose_with_code(_lost(each))}. {prose_with_code(each.advice)}"
            for each in losses
        ]
        text = "\n".join([_marker(key), "This goes, and nothing on NATS keeps it:", "", *_fitting(lines)])
        yield Remark(key, path, line, line, text, is_deleted=True)


def _lost(change: PropertyChange) -> str:
    return f"{change.property}: {change.before}" if change.before else change.property


def _fitting(lines: list[str]) -> list[str]:
    """Return the first lines, as many as a comment holds beside its marker and a closing line, and how many more."""
    length = 0
    kept: list[str] = []
    for line in lines:
        length += len(line.encode()) + 1
        if length > LONGEST - 400:
            return [*kept, f"- {len(lines) - len(kept)} more on this line; `natsscan diff -v` has them."]
        kept.append(line)
    return kept


def _of_findings(outcome: Outcome, change: Comparison) -> Iterable[Remark]:
    targets = outcome.report.targets
    direct = [f for f in change.new if f.system not in targets and f.usage.tier is Tier.DIRECT]
    shown = [finding for finding in direct if change.shows(*_line(finding))]
    for (path, line, _), group in groupby(sorted(shown, key=_place), key=_line):
        findings = sorted(group, key=lambda finding: (finding.severity.rank, _place(finding)))
        key = digest("\0".join(sorted(finding.fingerprint for finding in findings)).encode())
        yield Remark(key, path, line, line, _told(key, findings))


def _of_patches(outcome: Outcome, change: Comparison) -> Iterable[Remark]:
    for patch in due(outcome.patches):
        parts = open_suggestions(patch, outcome.read, outcome.redact)
        if not all(change.shows(part.path, part.first, part.last) for part in parts):
            continue
        made = [_suggested(patch, part, at, len(parts)) for at, part in enumerate(parts, start=1)]
        if all(len(remark.text.encode()) <= LONGEST for remark in made):
            yield from made


def _line(finding: Finding) -> tuple[str, int, int]:
    """Return the file of a finding, and its line as the first and last one."""
    span = finding.usage.span
    return span.path, span.line, span.line


def _place(finding: Finding) -> tuple[str, int, int, str, str]:
    span = finding.usage.span
    return span.path, span.line, span.column, finding.rule, finding.fingerprint


def _told(key: str, findings: list[Finding]) -> str:
    """Return the remark about the findings of one line, as many as fit."""
    lines = [f"- `{each.rule}` ({_weight(each)}): {prose_with_code(each.message)}" for each in findings]
    return "\n".join(
        [_marker(key), *_fitting(lines), "", f"`natsscan explain {findings[0].rule}` says why it matters."]
    )


def _weight(finding: Finding) -> str:
    return f"{finding.severity}, {finding.category}, {number(finding.effort, 'point')}"


def _suggested(patch: Patch, part: Suggestion, at: int, parts: int) -> Remark:
    """Return the remark that suggests one part of a patch."""
    key = digest("\0".join([patch.id, part.path, str(at), part.text]).encode())
    about = f"`{patch.id}` ({patch.applicability}): {prose_with_code(patch.title)}. {prose_with_code(patch.reason)}"
    together = f" **Part {at} of {parts} of one change: commit them together.**" if parts > 1 else ""
    block = fenced(part.text.replace("\r\n", "\n"), "suggestion")
    text = f"{_marker(key)}\n{about}{together}\n\n{block}"
    return Remark(key, part.path, part.first, part.last, text, part.text)


def _marker(key: str) -> str:
    """Return what is not shown and tells a remark of natsscan from what people write."""
    return f"<!-- natsscan:{key} -->"
