"""Modules for services that are rewritten by hand, in Haskell or Python, for the commands that write them."""

from __future__ import annotations

from collections.abc import Mapping
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
    from natsscan.generate.names import Style
    from natsscan.generate.service import Service
    from natsscan.model.usage import Usage
    from natsscan.source.project import Project


@dataclass(frozen=True, slots=True)
class Made:
    """A service, its module, where that goes below a source folder, and those of its files that speak to the broker.

    `calls` are what makes a queue's consumer and what reads it, by the queue's stem. Of a module in Python the `place`
    in the project is known; else it is empty.
    """

    service: Service
    module: str
    path: str
    text: str
    speaking: tuple[str, ...]
    calls: Mapping[str, tuple[str, str]]
    place: str = ""


def service_files(
    opened: Opened, server_version: str | None, subjects: Path | None, language: FileKind
) -> dict[str, str]:
    """Return the module of each service in scope whose code is in a language, by its path below a source folder.

    Raises InputError if none of them publishes or consumes.
    """
    make = python_services if language is FileKind.PYTHON else haskell_services
    made = make(opened, server_version, subjects)
    if not made:
        raise InputError("no service here publishes or consumes by a name that is known, so there is no module to make")
    return {each.path: each.text for each in made}


def haskell_services(
    opened: Opened, server_version: str | None, subjects: Path | None, found: Mapped | None = None
) -> tuple[Made, ...]:
    """Return the services in scope that publish or consume, with their modules; `found` serves if it is all of it."""
    from natsscan.generate.haskell_names import haskell_style, prefixes
    from natsscan.generate.service_module import module_name, module_path, render

    mapped, services = _services(opened, server_version, subjects, FileKind.HASKELL, haskell_style(), found)
    speaking, called = _speaking(mapped, FileKind.HASKELL), prefixes(services)
    return tuple(
        Made(
            each,
            module_name(called[each.name]),
            module_path(called[each.name]),
            render(each, called[each.name], mapped.mapping),
            speaking.get(each.name, ()),
            {queue.stem: (f"ensure{queue.stem}", f"consume{queue.stem}") for queue in each.queues},
        )
        for each in services
    )


def python_services(
    opened: Opened, server_version: str | None, subjects: Path | None, found: Mapped | None = None
) -> tuple[Made, ...]:
    """Return the same for Python: modules stand in the services' own packages."""
    from natsscan.generate.python_names import MODULE, python_style
    from natsscan.generate.python_service import render_python
    from natsscan.generate.python_service_text import queue_calls
    from natsscan.pipeline.python_layer import python_homes

    mapped, services = _services(opened, server_version, subjects, FileKind.PYTHON, python_style(), found)
    speaking = _speaking(mapped, FileKind.PYTHON)
    users = {each.name: files for each in services if (files := speaking.get(each.name, ()))}
    homes = python_homes(opened.project, opened.catalog, opened.options, users, MODULE) if users else {}
    topology = mapped.report.topology
    return tuple(
        Made(
            each,
            homes[each.name].name,
            f"{homes[each.name].path}.py",
            render_python(each, mapped.mapping, topology),
            users[each.name],
            queue_calls(each, mapped.mapping, topology),
            f"{homes[each.name].folder}.py",
        )
        for each in services
        if each.name in homes
    )


def _services(
    opened: Opened,
    server_version: str | None,
    subjects: Path | None,
    language: FileKind,
    style: Style,
    found: Mapped | None,
) -> tuple[Mapped, tuple[Service, ...]]:
    """Return the services in scope that publish or consume, and what they are mapped to.

    All of the project around them is mapped: streams are shared, and what a service rejects goes to those of others.
    Code that is on the layer counts. What was `found` before serves if it is all that.
    """
    from natsscan.cli.layer import map_with_layer
    from natsscan.generate.facts import facts
    from natsscan.generate.service import services
    from natsscan.nats.order import migration_order

    project = opened.project
    found = map_with_layer(opened, _around(project), server_version, subjects, found)
    findings = found.report.to_migrate.findings
    usages = (f.usage for f in findings if f.usage.language == language)
    wanted = {usage.service for usage in usages if project.in_scope(usage.span.path)}
    known = facts(found.mapping, migration_order(found.report.topology, findings), found.report.root)
    return found, services(known, found.report.topology, wanted, style)


def _speaking(mapped: Mapped, language: FileKind) -> dict[str, tuple[str, ...]]:
    """Return the files of each service that speak to the broker themselves."""

    def speaks(usage: Usage) -> bool:
        return usage.language == language and usage.tier is Tier.DIRECT and usage.operation is not Operation.IMPORT

    found: dict[str, set[str]] = {}
    for usage in (finding.usage for finding in mapped.report.to_migrate.findings):
        if speaks(usage):
            found.setdefault(usage.service, set()).add(usage.span.path)
    return {service: tuple(sorted(paths)) for service, paths in found.items()}


def _around(project: Project) -> tuple[str, ...]:
    """Return the folders that the paths in scope are a project of: the nearest with a file that makes one."""
    return tuple(dict.fromkeys(_project_of(path, project.root) for path in project.scope))


def _project_of(path: str, root: Path) -> str:
    folders = (PurePosixPath(path), *PurePosixPath(path).parents)
    return next((str(each) for each in folders if any((root / each / name).is_file() for name in PROJECT_FILES)), ".")
