"""Patches before anything is tried of them: what they are called, and the findings that they are about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from natsscan.model.finding import Finding
from natsscan.model.mapping import Mapping
from natsscan.model.patch import Applicability, Patch, Stage, digest
from natsscan.patches.calls import told_by


def about(
    stage: Stage, applicability: Applicability, title: str, reason: str, service: str, findings: Sequence[Finding]
) -> Patch:
    """Return a patch about some findings, without any edit."""
    answers = tuple(dict.fromkeys(finding.fingerprint for finding in findings))
    rules = tuple(sorted({finding.rule for finding in findings}))
    at = tuple(dict.fromkeys(finding.usage.span for finding in findings))
    return Patch(
        f"{stage}-{digest(title.encode())[:8]}", title, stage, applicability, reason, service, answers, rules, at
    )


def by_hand(path: str, reason: str, findings: Sequence[Finding], mapping: Mapping) -> Patch:
    """Return the manual patch for findings in one file, with what the mapping has in the place of each call."""
    lines = ", ".join(dict.fromkeys(str(finding.usage.span.line) for finding in findings))
    patch = about(Stage.CUT_OVER, Applicability.MANUAL, f"{path}: by hand", reason, findings[0].usage.service, findings)
    calls = (finding.usage for finding in findings if finding.usage.is_call)
    told = dict.fromkeys(text for usage in calls for text in told_by(usage, mapping))
    text = " ".join([f"{path}, lines {lines}: {reason}", *told])
    return replace(patch, instructions=text, id=f"{patch.id}-{digest(reason.encode())[:6]}")
