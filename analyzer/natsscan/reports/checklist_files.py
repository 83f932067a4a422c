"""A judged checklist for programs and documents: JSON, Markdown, HTML and CSV."""

from __future__ import annotations

import csv
from collections import Counter
from functools import partial
from io import StringIO

import msgspec
from markupsafe import Markup, escape

from natsscan.catalog.escape import csv_cell, json_text, visible
from natsscan.catalog.markdown import cell, code, prose_with_code
from natsscan.catalog.templates import environment
from natsscan.checklist.review import moves
from natsscan.model.checklist import Evidence, Judgement, Review, Status
from natsscan.reports.checklist import counted, progress
from natsscan.reports.inventory.templates import shown

SCHEMA_VERSION = 1
_COLUMNS = ("id", "line", "section", "service", "task", "ticked", "status", "reason", "next", "evidence", "patches")


class EvidenceEntry(msgspec.Struct, frozen=True):
    """A place that shows it."""

    path: str
    line: int
    note: str


class AttestationEntry(msgspec.Struct, frozen=True):
    """What a person says."""

    who: str
    when: str
    note: str


class TaskEntry(msgspec.Struct, frozen=True, omit_defaults=True):
    """A task with its status."""

    id: str
    line: int
    text: str
    section: str
    parents: list[str]
    service: str
    ticked: bool
    status: Status
    reason: str
    rule: str
    evidence: list[EvidenceEntry]
    next: str
    patches: list[str]
    attestation: AttestationEntry | None = None


class ProposalEntry(msgspec.Struct, frozen=True):
    """A task that the checklist lacks."""

    section: str
    text: str
    evidence: list[EvidenceEntry]


class MovesEntry(msgspec.Struct, frozen=True):
    """The ids of tasks that were finished, or went back, since a commit."""

    finished: list[str]
    went_back: list[str]


class ChecklistEntry(msgspec.Struct, frozen=True, omit_defaults=True):
    """A judged checklist."""

    schema_version: int
    path: str
    root: str
    tasks: list[TaskEntry]
    proposals: list[ProposalEntry]
    totals: dict[str, int]
    unmatched_attestations: list[str] = []
    since: MovesEntry | None = None


def render(form: str, review: Review, root: str, before: Review | None) -> str:
    """Return a judged checklist in one of the forms json, markdown, html and csv."""
    if form == "json":
        return _json(review, root, before)
    return _csv(review) if form == "csv" else _document(form, review, root)


def _json(review: Review, root: str, before: Review | None) -> str:
    counts = Counter(judged.status for judged in review.judgements)
    moved = moves(before, review) if before is not None else []
    entry = ChecklistEntry(
        schema_version=SCHEMA_VERSION,
        path=review.checklist.path,
        root=root,
        tasks=[_task(judged) for judged in review.judgements],
        proposals=[ProposalEntry(each.section, each.text, _evidence(each.evidence)) for each in review.proposals],
        totals={status.value: counts[status] for status in Status},
        unmatched_attestations=list(review.unmatched),
        since=MovesEntry(
            [judged.task.id for judged, finished in moved if finished],
            [judged.task.id for judged, finished in moved if not finished],
        )
        if before is not None
        else None,
    )
    return json_text(entry)


def _task(judged: Judgement) -> TaskEntry:
    task, attestation = judged.task, judged.attestation
    return TaskEntry(
        id=task.id,
        line=task.line,
        text=task.text,
        section=" > ".join(task.sections),
        parents=list(task.parents),
        service=judged.service,
        ticked=task.is_ticked,
        status=judged.status,
        reason=judged.reason,
        rule=judged.rule,
        evidence=_evidence(judged.evidence),
        next=judged.next_step,
        patches=list(judged.patches),
        attestation=AttestationEntry(attestation.who, attestation.when, attestation.note) if attestation else None,
    )


def _evidence(every: tuple[Evidence, ...]) -> list[EvidenceEntry]:
    return [EvidenceEntry(each.path, each.line, each.note) for each in every]


def _csv(review: Review) -> str:
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for judged in review.judgements:
        task = judged.task
        places = (f"{each.path}:{each.line}" if each.line else each.path or each.note for each in judged.evidence)
        cells = (
            *(
                task.id,
                task.line,
                " > ".join(task.sections),
                judged.service,
                task.text,
                "yes" if task.is_ticked else "no",
            ),
            *(judged.status.value, judged.reason, judged.next_step, "; ".join(places), " ".join(judged.patches)),
        )
        writer.writerow([csv_cell(str(each)) for each in cells])
    return out.getvalue()


def _document(form: str, review: Review, root: str) -> str:

    templates = environment(html=form == "html")
    if form == "html":
        templates.finalize = shown
    templates.filters["md"] = prose_with_code
    templates.filters["cell"] = partial(prose_with_code, span=cell)
    templates.filters["code"] = with_code
    templates.filters["span"] = code
    name = "judged.html" if form == "html" else "judged.md"
    return templates.get_template(name).render(
        review=review, root=root, counted=counted(review.judgements), progress=progress(review)
    )


def with_code(text: str) -> Markup:
    """Return text as HTML, with what stands in backquotes as code."""
    text = visible(text)
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return escape(text)
    shown = (Markup("<code>{}</code>").format(p) if number % 2 else escape(p) for number, p in enumerate(parts))
    return Markup("").join(shown)
