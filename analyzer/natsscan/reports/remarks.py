"""What a change is told where people review it: new findings, and patches that they can take with a click."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from natsscan.model.comparison import Comparison
from natsscan.model.finding import Finding
from natsscan.model.outcome import Outcome
from natsscan.model.patch import Patch, Suggestion, digest
from natsscan.model.remark import Remark
from natsscan.patches.suggest import due, open_suggestions
from natsscan.reports.escape import fenced, markdown
from natsscan.reports.words import number

# How long a comment may be on GitHub, in characters; counted here in bytes of UTF-8, which are never fewer.
LONGEST = 65_536


def remarks(outcome: Outcome) -> tuple[Remark, ...]:
    """Return what is said of the lines that a change shows, by place; nothing without a change.

    Each new finding is told where the change shows its line, those of one line together. Each patch that is due is
    suggested if the change shows all the lines that it is about, since a part of one is worth nothing.
    """
    if outcome.comparison is None:
        return ()
    told = [*_of_findings(outcome, outcome.comparison), *_of_patches(outcome, outcome.comparison)]
    return tuple(sorted(told, key=lambda remark: (remark.path, remark.first, remark.last, remark.key)))


def _of_findings(outcome: Outcome, change: Comparison) -> Iterable[Remark]:
    targets = outcome.report.targets
    shown = [f for f in change.new if f.system not in targets and change.shows(*_line(f))]
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
    lines = [_marker(key)]
    length = len(lines[0])
    for above, finding in enumerate(findings):
        about = f"{finding.severity}, {finding.category}, {number(finding.effort, 'point')}"
        line = f"- `{finding.rule}` ({about}): {markdown(finding.message)}"
        length += len(line.encode()) + 1
        if length > LONGEST - 200:
            lines.append(f"- {len(findings) - above} more on this line; `natsscan -v` has them.")
            break
        lines.append(line)
    rules = dict.fromkeys(finding.rule for finding in findings)
    return "\n".join([*lines, "", f"`natsscan explain {next(iter(rules))}` says why it matters."])


def _suggested(patch: Patch, part: Suggestion, at: int, parts: int) -> Remark:
    """Return the remark that suggests one part of a patch."""
    key = digest("\0".join([patch.id, part.path, str(at), part.text]).encode())
    about = f"`{patch.id}` ({patch.applicability}): {markdown(patch.title)}. {markdown(patch.reason)}"
    together = f" **Part {at} of {parts} of one change: commit them together.**" if parts > 1 else ""
    block = fenced(part.text.replace("\r\n", "\n"), "suggestion")
    text = f"{_marker(key)}\n{about}{together}\n\n{block}"
    return Remark(key, part.path, part.first, part.last, text, part.text)


def _marker(key: str) -> str:
    """Return what is not shown and tells a remark of natsscan from what people write."""
    return f"<!-- natsscan:{key} -->"
