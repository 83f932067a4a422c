"""Where reports go: to the terminal, and to files beside."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from natsscan.model.errors import InputError
from natsscan.reports.formats import FORMATS, Look, render
from natsscan.source.write import write_file

if TYPE_CHECKING:
    from natsscan.model.outcome import Outcome

output_option = click.option(
    "--output", "outputs", multiple=True, metavar="FORMAT=FILE", help="Also write a report to a file; repeatable."
)


def output_files(outputs: Iterable[str]) -> list[tuple[str, Path]]:
    """Return the formats and files that `--output` asks for. Raises InputError for what is not FORMAT=FILE."""
    return [_output(output) for output in outputs]


def write_reports(outcome: Outcome, files: Iterable[tuple[str, Path]]) -> None:
    """Write an outcome to files. Raises InputError for one that cannot be written."""
    for file, text in [(file, render(name, outcome, Look())) for name, file in files]:
        write_report(file, text)


def write_report(file: Path, text: str) -> None:
    """Write one report. Raises InputError if that cannot be done."""
    write_file(file, text.encode())


def _output(text: str) -> tuple[str, Path]:
    name, separator, file = text.partition("=")
    if not separator or not file or name not in FORMATS:
        raise InputError(f"--output {text}: expected FORMAT=FILE, where FORMAT is one of {', '.join(FORMATS)}")
    return name, Path(file)


def terminal() -> tuple[int | None, bool]:
    """Return the width to keep to, and whether to use colour (https://no-color.org, FORCE_COLOR)."""
    on_terminal = sys.stdout.isatty()
    if os.environ.get("NO_COLOR"):
        colour = False
    else:
        colour = (on_terminal and os.environ.get("TERM") != "dumb") or bool(os.environ.get("FORCE_COLOR"))
    return (os.get_terminal_size(sys.stdout.fileno()).columns or 80 if on_terminal else None), colour
