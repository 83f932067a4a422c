from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from natsscan.cli.options import scan_options, server_version_option
from natsscan.model.errors import InputError

if TYPE_CHECKING:
    from natsscan.cli.mapping import Mapped


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
    exclude: tuple[str, ...],
    rules: tuple[Path, ...],
    definitions: tuple[Path, ...],
) -> None:
    """Write what the messaging system under PATHs becomes on NATS.

    Into DIR go subjects.yaml, which you may edit and which the next run obeys, streams and consumers for the `nats`
    command, resources for NACK, a fragment of the server's configuration, an AsyncAPI document, and mapping.md to read.
    """
    from natsscan.cli.mapping import map_paths
    from natsscan.nats.artifacts.files import render
    from natsscan.nats.artifacts.subjects import SUBJECTS_FILE
    from natsscan.nats.vhosts import vhosts_of

    if folder.exists() and not folder.is_dir():
        raise InputError(f"-o {folder}: is a file; give a folder")
    found = map_paths(paths, exclude, rules, definitions, server_version, folder / SUBJECTS_FILE)
    usages = [finding.usage for finding in found.report.to_migrate.findings]
    files = render(found.mapping, found.decisions, vhosts_of(usages), found.report.root)
    gone = sorted({*found.written} - files.keys())
    changed = _write(folder, files, gone)
    sys.stdout.write(_summary(found, folder, changed, len(files), len(gone)))


def _write(folder: Path, files: dict[str, str], gone: list[str]) -> int:
    """Write all files that differ, and remove those written before that are gone; return how many differed."""
    from natsscan.source.write import write_files

    changed = {name: text.encode() for name, text in files.items() if _text(folder / name) != text}
    removed = [name for name in gone if _is_inside(folder, name) and (folder / name).exists()]
    write_files(folder, {**changed, **dict.fromkeys(removed)})
    return len(changed)


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def _is_inside(folder: Path, name: str) -> bool:
    parts = Path(name).parts
    return parts[:1] in (("streams",), ("consumers",)) and ".." not in parts and (folder / name).suffix == ".json"


def _summary(found: Mapped, folder: Path, changed: int, files: int, gone: int) -> str:
    from natsscan.reports.mapping import render_summary

    removed = f", {gone} removed" if gone else ""
    return (
        render_summary(found.mapping)
        + f"\n{folder}: {files} files, {changed} written{removed}; begin with mapping.md\n"
    )
