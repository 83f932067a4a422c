"""Modules in Haskell for services that are rewritten by hand, for the commands that write them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from natsscan.model.errors import InputError
from natsscan.model.source import FileKind
from natsscan.model.usage import Operation, Tier
from natsscan.source.project import PROJECT_FILES

if TYPE_CHECKING:
    from natsscan.cli.mapping import Mapped
    from natsscan.cli.opened import Opened
    from natsscan.generate.service import Service
    from natsscan.source.project import Project


def service_files(opened: Opened, server_version: str | None, subjects: Path | None) -> dict[str, str]:
    """Return the module of each service in scope by its path below a source folder.

    Raises InputError if none of them publishes or consumes.
    """
    made = made_services(opened, server_version, subjects)
    if not made:
        raise InputError("no service here publishes or consumes by a name that is known, so there is no module to make")
    return {each.service.path: each.text for each in made}


@dataclass(frozen=True, slots=True)
class Made:
    """A service, the text of its module, and its files that speak to the broker."""

    service: Service
    text: str
    speaking: tuple[str, ...]


def made_services(
    opened: Opened, server_version: str | None, subjects: Path | None, found: Mapped | None = None
) -> tuple[Made, ...]:
    """Return the services in scope that publish or consume, with their modules.

    All of the project around them is mapped: streams are shared, and what a service rejects goes to those of others.
    Code that is on the layer counts. What was `found` before serves if it is all that.
    """
    from natsscan.cli.layer import map_with_layer
    from natsscan.generate.facts import facts
    from natsscan.generate.service import services
    from natsscan.generate.service_module import render
    from natsscan.nats.order import migration_order

    project = opened.project
    found = map_with_layer(opened, _around(project), server_version, subjects, found)
    findings = found.report.to_migrate.findings
    wanted = {f.usage.service for f in findings if project.in_scope(f.usage.span.path)}
    known = facts(found.mapping, migration_order(found.report.topology, findings), found.report.root)
    speaking: dict[str, set[str]] = {}
    for usage in (f.usage for f in findings if f.usage.language == FileKind.HASKELL and f.usage.tier is Tier.DIRECT):
        if usage.operation is not Operation.IMPORT:
            speaking.setdefault(usage.service, set()).add(usage.span.path)
    return tuple(
        Made(each, render(each, found.mapping), tuple(sorted(speaking.get(each.name, ()))))
        for each in services(known, found.report.topology, wanted)
    )


def _around(project: Project) -> tuple[str, ...]:
    """Return the folders that the paths in scope are a project of: the nearest with a file that makes one."""
    return tuple(dict.fromkeys(_project_of(path, project.root) for path in project.scope))


def _project_of(path: str, root: Path) -> str:
    folders = (PurePosixPath(path), *PurePosixPath(path).parents)
    return next((str(each) for each in folders if any((root / each / name).is_file() for name in PROJECT_FILES)), ".")
