from __future__ import annotations

import sys
import time
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from natsscan.cli.options import Given, fleet_options
from natsscan.cli.outputs import terminal
from natsscan.cli.scan import UNREAD

if TYPE_CHECKING:
    from natsscan.fleet.engine import Engine, Work
    from natsscan.fleet.run import Standing
    from natsscan.fleet.task import Task
    from natsscan.model.definitions import Definitions

_PAUSE = 0.2
_SHOWN = 3


@click.command("fleet")
@click.argument("repositories", type=click.Path(path_type=Path), metavar="REPOS")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), metavar="DIR", required=True, help="The folder to write to."
)
@click.option(
    "--workers", type=click.IntRange(min=1), metavar="N", help="Scan N at once.  [default: one per processor]"
)
@click.option(
    "--scheduler", metavar="ADDRESS", help="Scan on the workers of a Dask scheduler, such as tcp://host:8786."
)
@click.option("--strict", is_flag=True, help="Exit with 3 if a repository could not be scanned.")
@fleet_options
@click.option("--max-file-size", type=click.IntRange(min=1), metavar="BYTES", help="Largest file to read.")
def fleet_command(
    repositories: Path,
    output: Path,
    workers: int | None,
    scheduler: str | None,
    strict: bool,
    given: Given,
    max_file_size: int | None,
) -> int:
    """Scan many repositories, and show what they are together.

    REPOS is a folder of checkouts, or a file with a path or a git URL on each line, and the revision behind it if it is
    not the newest. What is finished is not scanned again: a run that was interrupted goes on.
    """
    from natsscan.catalog.catalog import load_catalog
    from natsscan.fleet.cache import default_cache
    from natsscan.fleet.repositories import read_repositories
    from natsscan.fleet.run import run_fleet
    from natsscan.fleet.store import Store
    from natsscan.fleet.task import Task, scan_repository
    from natsscan.pipeline.options import ScanOptions
    from natsscan.reports.fleet.files import render_files
    from natsscan.reports.fleet.text import render
    from natsscan.source.read import MAX_FILE_SIZE

    if workers and scheduler:
        raise click.UsageError(
            "--workers is for this machine; of a scheduler all are used", click.get_current_context()
        )
    listed = read_repositories(repositories)
    catalog = load_catalog(given.rules)
    options = ScanOptions(given.exclude, max_file_size or MAX_FILE_SIZE)
    task = Task(catalog, options, default_cache())
    store = Store(output, task)
    store.prepare()
    definitions = _definitions(given.definitions, task)
    with _engine(partial(scan_repository, task), workers, scheduler) as engine, _Progress() as progress:
        try:
            fleet = run_fleet(listed, task, engine, store, definitions, progress.update)
        except KeyboardInterrupt:
            raise KeyboardInterrupt("what is finished is kept; start it again to go on") from None
    store.write(render_files(fleet))
    sys.stdout.write(render(fleet, str(output), *terminal()))
    return UNREAD if strict and (fleet.failed or any(each.unread for each in fleet.scanned)) else 0


def _engine(work: Work, workers: int | None, scheduler: str | None) -> AbstractContextManager[Engine]:
    if scheduler:
        from natsscan.fleet.cluster import ClusterEngine

        return ClusterEngine(work, scheduler)
    from natsscan.fleet.local import LocalEngine
    from natsscan.workers import processors

    return LocalEngine(work, workers or processors())


def _definitions(files: tuple[Path, ...], task: Task) -> Definitions | None:
    """Return what the broker itself holds, and tell what of it is not read. Raises InputError for what cannot be."""
    from natsscan.catalog.escape import visible
    from natsscan.source.read import read_given
    from natsscan.topology.definitions import read_definitions

    given = [read_given(Path(), file) for file in files]
    definitions, problems = read_definitions(given, task.catalog.broker) if given else (None, ())
    for problem in problems:
        sys.stderr.write(f"natsscan: {visible(f'{problem.path}:{problem.line}: {problem.reason}')}\n")
    return definitions


class _Progress:
    """One line on standard error that tells how far a run is, how fast, and what takes long; only on a terminal."""

    def __init__(self) -> None:
        self._visible = sys.stderr.isatty()
        self._began = self._next = time.monotonic()
        self._drawn = False

    def __enter__(self) -> _Progress:
        return self

    def __exit__(self, *_: object) -> None:
        if self._drawn:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def update(self, standing: Standing) -> None:
        """Show how far a run is."""
        now = time.monotonic()
        if not self._visible or (now < self._next and standing.done < standing.total):
            return
        self._next, self._drawn = now + _PAUSE, True
        sys.stderr.write(f"\r\x1b[K{_line(standing, now - self._began)}")
        sys.stderr.flush()


def _line(standing: Standing, seconds: float) -> str:
    scanned = standing.done - standing.before
    told = [f"{standing.done:,} of {standing.total:,} repositories"]
    if standing.before:
        told.append(f"{standing.before:,} finished before")
    if standing.failed:
        told.append(f"{standing.failed:,} failed")
    if scanned and seconds:
        told.append(f"{scanned / seconds:.1f} a second")
    if standing.running:
        names = [repository.name for repository in standing.running[:_SHOWN]]
        told.append(f"longest in work: {', '.join(names)}")
    return "; ".join(told)
