"""Options that several commands have."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TypeVar

import click

from natsscan.model.errors import InputError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Given:
    """What every command that scans is given.

    Patterns of files to leave out, folders of rules, files with the broker's definitions, and whether to scan as if
    nothing had been scanned before.
    """

    exclude: tuple[str, ...] = ()
    rules: tuple[Path, ...] = ()
    definitions: tuple[Path, ...] = ()
    no_cache: bool = False


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
_no_cache = click.option(
    "--no-cache", is_flag=True, help="Scan as if for the first time; keep nothing of it for the next."
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


def scan_options(command: Callable[..., T]) -> Callable[..., T]:
    """Add what every command has that scans a project: see `Given`, which the command gets as `given`."""
    return _exclude(_rules(_definitions(_no_cache(_packed(command)))))


def fleet_options(command: Callable[..., T]) -> Callable[..., T]:
    """Add the same to a command that keeps what it scans in a place of its own."""
    return _exclude(_rules(_definitions(_packed(command))))


def _packed(command: Callable[..., T]) -> Callable[..., T]:
    @wraps(command)
    def packed(
        exclude: tuple[str, ...],
        rules: tuple[Path, ...],
        definitions: tuple[Path, ...],
        no_cache: bool = False,
        **others: object,
    ) -> T:
        return command(given=Given(exclude, rules, definitions, no_cache), **others)

    return packed
