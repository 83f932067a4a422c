"""What a command that scans begins with: the project, the rules, the configuration and the options together."""

from __future__ import annotations

import gc
import sys
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from natsscan.cli.options import Given

if TYPE_CHECKING:
    from collections.abc import Callable

    from natsscan.cache.store import Store
    from natsscan.catalog.catalog import Catalog
    from natsscan.config import Config
    from natsscan.model.report import Report
    from natsscan.pipeline.options import Progress as Told
    from natsscan.pipeline.options import ScanOptions
    from natsscan.source.project import Project


@dataclass(frozen=True)
class Opened:
    """A project that is about to be scanned; `options` are those of the command and of the configuration together.

    `rules` are the folders of own rules, `load` loads all rules. `baseline` is the file that the configuration names,
    if it names one. `store` has what earlier scans by these rules found, None to scan as if there had been none.
    """

    project: Project
    rules: tuple[Path, ...]
    load: Callable[[], Catalog]
    options: ScanOptions
    config: Config
    baseline: Path | None
    store: Store | None

    @cached_property
    def catalog(self) -> Catalog:
        """What the rules say, loaded when it is asked for. Raises InputError for broken ones."""
        return self.load()


def open_paths(paths: tuple[Path, ...], given: Given, max_file_size: int | None = None) -> Opened:
    """Return the project around some paths. Raises InputError for paths or a configuration that are none."""
    from natsscan.config import load_config
    from natsscan.pipeline.options import ScanOptions
    from natsscan.source.project import open_project

    project = open_project(paths)
    config, file = load_config(paths[0].resolve(), project.root)
    own = tuple(file.parent / folder for folder in config.rules) if file else ()
    options = ScanOptions((*config.exclude, *given.exclude), max_file_size or config.max_file_size, given.definitions)
    baseline = file.parent / config.baseline if file and config.baseline else None
    rules = (*own, *given.rules)

    def load() -> Catalog:
        from natsscan.catalog.catalog import load_catalog

        return load_catalog(rules)

    return Opened(project, rules, load, options, config, baseline, None if given.no_cache else open_store())


def open_here(paths: tuple[Path, ...], given: Given) -> Opened:
    """Return the project around the current folder: some paths of it, or without any the whole."""
    opened = open_paths(paths or (Path(),), given)
    return opened if paths else replace(opened, project=replace(opened.project, scope=(".",)))


def open_store() -> Store:
    """Return what earlier scans of this user found. What of it is damaged is told on standard error."""
    from natsscan.cache.place import user_folder
    from natsscan.cache.store import Store

    return Store(user_folder("scans"), lambda line: print(f"natsscan: {line}", file=sys.stderr))  # noqa: T201


def scan_opened(opened: Opened) -> Report:
    """Scan a project, with progress on a terminal, as far as earlier scans do not tell what is found."""
    from natsscan.cli.progress import Progress

    prepare_to_scan()
    with Progress() as progress:
        return scan_project(opened, opened.project, progress.update)


def scan_project(opened: Opened, project: Project, progress: Told) -> Report:
    """Scan a state of the project that is opened, or return what an earlier scan found of it."""
    if opened.store is None:
        from natsscan.pipeline.scan import scan

        return scan(project, opened.catalog, opened.options, progress)
    from natsscan.catalog.rulefiles import rules_digest
    from natsscan.pipeline.kept import scan_kept

    rules = rules_digest(opened.rules)
    return scan_kept(project, rules, lambda: opened.catalog, opened.options, progress, opened.store)


def prepare_to_scan() -> None:
    """Set the process up for scans."""
    sys.setrecursionlimit(10_000)  # every recursion here is bounded, but the bounds add up
    gc.disable()  # a scan makes few cycles and ends soon; looking for them took a tenth of its time
