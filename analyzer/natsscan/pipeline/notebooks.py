"""Notebooks with Python code: not read, but told of where they use the broker that is migrated from."""

from __future__ import annotations

from collections.abc import Iterator

from natsscan.model.coverage import Loss, Problem
from natsscan.pipeline.task import Task
from natsscan.python.reader import imported_in_notebook

_REASON = "notebooks are not read; export it with `jupyter nbconvert --to script`, and scan that"


def unread_notebooks(task: Task) -> Iterator[Problem]:
    """Yield a problem for each notebook in scope that imports a library of the broker, by its bytes alone."""
    catalog = task.catalog
    modules = catalog.python.modules.items()
    own = {name.partition(".")[0] for name, library in modules if catalog.system_of(library) == catalog.broker.id}
    for path in task.paths:
        if not path.endswith(".ipynb") or not task.project.in_scope(path):
            continue
        data = task.look_into(path)
        if isinstance(data, Problem):
            yield data
        elif data is not None and (at := imported_in_notebook(data, sorted(own))) is not None:
            yield Problem(path, data.count(b"\n", 0, at) + 1, _REASON, Loss.WHOLE)
