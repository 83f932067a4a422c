"""The folder in which a mapping stands as files: people decide there, and natsscan obeys and keeps it up to date."""

from __future__ import annotations

import os
from collections.abc import Mapping as Table
from dataclasses import dataclass
from pathlib import Path

from natsscan.catalog.target import Target
from natsscan.model.mapping import Beside, Mapping, Version
from natsscan.model.topology import Topology
from natsscan.nats.artifacts.subjects import decisions_of, read_subjects
from natsscan.nats.decisions import Decisions
from natsscan.nats.plan import make_plan
from natsscan.source.write import tidy_beside, write_files


@dataclass(frozen=True, slots=True)
class Decided:
    """A mapping as people decided on it. `written` are the files that stand beside their decisions from before."""

    mapping: Mapping
    decisions: Decisions
    written: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """How many files of a folder were written, since they differed, and how many removed."""

    written: int
    removed: int


def decide(
    topology: Topology,
    beside: Beside,
    target: Target,
    subjects: Path | None,
    server: Version | None = None,
    *,
    is_part: bool = False,
) -> Decided:
    """Map a messaging system as the file `subjects` decides, if it is there.

    Raises InputError for decisions that cannot be read, or are about what is not there; not if `topology` is only a
    part of what they are about.
    """
    document = read_subjects(subjects, target.layouts) if subjects else None
    mapping = make_plan(topology, beside, target, Decisions(), server)
    if document is None or subjects is None:
        return Decided(mapping, Decisions(), ())
    decisions = decisions_of(document, mapping, target.layouts, subjects, is_part=is_part)
    if decisions != Decisions():
        mapping = make_plan(topology, beside, target, decisions, server)
    return Decided(mapping, decisions, document.files)


def keep(folder: Path, files: Table[str, str], before: tuple[str, ...]) -> Kept:
    """Write all files that differ, and remove those written before that are no more. Raises InputError if it fails."""
    changed = {name: text.encode() for name, text in files.items() if _text(folder / name) != text}
    gone = sorted({*before} - files.keys())
    # People may have written any name into the list of files; unlike pathlib, `os.path` takes all of them.
    removed = [name for name in gone if _is_inside(folder, name) and os.path.exists(folder / name)]  # noqa: PTH110
    write_files(folder, {**changed, **dict.fromkeys(removed)})
    tidy_beside(folder, {*files, *removed})
    return Kept(len(changed), len(gone))


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def _is_inside(folder: Path, name: str) -> bool:
    parts = Path(name).parts
    return parts[:1] in (("streams",), ("consumers",)) and ".." not in parts and (folder / name).suffix == ".json"
