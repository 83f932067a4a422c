"""What `map`, `patch` and `verify` have in common: a scan, the decisions of people, and the mapping of both."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from natsscan.catalog.catalog import Catalog
from natsscan.cli.opened import Opened, open_paths, scan_opened
from natsscan.cli.options import Given
from natsscan.model.errors import InputError
from natsscan.model.mapping import OLDEST_SERVER, Mapping, Version
from natsscan.model.report import Report
from natsscan.nats.decisions import Decisions


@dataclass(frozen=True, slots=True)
class Mapped:
    """A scan and the mapping of what it found. `written` are the files that stand beside the decisions from before."""

    report: Report
    catalog: Catalog
    mapping: Mapping
    decisions: Decisions
    written: tuple[str, ...]


def map_paths(
    paths: tuple[Path, ...],
    given: Given,
    server_version: str | None,
    subjects: Path | None,
) -> Mapped:
    """Scan, and map what was found as `subjects` decides. Raises InputError for input that cannot be read."""
    return map_opened(open_paths(paths, given), server_version, subjects)


def map_opened(opened: Opened, server_version: str | None, subjects: Path | None, *, is_moving: bool = False) -> Mapped:
    """Scan and map a project likewise. While it `is_moving`, decisions may be about code that is on a layer already."""
    from natsscan.cli.layer import is_on_layer
    from natsscan.nats.artifacts.folder import decide
    from natsscan.nats.beside import beside

    server = parse_version(server_version) if server_version else None
    report, target = scan_opened(opened), opened.catalog.target
    told = beside((finding.usage for finding in report.to_migrate.findings), target)
    is_part = is_moving and is_on_layer(opened, report)
    found = decide(report.topology, told, target, subjects, server, is_part=is_part)
    return Mapped(report, opened.catalog, found.mapping, found.decisions, found.written)


def parse_version(text: str) -> Version:
    """Return a server's version. Raises InputError if it is none, or older than what JetStream plans need."""
    try:
        found = Version.parse(text)
    except ValueError as error:
        raise InputError(f"--server-version {text}: not a version; write it like 2.11") from error
    if found < OLDEST_SERVER:
        raise InputError(f"--server-version {text}: too old; the oldest supported is {OLDEST_SERVER}")
    return found
