"""What the rest of a project says of a broker, for libraries in programs that may speak to one of several."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator

from natsscan.catalog.broker import Broker
from natsscan.model.source import PYTHON_PACKAGING, FileKind, SourceFile
from natsscan.pipeline.task import Task
from natsscan.python.brokers import Elsewhere
from natsscan.source.kinds import Kinds

# What a comment says in a program decides nothing, nor what documents say.
_COMMENT = re.compile(rb"#[^\n]*")
_SILENT = frozenset({FileKind.DOCS, FileKind.HASKELL})


def looking_elsewhere(
    task: Task, sources: Iterable[SourceFile], own: Collection[str]
) -> Callable[[Collection[str]], Elsewhere]:
    """Return what looks through a project for the broker: `sources`, and all files that are no programs.

    `own` are packages that come with libraries which may speak to another broker, and so say nothing.
    """

    def look(variables: Collection[str]) -> Elsewhere:
        broker = task.catalog.broker
        packages = _packages(broker, own)
        value = _value_of(variables)
        values: set[str] = set()
        is_named = False
        for source in _files(task, sources):
            values |= {found.decode(errors="replace") for found in value.findall(source.data)}
            is_named = is_named or _names(source, broker, packages)
        return Elsewhere(tuple(sorted(values)), is_named)

    return look


def _files(task: Task, programs: Iterable[SourceFile]) -> Iterator[SourceFile]:
    yield from programs
    kinds = Kinds(task.paths)
    for path in task.paths:
        kind = kinds.of(path)
        if kind is None or kind in _SILENT or kind is FileKind.PYTHON:
            continue
        data = task.look_into(path)
        if isinstance(data, bytes):
            yield SourceFile(path, kind, data)


def _names(source: SourceFile, broker: Broker, packages: re.Pattern[bytes]) -> bool:
    if source.kind in PYTHON_PACKAGING:
        return packages.search(source.data) is not None
    if source.kind is FileKind.PYTHON:
        return broker.is_named(source.data) and broker.is_named(_COMMENT.sub(b"", source.data))
    return broker.is_named(source.data)


def _packages(broker: Broker, own: Collection[str]) -> re.Pattern[bytes]:
    """Return a pattern for the name of a package that speaks AMQP and comes not with one that may not."""
    names = broker.packages.get("pypi", frozenset()) | broker.packages.get("conda", frozenset())
    alone = sorted(name for name in names if "[" not in name and name not in own)
    written = "|".join("[-_.]+".join(map(re.escape, name.split("-"))) for name in alone) or "(?!)"
    return re.compile(rf"(?i)(?<![\w.-])(?:{written})(?![\w.-]*\w)".encode())


def _value_of(variables: Collection[str]) -> re.Pattern[bytes]:
    """Return a pattern for the beginning of a URL that a variable has, as files of all kinds write that."""
    names = "|".join(map(re.escape, sorted(variables))) or "(?!)"
    between = r"[^\n/]{0,30}?(?:\n[ \t]*value:[ \t]*)?[\"']?"
    return re.compile(rf"(?<![A-Za-z0-9_])(?:{names})(?![A-Za-z0-9_]){between}\b([A-Za-z][\w+.-]*://)".encode())
