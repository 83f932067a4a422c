from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from natsscan.cli.options import Given, scan_options, server_version_option
from natsscan.model.errors import InputError

if TYPE_CHECKING:
    from natsscan.cli.mapping import Mapped
    from natsscan.nats.artifacts.folder import Kept


@click.command("map")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH...")
@click.option(
    "-o", "--output", "folder", required=True, type=click.Path(path_type=Path), metavar="DIR", help="Where files go."
)
@server_version_option
@scan_options
def map_command(
    paths: tuple[Path, ...],
    folder: Path,
    server_version: str | None,
    given: Given,
) -> None:
    """Write what the messaging system under PATHs becomes on NATS.

    Into DIR go subjects.yaml, which you may edit and which the next run obeys, streams and consumers for the `nats`
    command, resources for NACK, a fragment of the server's configuration, an AsyncAPI document, and mapping.md to read.
    """
    from natsscan.cli.mapping import map_paths
    from natsscan.nats.artifacts.files import render
    from natsscan.nats.artifacts.folder import keep
    from natsscan.nats.artifacts.subjects import SUBJECTS_FILE
    from natsscan.nats.vhosts import vhosts_of

    if folder.exists() and not folder.is_dir():
        raise InputError(f"-o {folder}: is a file; give a folder")
    found = map_paths(paths, given, server_version, folder / SUBJECTS_FILE)
    usages = [finding.usage for finding in found.report.to_migrate.findings]
    files = render(found.mapping, found.decisions, vhosts_of(usages), found.report.root)
    kept = keep(folder, files, found.written)
    sys.stdout.write(_summary(found, folder, kept, len(files)))


def _summary(found: Mapped, folder: Path, kept: Kept, files: int) -> str:
    from natsscan.catalog.escape import visible
    from natsscan.reports.mapping import render_summary

    removed = f", {kept.removed} removed" if kept.removed else ""
    return (
        render_summary(found.mapping)
        + f"\n{visible(str(folder))}: {files} files, {kept.written} written{removed}; begin with mapping.md\n"
    )
