"""What a scan hands from stage to stage: the task, what could be read, what was found, and its share in the report."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field

from natsscan.catalog.catalog import Catalog
from natsscan.findings.suppress import Note, read_notes
from natsscan.model.brokercall import BrokerCall
from natsscan.model.coverage import KindCoverage, Loss, Problem
from natsscan.model.marks import BASELINE, GENERATED
from natsscan.model.source import FileKind, SourceFile
from natsscan.model.span import Span
from natsscan.model.usage import Usage
from natsscan.pipeline.options import Progress, ScanOptions
from natsscan.source.project import Project
from natsscan.source.read import text_problem
from natsscan.source.services import Services
from natsscan.source.text import TextPositions
from natsscan.source.watch import Watch

# How files of natsscan's own begin, which would be told of for what they are about: a baseline, a client.
_OWN = (BASELINE.encode(), f"-- {GENERATED}".encode())
_OWN_PYTHON = f"# {GENERATED}".encode()


@dataclass(frozen=True, slots=True)
class Task:
    """What to scan, and what is known: the same for programs and other files. `paths` are all of the project.

    `watch` notes which files are looked into, if that is of use later. Those `set_aside` are not to be read, each for a
    reason.
    """

    project: Project
    catalog: Catalog
    options: ScanOptions
    paths: tuple[str, ...]
    services: Services
    watch: Watch | None = None
    set_aside: Mapping[str, str] = field(default_factory=dict)

    def look_into(self, path: str) -> bytes | Problem | None:
        """Return the bytes of a file, or what keeps them from being read; None if there is nothing to read."""
        if self.watch is not None:
            self.watch.opened.add(path)
        return self.read(path)

    def read(self, path: str) -> bytes | Problem | None:
        """Return the same of a file that is not looked into yet."""
        if path in self.set_aside:
            return Problem(path, 0, self.set_aside[path], Loss.WHOLE)
        return self.project.tree.read(path, self.options.max_file_size)


@dataclass(frozen=True, slots=True)
class Reading:
    """The files that could be read, with what kept others from it."""

    sources: tuple[SourceFile, ...]
    problems: tuple[Problem, ...]
    unread: dict[str, FileKind]


@dataclass(frozen=True, slots=True)
class Found:
    """The usages in a group of files, what could not be read in them, and the positions of each file looked into."""

    usages: tuple[Usage, ...]
    problems: tuple[Problem, ...]
    positions: dict[str, TextPositions]
    calls: tuple[BrokerCall, ...] = ()
    options: dict[str, tuple[Span, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Part:
    """The share that a group of files has in the report: usages, the lines they stand on, the notes of suppression."""

    usages: tuple[Usage, ...]
    lines: dict[tuple[str, int], str]
    notes: dict[str, tuple[Note, ...]]
    problems: tuple[Problem, ...]
    files: dict[FileKind, KindCoverage]
    calls: tuple[BrokerCall, ...]
    options: dict[str, tuple[Span, ...]]


def part(task: Task, reading: Reading, found: Found) -> Part:
    """Return what a group of files adds to the report: usages with their lines, notes, and how many were read."""
    lines = {
        (path, usage.span.line): found.positions[path].line_at(usage.span.start)
        for usage in found.usages
        for path in [usage.span.path]
    }
    notes = {
        path: notes for path, at in found.positions.items() if (notes := read_notes(at.data, task.catalog.secrets))
    }
    problems = (*reading.problems, *found.problems)
    files = _count(task.project, reading, found.positions.keys(), problems)
    return Part(found.usages, lines, notes, problems, files, found.calls, found.options)


def read(task: Task, kinds: dict[str, FileKind], progress: Progress) -> Reading:
    """Read files. What cannot be read, or only in part, is a problem; a file that is gone meanwhile is none."""
    sources: list[SourceFile] = []
    problems: list[Problem] = []
    unread: dict[str, FileKind] = {}
    watch = task.watch
    make = SourceFile if watch is None else watch.file
    for done, (path, kind) in enumerate(kinds.items()):
        progress("reading", done, len(kinds))
        data = task.read(path)
        is_text = is_plain(path, kind, data)
        if not is_text and watch is not None:
            watch.opened.add(path)
        if data is None or (isinstance(data, bytes) and _is_own(data, kind)):
            continue
        problem = None if is_text else data if isinstance(data, Problem) else text_problem(path, data, kind)
        if problem is not None:
            problems.append(problem)
        if isinstance(data, Problem) or (problem is not None and problem.loss is Loss.WHOLE):
            unread[path] = kind
        else:
            sources.append(make(path, kind, data))
    return Reading(tuple(sources), tuple(problems), unread)


def is_plain(path: str, kind: FileKind, data: bytes | Problem | None) -> bool:
    """Tell whether what was read of a path is text without problems, and not of natsscan's own."""
    return isinstance(data, bytes) and not _is_own(data, kind) and text_problem(path, data, kind) is None


def _is_own(data: bytes, kind: FileKind) -> bool:
    return data.startswith(_OWN) or (kind is FileKind.PYTHON and data.startswith(_OWN_PYTHON))


def _count(
    project: Project, reading: Reading, parsed: Set[str], problems: tuple[Problem, ...]
) -> dict[FileKind, KindCoverage]:
    partly = {problem.path for problem in problems if problem.loss is Loss.PART}
    counted = {}
    for kind in {source.kind for source in reading.sources} | set(reading.unread.values()):
        read = [source.path for source in reading.sources if source.kind is kind and project.in_scope(source.path)]
        skipped = sum(1 for path, what in reading.unread.items() if what is kind and project.in_scope(path))
        counted[kind] = KindCoverage(
            seen=len(read) + skipped,
            read=len(read),
            partial=len(partly.intersection(read)),
            skipped=skipped,
            parsed=len(parsed & set(read)),
        )
    return counted
