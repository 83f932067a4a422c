"""Options that several commands have."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from natsscan.model.errors import InputError

F = TypeVar("F", bound=Callable[..., object])

_exclude = click.option(
    "--exclude", multiple=True, metavar="PATTERN", help="Leave out files, in .gitignore syntax; repeatable."
)
_rules = click.option(
    "--rules", multiple=True, type=click.Path(path_type=Path), metavar="DIR", help="Rules of your own; repeatable."
)
_definitions = click.option(
    "--definitions",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="What the broker itself holds: an export of its definitions, or resources of its operator; repeatable.",
)
server_version_option = click.option(
    "--server-version", metavar="VERSION", help="Use only what a NATS server of this version has, such as 2.10."
)

subjects_option = click.option(
    "--subjects", type=click.Path(path_type=Path), metavar="FILE", help="The subjects.yaml whose decisions hold."
)


paths_option = click.option(
    "--path",
    "paths",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="Look at what is under PATH only; repeatable.  [default: the whole project around the current folder]",
)
tasks_option = click.option(
    "--checklist",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Also tell which tasks of a checklist the change finishes or takes back.",
)


def need_subjects(subjects: Path | None) -> None:
    """Raise InputError if a file of decisions is named that is not there."""
    if subjects is not None and not subjects.is_file():
        raise InputError(f"--subjects {subjects}: no such file; natsscan map writes one")


def read_tasks(file: Path) -> bytes:
    """Return the bytes of a checklist. Raises InputError if it cannot be read."""
    try:
        return file.read_bytes()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(f"--checklist {file}: cannot be read: {reason}; --generate writes one") from error


def scan_options(command: F) -> F:
    """Add what every command has that scans: what to leave out, rules, and the broker's definitions."""
    return _exclude(_rules(_definitions(command)))
