"""Reading files by their kind, each with the reader for it."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from types import MappingProxyType

from natsscan.catalog.broker import Broker
from natsscan.model.coverage import Problem
from natsscan.model.source import FileKind, SourceFile
from natsscan.model.usage import Usage
from natsscan.pipeline.task import Found, Task
from natsscan.source.text import TextPositions
from natsscan.surfaces.charts import belonging
from natsscan.surfaces.surface import Belonging, Included, Reader, Surface


def read_surfaces(
    task: Task,
    sources: Iterable[SourceFile],
    broker: Broker,
    reader_of: Callable[[FileKind], Reader | None],
    belonging_of: Callable[[SourceFile], Belonging],
    worth: Container[str],
    included: Mapping[str, Mapping[str, Included]] = MappingProxyType({}),
) -> Found:
    """Read files by their kind's reader, as far as `worth` has their paths or they are in a chart of the broker.

    `belonging_of` names the broker's charts that they are in. `included` tells of files with named templates about the
    broker where those are included; such files are read too.
    """
    usages: list[Usage] = []
    problems: list[Problem] = []
    positions: dict[str, TextPositions] = {}
    for source in sources:
        reader = reader_of(source.kind)
        if reader is None or not task.project.in_scope(source.path):
            continue
        to = belonging_of(source)
        if to.owner or to.blocks or source.path in worth or source.path in included:
            at = positions[source.path] = TextPositions(source.path, source.data)
            surface = Surface(
                source,
                at,
                task.services.of(source.path),
                broker,
                task.catalog.secrets,
                to.owner,
                to.blocks,
                included.get(source.path, {}),
            )
            result = reader(surface)
            usages += result.usages or belonging(surface).usages
            problems += result.problems
    return Found(tuple(usages), tuple(problems), positions)
