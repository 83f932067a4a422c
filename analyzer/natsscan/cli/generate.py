from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from natsscan.catalog.escape import visible
from natsscan.cli.options import Given, need_subjects, scan_options, server_version_option, subjects_option
from natsscan.generate.files import EVERYTHING, FILES
from natsscan.generate.haskell import (
    CLIENT,
    COMPAT,
    CONSUMER_TOOL,
    PACKAGES,
    REPLACEMENTS,
    client_modules,
    module_names,
)
from natsscan.generate.haskell_names import SERVICE
from natsscan.generate.python_amqp import PYTHON_AMQP
from natsscan.generate.python_names import SERVICE as PYTHON_SERVICE
from natsscan.model.errors import InputError
from natsscan.model.marks import GENERATED
from natsscan.model.source import FileKind

if TYPE_CHECKING:
    from natsscan.cli.opened import Opened
    from natsscan.pipeline.layer import Layer

_PLACES = 3
_ASKED = (CLIENT, COMPAT, SERVICE, CONSUMER_TOOL, PYTHON_AMQP, PYTHON_SERVICE)


@click.command("generate")
@click.argument("what", type=click.Choice([*FILES, EVERYTHING, *_ASKED]), metavar="WHAT")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH]...")
@click.option("-o", "--output", "folder", type=click.Path(path_type=Path), metavar="DIR", help="Where files go.")
@subjects_option
@server_version_option
@scan_options
def generate_command(
    what: str,
    paths: tuple[Path, ...],
    folder: Path | None,
    subjects: Path | None,
    server_version: str | None,
    given: Given,
) -> None:
    """Make files for running the messaging system under PATHs on NATS.

    WHAT is connection-test, alerts (Prometheus), dashboard (Grafana), runbook, rollback, dual-write, benchmark,
    troubleshooting, or all. They are about the streams and consumers that `natsscan map` writes for the same PATHs.
    One file is printed, unless -o names a folder.

    haskell-client takes no PATH: it is a client for NATS, Network.NATS.Client and what belongs to it, for the source
    folder that -o names.

    haskell-amqp is a cabal package for the folder that -o names: what the whole project around PATHs uses of the
    package amqp, on JetStream. What cannot be kept does not compile, and says why.

    haskell-service is a module for each service under PATHs that is rewritten by hand onto haskell-client: its streams,
    and functions for its queues, for what it publishes, and for what it rejects.

    nats-consumer is a cabal package for the folder that -o names: a command that prints the first message of a queue,
    and drops it.

    python-amqp is a Python package for the folder that -o names, nats_amqp in a service's own package: what pika and
    aio-pika offer, on JetStream, with the plan of the whole project around PATHs.

    python-service is a module for each Python service under PATHs that is rewritten by hand onto nats-py: its streams
    and consumers, and functions for its queues and for what it publishes.
    """
    from natsscan.cli.mapping import map_paths
    from natsscan.cli.opened import open_paths
    from natsscan.generate.facts import facts
    from natsscan.generate.files import names_of, render
    from natsscan.nats.order import migration_order

    if folder is not None and folder.exists() and not folder.is_dir():
        raise InputError(f"-o {folder}: is a file; give a folder")
    if what == CLIENT:
        _client(paths, folder)
        return
    if not paths:
        raise InputError(f"{what} is about a code base; name its PATH")
    if what == COMPAT:
        need_subjects(subjects)
        _compat(open_paths(paths, given), paths, folder, server_version, subjects)
        return
    if what in (SERVICE, PYTHON_SERVICE):
        need_subjects(subjects)
        _service(what, open_paths(paths, given), folder, server_version, subjects)
        return
    if what == CONSUMER_TOOL:
        need_subjects(subjects)
        _consumer_tool(open_paths(paths, given), folder, server_version, subjects)
        return
    if what == PYTHON_AMQP:
        need_subjects(subjects)
        _python_amqp(open_paths(paths, given), paths, folder, server_version, subjects)
        return
    if folder is None and len(names_of(what)) > 1:
        raise InputError(f"{what} is several files: {', '.join(names_of(what))}; name a folder for them with -o DIR")
    need_subjects(subjects)
    found = map_paths(paths, given, server_version, subjects)
    if not found.mapping.consumers:
        raise InputError("no queue is declared or consumed here, so there is nothing to make files about")
    order = migration_order(found.report.topology, found.report.to_migrate.findings)
    files = render(what, facts(found.mapping, order, found.report.root))
    if folder is None:
        sys.stdout.write("".join(files.values()))
    else:
        changed = _write(folder, files)
        sys.stdout.write(visible(f"{folder}: {', '.join(files)}; {changed} written") + "\n")


def _client(paths: tuple[Path, ...], folder: Path | None) -> None:
    """Write the client's modules, and say what the package's cabal file has to name."""
    if paths:
        raise InputError(f"{CLIENT} is the same for all code; name no PATH, and the source folder with -o DIR")
    if folder is None:
        raise InputError(f"{CLIENT} is several modules; name the source folder for them with -o DIR")
    files = client_modules()
    changed = _write(folder, files)
    names = module_names(list(files))
    sys.stdout.write(
        f"{visible(str(folder))}: {len(files)} modules; {changed} written\n\nFor the package's cabal file:\n"
    )
    sys.stdout.write("  exposed-modules:\n" + "".join(f"    {name}\n" for name in names if ".Internal." not in name))
    sys.stdout.write("  other-modules:\n" + "".join(f"    {name}\n" for name in names if ".Internal." in name))
    sys.stdout.write("  build-depends:\n" + "".join(f"    , {name}\n" for name in PACKAGES))
    others = ", ".join(REPLACEMENTS[name] for name in PACKAGES if name in REPLACEMENTS)
    sys.stdout.write(f"With crypton instead of cryptonite: {others}\n")


def _compat(
    opened: Opened, paths: tuple[Path, ...], folder: Path | None, server_version: str | None, subjects: Path | None
) -> None:
    """Write the package of the layer for the whole project, and say what is in it and what comes next."""
    from natsscan.cli.layer import layer_of, layer_rules

    if folder is None:
        package = layer_rules(opened).package
        raise InputError(f"{COMPAT} is a package; name a folder for it with -o DIR, such as libs/{package}")
    made = layer_of(opened, server_version, subjects)
    if not made.facades:
        rules = layer_rules(opened)
        raise InputError(f"no module of {opened.project.root.name} imports {' or '.join(rules.modules)}")
    gone = _stale(folder, made.files, COMPAT)
    changed = _write(folder, made.files, gone)
    removed = f", {len(gone)} removed" if gone else ""
    lines = [
        f"{folder}: {len(made.files)} files; {changed} written{removed}",
        "",
        *_made_of(made),
        f"Next, name {folder}/ in cabal.project, and have code use it:",
        f"  natsscan patch {' '.join(map(str, paths))} --route compat",
    ]
    sys.stdout.write("\n".join(map(visible, lines)) + "\n")


def _python_amqp(
    opened: Opened, paths: tuple[Path, ...], folder: Path | None, server_version: str | None, subjects: Path | None
) -> None:
    """Write the package with the APIs of libraries for Python, and say what is in it and what comes next."""
    from natsscan.cli.layer import python_layer_of

    if folder is None:
        raise InputError(f"{PYTHON_AMQP} is a package; name a folder for it with -o DIR, such as shop/nats_amqp")
    made = python_layer_of(opened, server_version, subjects)
    tops = made.tops if made is not None else frozenset()
    if made is None or not tops:
        raise InputError(f"no Python code of {opened.project.root.name} imports a library that {PYTHON_AMQP} has")
    files = made.files_for(tops)
    gone = _stale(folder, files, PYTHON_AMQP)
    changed = _write(folder, files, gone)
    removed = f", {len(gone)} removed" if gone else ""
    lines = [
        f"{folder}: {len(files)} files; {changed} written{removed}",
        f"  what the code uses of {' and '.join(sorted(tops))}; it needs {' and '.join(made.rules.requires)}",
        "",
        "Next, have code import them from there. natsscan does it where the package stands in a service:",
        f"  natsscan patch {' '.join(map(str, paths))} --route compat",
    ]
    sys.stdout.write("\n".join(map(visible, lines)) + "\n")


def _service(what: str, opened: Opened, folder: Path | None, server_version: str | None, subjects: Path | None) -> None:
    """Write the modules of services, or print that of a single one."""
    from natsscan.cli.service import service_files

    language = FileKind.PYTHON if what == PYTHON_SERVICE else FileKind.HASKELL
    files = service_files(opened, server_version, subjects, language)
    if folder is not None:
        changed = _write(folder, files)
        sys.stdout.write(visible(f"{folder}: {', '.join(files)}; {changed} written") + "\n")
    elif len(files) == 1:
        sys.stdout.write("".join(files.values()))
    else:
        raise InputError(f"{what} is several files: {', '.join(files)}; name a folder for them with -o DIR")


def _consumer_tool(opened: Opened, folder: Path | None, server_version: str | None, subjects: Path | None) -> None:
    """Write the command that looks at the first message of a queue, and say what comes next."""
    from natsscan.cli.consumer import consumer_tool, next_steps

    if folder is None:
        raise InputError(f"{CONSUMER_TOOL} is a package; name a folder for it, such as -o tools/{CONSUMER_TOOL}")
    files, known = consumer_tool(opened, server_version, subjects)
    changed = _write(folder, files)
    lines = [f"{folder}: {len(files)} files; {changed} written", *next_steps(folder, known)]
    sys.stdout.write("\n".join(map(visible, lines)) + "\n")


def _made_of(made: Layer) -> list[str]:
    """Return what the layer has and what it refuses, line by line."""
    plan = made.plan
    streams = f"{len(plan.streams)} streams for {len(plan.exchanges)} exchanges and {len(plan.queues)} queues"
    lines = [f"  {part.module}: {len(part.names)} names, for {part.stands_for}" for part in made.facades]
    lines += [f"  the plan: {streams}; what else there is shares one", ""]
    if made.refused:
        lines.append("What is not kept does not compile where it is used:")
    for refusal in made.refused:
        lines += [f"  {refusal.function}", *(f"    {line}" for line in refusal.says)]
        lines += [f"    {span.path}:{span.line}" for span in refusal.at[:_PLACES]]
        lines += [f"    and {len(refusal.at) - _PLACES} more"] if len(refusal.at) > _PLACES else []
    return [*lines, ""] if made.refused else lines


def _stale(folder: Path, files: Mapping[str, str], what: str) -> tuple[str, ...]:
    """Return the files in a folder that were written for a layer before and are no part of it any more."""
    mark = f"{GENERATED} {what};".encode()
    paths = sorted(path for path in folder.rglob("*") if path.suffix in (".hs", ".cabal", ".py") and path.is_file())
    names = ((path, path.relative_to(folder).as_posix()) for path in paths)
    return tuple(name for path, name in names if name not in files and mark in path.read_bytes().partition(b"\n")[0])


def _write(folder: Path, files: Mapping[str, str], gone: Iterable[str] = ()) -> int:
    """Write all files that differ, and return how many. Raises InputError if one was written by somebody else.

    Files that are `gone` are removed.
    """
    from natsscan.source.write import tidy_beside, write_files

    changed: dict[str, bytes | None] = {}
    for name, text in files.items():
        path = folder / name
        before = path.read_bytes() if path.is_file() else None
        if before is not None and GENERATED.encode() not in before:
            raise InputError(f"{path}: was not made by natsscan generate; move it away or name another folder")
        if before != text.encode():
            changed[name] = text.encode()
    write_files(folder, changed | dict.fromkeys(gone))
    tidy_beside(folder, files)
    return len(changed)
