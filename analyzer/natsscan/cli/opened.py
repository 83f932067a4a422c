"""What a command that scans begins with: the project, the rules, the configuration and the options together."""

from __future__ import annotations

import gc
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from natsscan.catalog.catalog import Catalog
    from natsscan.config import Config
    from natsscan.model.report import Report
    from natsscan.pipeline.task import ScanOptions
    from natsscan.source.project import Project


@dataclass(frozen=True, slots=True)
class Opened:
    """A project that is about to be scanned; `options` are those of the command and of the configuration together.

    `baseline` is the file that the configuration names, if it names one.
    """

    project: Project
    catalog: Catalog
    options: ScanOptions
    config: Config
    baseline: Path | None


def open_paths(
    paths: tuple[Path, ...],
    exclude: tuple[str, ...],
    rules: tuple[Path, ...],
    definitions: tuple[Path, ...],
    max_file_size: int | None = None,
) -> Opened:
    """Return the project around some paths. Raises InputError for paths, rules or a configuration that are none."""
    from natsscan.catalog.catalog import load_catalog
    from natsscan.config import load_config
    from natsscan.pipeline.task import ScanOptions
    from natsscan.source.project import open_project

    project = open_project(paths)
    config, file = load_config(paths[0].resolve(), project.root)
    own = tuple(file.parent / folder for folder in config.rules) if file else ()
    options = ScanOptions((*config.exclude, *exclude), max_file_size or config.max_file_size, definitions)
    baseline = file.parent / config.baseline if file and config.baseline else None
    return Opened(project, load_catalog((*own, *rules)), options, config, baseline)


def open_here(
    paths: tuple[Path, ...], exclude: tuple[str, ...], rules: tuple[Path, ...], definitions: tuple[Path, ...]
) -> Opened:
    """Return the project around the current folder: some paths of it, or without any the whole."""
    opened = open_paths(paths or (Path(),), exclude, rules, definitions)
    return opened if paths else replace(opened, project=replace(opened.project, scope=(".",)))


def scan_opened(opened: Opened) -> Report:
    """Scan a project, with progress on a terminal."""
    from natsscan.cli.progress import Progress
    from natsscan.pipeline.scan import scan

    prepare_to_scan()
    with Progress() as progress:
        return scan(opened.project, opened.catalog, opened.options, progress.update)


def prepare_to_scan() -> None:
    """Set the process up for scans."""
    sys.setrecursionlimit(10_000)  # every recursion here is bounded, but the bounds add up
    gc.disable()  # a scan makes few cycles and ends soon; looking for them took a tenth of its time
