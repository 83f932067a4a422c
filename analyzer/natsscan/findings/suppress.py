from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from natsscan.catalog.secrets import Secrets
from natsscan.findings.redact import Notation, redact
from natsscan.model.coverage import Loss, Problem
from natsscan.model.finding import Finding, Suppressed

_COMMENT = re.compile(rb"(?:--|\{-|#|//|<!--|/\*)[ \t]*natsscan:[ \t]*ignore(?:\[([^\]\n]*)\])?[ \t]*([^\n]*)")
_ENDINGS = re.compile(r"\s*(?:-\}|-->|\*/)\s*$")


@dataclass(frozen=True, slots=True)
class Note:
    """A suppression in the code: the lines it covers, the rules it names (none: all) and its reason."""

    line: int
    covers: int
    rules: tuple[str, ...]
    reason: str


def suppress(
    findings: Iterable[Finding], notes: Mapping[str, tuple[Note, ...]]
) -> tuple[tuple[Finding, ...], tuple[Suppressed, ...], tuple[Problem, ...]]:
    """Set aside the findings that a comment `natsscan: ignore[rule] reason` covers; `notes` are those of each file.

    Returns the findings that stay, those set aside, and a problem for each comment that covers nothing.
    """
    kept: list[Finding] = []
    aside: list[Suppressed] = []
    used: set[tuple[str, int]] = set()
    for finding in findings:
        path = finding.usage.span.path
        note = next((note for note in notes.get(path, ()) if _covers(note, finding)), None)
        if note is None:
            kept.append(finding)
        else:
            used.add((path, note.line))
            aside.append(Suppressed(finding, note.reason, note.line))
    unused = tuple(
        Problem(path, note.line, "natsscan: ignore covers no finding here; remove it", Loss.NONE)
        for path, found in sorted(notes.items())
        for note in found
        if (path, note.line) not in used
    )
    return tuple(kept), tuple(aside), unused


def read_notes(data: bytes, secrets: Secrets) -> tuple[Note, ...]:
    """Return the suppressions that the comments of a file ask for.

    One covers its own line or, standing alone on a line, the next one. `ignore` without rules covers every rule.
    """
    if b"natsscan:" not in data:
        return ()
    found = []
    for number, line in enumerate(data.split(b"\n"), start=1):
        match = _COMMENT.search(line) if b"natsscan:" in line else None
        if match is None:
            continue
        alone = not line[: match.start()].strip()
        rules = tuple(
            rule.strip() for rule in (match.group(1) or b"").decode(errors="replace").split(",") if rule.strip()
        )
        reason = redact(secrets, _ENDINGS.sub("", match.group(2).decode(errors="replace")).strip(), Notation.TEXT)
        found.append(Note(number, number + 1 if alone else number, rules, reason))
    return tuple(found)


def _covers(note: Note, finding: Finding) -> bool:
    return finding.usage.span.line == note.covers and (not note.rules or finding.rule in note.rules)
