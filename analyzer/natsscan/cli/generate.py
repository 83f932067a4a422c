from __future__ import annotations

import sys
from pathlib import Path

import click

from natsscan.cli.options import need_subjects, scan_options, server_version_option, subjects_option
from natsscan.generate.files import EVERYTHING, FILES
from natsscan.generate.haskell import CLIENT, PACKAGES, REPLACEMENTS, client_modules, module_names
from natsscan.model.errors import InputError


@click.command("generate")
@click.argument("what", type=click.Choice([*FILES, EVERYTHING, CLIENT]), metavar="WHAT")
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
    exclude: tuple[str, ...],
    rules: tuple[Path, ...],
    definitions: tuple[Path, ...],
) -> None:
    """Make files for running the messaging system under PATHs on NATS.

    WHAT is connection-test, alerts (Prometheus), dashboard (Grafana), runbook, rollback, dual-write, benchmark,
    troubleshooting, or all. They are about the streams and consumers that `natsscan map` writes for the same PATHs.
    One file is printed, unless -o names a folder.

    haskell-client takes no PATH: it is a client for NATS, Network.NATS.Client and what belongs to it, for the source
    folder that -o names.
    """
    from natsscan.cli.mapping import map_paths
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
    if folder is None and len(names_of(what)) > 1:
        raise InputError(f"{what} is several files: {', '.join(names_of(what))}; name a folder for them with -o DIR")
    need_subjects(subjects)
    found = map_paths(paths, exclude, rules, definitions, server_version, subjects)
    if not found.mapping.consumers:
        raise InputError("no queue is declared or consumed here, so there is nothing to make files about")
    order = migration_order(found.report.topology, found.report.to_migrate.findings)
    files = render(what, facts(found.mapping, order, found.report.root))
    if folder is None:
        sys.stdout.write("".join(files.values()))
    else:
        changed = _write(folder, files)
        sys.stdout.write(f"{folder}: {', '.join(files)}; {changed} written\n")


def _client(paths: tuple[Path, ...], folder: Path | None) -> None:
    """Write the client's modules, and say what the package's cabal file has to name."""
    if paths:
        raise InputError(f"{CLIENT} is the same for all code; name no PATH, and the source folder with -o DIR")
    if folder is None:
        raise InputError(f"{CLIENT} is several modules; name the source folder for them with -o DIR")
    files = client_modules()
    changed = _write(folder, files)
    names = module_names(list(files))
    sys.stdout.write(f"{folder}: {len(files)} modules; {changed} written\n\nFor the package's cabal file:\n")
    sys.stdout.write("  exposed-modules:\n" + "".join(f"    {name}\n" for name in names if ".Internal." not in name))
    sys.stdout.write("  other-modules:\n" + "".join(f"    {name}\n" for name in names if ".Internal." in name))
    sys.stdout.write("  build-depends:\n" + "".join(f"    , {name}\n" for name in PACKAGES))
    sys.stdout.write(f"With crypton instead of cryptonite: {', '.join(REPLACEMENTS.values())}\n")


def _write(folder: Path, files: dict[str, str]) -> int:
    """Write all files that differ, and return how many. Raises InputError if one was written by somebody else."""
    from natsscan.model.marks import GENERATED
    from natsscan.source.write import write_files

    changed: dict[str, bytes | None] = {}
    for name, text in files.items():
        path = folder / name
        before = path.read_bytes() if path.is_file() else None
        if before is not None and GENERATED.encode() not in before:
            raise InputError(f"{path}: was not made by natsscan generate; move it away or name another folder")
        if before != text.encode():
            changed[name] = text.encode()
    write_files(folder, changed)
    return len(changed)
