"""Changes a checklist in place: its ticks, and what natsscan says of each task below it; nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterable

from natsscan.checklist.read import BEGIN, END, lines_of, own_lines
from natsscan.model.checklist import Judgement, Review, Status

# What a tick says after a run: ticked, open, or, for the rest, as it was.
_TICKS = {
    Status.DONE: True,
    Status.TODO: False,
    Status.PARTIAL: False,
    Status.REGRESSED: False,
    Status.STALE: False,
}
_MARKER = re.compile(rb"[^\s>]")
_EVIDENCE = 3


def with_ticks(review: Review) -> bytes:
    """Return the document with each box as the tree, or a person, says; no other byte is changed."""
    data = bytearray(review.checklist.data)
    for judged in review.judgements:
        ticked = _TICKS.get(judged.status, judged.task.is_ticked or judged.attestation is not None)
        if judged.task.box is not None and ticked is not judged.task.is_ticked:
            data[judged.task.box : judged.task.box + 1] = b"x" if ticked else b" "
    return bytes(data)


def with_annotations(data: bytes, judgements: Iterable[Judgement]) -> bytes:
    """Return a document with what is to be said of each task below it, in the place of what was said before."""
    lines = lines_of(data)
    newline = b"\r\n" if lines and lines[0].endswith(b"\r\n") else b"\n"
    below = {judged.task.last: judged for judged in judgements}
    begins = {judged.task.last: judged.task.line for judged in judgements}
    parts: list[bytes] = []
    for number in own_lines(lines):
        line = lines[number]
        judged = below.get(number + 1)
        if judged is None:
            parts.append(line)
            continue
        parts.append(line if line.endswith((b"\n", b"\r")) else line + newline)
        prefix = _prefix(lines[begins[number + 1] - 1])
        parts += [prefix + text.encode() + newline for text in (BEGIN, *_said(judged), END)]
    return b"".join(parts)


def _prefix(line: bytes) -> bytes:
    """Return what lines begin with that belong to the task on a line: its indentation, with blanks for its mark."""
    end = line.find(b"[")
    mark = line[: end if end >= 0 else 0] or b"  "
    return _MARKER.sub(b" ", mark)


def _said(judged: Judgement) -> list[str]:
    said = [f"{judged.status}: {judged.reason}"]
    attestation = judged.attestation
    if attestation is not None:
        who = ", ".join(filter(None, (attestation.who, attestation.when, attestation.note)))
        said.append(f"attested: {who}")
    if judged.status is not Status.DONE:
        said += [f"- `{each.path}:{each.line}` {each.note}" for each in judged.evidence[:_EVIDENCE] if each.line]
    if judged.next_step:
        said.append(f"Next: {judged.next_step}")
    return [line.replace("<!--", "<! --").replace("-->", "-- >") for line in said]
