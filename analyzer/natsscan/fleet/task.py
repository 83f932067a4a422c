"""One repository of a fleet, from its source to what comes back of it."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace

from natsscan.catalog.catalog import Catalog
from natsscan.config import config_in
from natsscan.fleet.cache import Cache
from natsscan.fleet.checkout import open_repository
from natsscan.fleet.share import pack, share_of
from natsscan.model.fleet import Repository
from natsscan.pipeline.options import ScanOptions


@dataclass(frozen=True, slots=True)
class Task:
    """What is done with every repository; it is the same for all, and goes to each worker once."""

    catalog: Catalog
    options: ScanOptions
    cache: Cache


@dataclass(frozen=True, slots=True)
class Result:
    """What comes back of a repository: the commit that was scanned, its report as JSON, and its packed share."""

    commit: str
    report: bytes
    share: bytes


def scan_repository(task: Task, repository: Repository) -> Result:
    """Scan one repository. Raises InputError if it cannot be had, or for its configuration.

    What that leaves out is left out. Rules are the fleet's, since what is put together has to mean the same.
    """
    from natsscan.pipeline.outcome import outcome, reading
    from natsscan.pipeline.scan import scan
    from natsscan.reports.json import render

    sys.setrecursionlimit(10_000)  # as for every scan, see cli/opened.py
    opened = open_repository(repository, task.cache, task.options.max_file_size)
    config = config_in(reading(opened.project.tree))
    exclude = (*config.exclude, *task.options.exclude)
    options = replace(task.options, exclude=exclude, alone=True)
    report = scan(opened.project, task.catalog, options, lambda *_: None)
    found = outcome(report, lambda: task.catalog, opened.project.tree, options.exclude)
    share = share_of(repository, opened.commit, opened.committed, report, task.catalog)
    return Result(opened.commit, render(found).encode(), pack(share))
