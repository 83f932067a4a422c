from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from natsscan.catalog.escape import visible
from natsscan.cli.opened import open_paths, scan_opened
from natsscan.cli.options import Given, scan_options
from natsscan.model.errors import InputError

if TYPE_CHECKING:
    from natsscan.model.baseline import Known

DEFAULT_FILE = "natsscan-baseline.yaml"


@click.command("baseline")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH...")
@click.option(
    "-o",
    "--output",
    "file",
    type=click.Path(path_type=Path),
    default=Path(DEFAULT_FILE),
    metavar="FILE",
    help=f"The baseline.  [default: {DEFAULT_FILE}]",
)
@click.option("--prune", is_flag=True, help="Take out of FILE what is gone; nothing is added.")
@scan_options
def baseline_command(
    paths: tuple[Path, ...],
    file: Path,
    prune: bool,
    given: Given,
) -> None:
    """Write the uses of AMQP under PATHs to FILE, so that only more of them fail.

    `natsscan PATHs --baseline FILE` exits with 1 if there is a use that FILE does not know, and with 4 if FILE has one
    that is gone.
    """
    from natsscan.findings.baseline import hold, make_baseline
    from natsscan.findings.baseline import prune as pruned
    from natsscan.findings.baseline_file import read_baseline
    from natsscan.reports.words import number

    if file.exists() and not prune:
        raise InputError(f"{file}: is there already; --prune takes out what is gone; remove it to begin anew")
    before = read_baseline(file) if prune else ()
    opened = open_paths(paths, given)
    findings = scan_opened(opened).to_migrate.findings
    if not prune:
        _write(file, made := make_baseline(findings))
        sys.stdout.write(visible(f"{file}: {number(sum(each.count for each in made), 'use')} of AMQP known") + "\n")
        return
    stale = hold(findings, before, opened.project.in_scope).stale
    if stale:
        _write(file, pruned(before, stale))
    taken_out = number(sum(each.count for each in stale), "entry", "entries")
    sys.stdout.write(visible(f"{file}: {taken_out} taken out") + "\n")


def _write(file: Path, baseline: tuple[Known, ...]) -> None:
    from natsscan.findings.baseline_file import write_baseline
    from natsscan.source.write import write_file

    folder = file.resolve().parent
    if not folder.is_dir():
        raise InputError(f"-o {file}: there is no folder {folder}; make it first")
    write_file(file, write_baseline(baseline).encode())
