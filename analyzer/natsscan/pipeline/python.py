"""Python code: names are resolved in all of the project, and what is in scope is reported.

LibCST is imported where some file uses a library: most trees have none, and it takes long.
"""

from __future__ import annotations

from natsscan.model.coverage import Loss, Problem
from natsscan.model.source import SourceFile
from natsscan.pipeline.elsewhere import looking_elsewhere
from natsscan.pipeline.notebooks import unread_notebooks
from natsscan.pipeline.options import Progress
from natsscan.pipeline.task import Found, Task
from natsscan.python.reader import using_libraries
from natsscan.source.text import TextPositions


def scan_python(task: Task, sources: tuple[SourceFile, ...], progress: Progress) -> Found:
    """Find the usages of libraries in Python code."""
    using = using_libraries(sources, task.catalog.python)
    notebooks = tuple(unread_notebooks(task))
    if not using:
        return Found((), notebooks, {})
    from natsscan.python.link import find_in_python

    every: dict[str, TextPositions] = {}

    def positions_of(source: SourceFile) -> TextPositions:
        return every.setdefault(source.path, TextPositions(source.path, source.data))

    progress("resolving", 0, len(using))
    brought = {name for library in task.catalog.python.libraries if library.broker for name in library.broker.brings}
    look = looking_elsewhere(task, sources, brought)
    found = find_in_python(sources, using, task.catalog, positions_of, task.services.of, look)
    in_scope = task.project.in_scope
    known = {(usage.span.path, usage.span.start) for usage in found.usages}
    usages = [usage for usage in found.usages if in_scope(usage.span.path)]
    usages += (
        usage
        for usage in found.wrappers
        if in_scope(usage.span.path) and (usage.span.path, usage.span.start) not in known
    )
    by_path = {source.path: source for source in sources}
    parsed = {path: positions_of(by_path[path]) for path in found.parsed if in_scope(path)}
    positions = parsed | {usage.span.path: every[usage.span.path] for usage in usages}
    left = {why: next((span for span in at if in_scope(span.path)), None) for why, at in found.left_out.items()}
    notes = [Problem(span.path, span.line, why, Loss.NONE) for why, span in left.items() if span is not None]
    return Found(tuple(usages), (*notebooks, *found.problems, *notes), positions, found.calls)
