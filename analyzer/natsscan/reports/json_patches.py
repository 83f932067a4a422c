"""Patches for programs, in JSON."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

from natsscan import __version__
from natsscan.catalog.escape import json_text
from natsscan.model.patch import Applicability, Checks, Patch, Stage
from natsscan.reports.place import Place, places


class EditEntry(msgspec.Struct, frozen=True):
    """A byte span of a file, what comes in its place, and the digest (BLAKE2b, 8 bytes) of what was there."""

    path: str
    start: int
    end: int
    replacement: str
    before_digest: str


class NewFileEntry(msgspec.Struct, frozen=True):
    """A file that is added."""

    path: str
    content: str


class RemovedFileEntry(msgspec.Struct, frozen=True):
    """A file that is removed, and the digest of its content."""

    path: str
    before_digest: str


class PatchEntry(msgspec.Struct, frozen=True):
    """What belongs together; `answers` are the fingerprints of findings. A manual one has instructions and no edits."""

    id: str
    title: str
    stage: Stage
    applicability: Applicability
    reason: str
    service: str
    answers: list[str]
    rules: list[str]
    at: list[Place]
    edits: list[EditEntry]
    creates: list[NewFileEntry]
    removes: list[RemovedFileEntry]
    instructions: str
    checks: Checks


class PatchesDocument(msgspec.Struct, frozen=True):
    """All patches, by stage."""

    schema_version: Literal[1]
    tool: str
    patches: list[PatchEntry]


def render(patches: Iterable[Patch]) -> str:
    """Return patches as JSON, indented, with a final newline; bytes that are no UTF-8 are escaped."""
    document = PatchesDocument(1, f"natsscan {__version__}", [_entry(patch) for patch in patches])
    return json_text(document)


def _entry(patch: Patch) -> PatchEntry:
    return PatchEntry(
        id=patch.id,
        title=patch.title,
        stage=patch.stage,
        applicability=patch.applicability,
        reason=patch.reason,
        service=patch.service,
        answers=list(patch.answers),
        rules=list(patch.rules),
        at=places(patch.at),
        edits=[EditEntry(e.path, e.start, e.end, _text(e.replacement), e.digest) for e in patch.edits],
        creates=[NewFileEntry(new.path, _text(new.content)) for new in patch.creates],
        removes=[RemovedFileEntry(gone.path, gone.digest) for gone in patch.removes],
        instructions=patch.instructions,
        checks=patch.checks,
    )


def _text(data: bytes) -> str:
    return data.decode("utf-8", errors="backslashreplace")
