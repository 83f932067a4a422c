"""Reads what says which packages Python needs: requirements, pyproject.toml, setup files, Pipfile, conda, locks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from natsscan.model.source import FileKind, SourceFile
from natsscan.model.usage import Operation, Usage
from natsscan.surfaces import python_conda, python_lock, python_pip, python_setup, python_toml, yaml
from natsscan.surfaces.packaging import given, reading
from natsscan.surfaces.python_requirement import Declared, Item, Listing, known
from natsscan.surfaces.surface import Surface, SurfaceReading

_ANY = "*"
_READERS: dict[FileKind, Callable[[SourceFile], Declared | None]] = {
    FileKind.REQUIREMENTS: python_pip.read,
    FileKind.PYPROJECT: python_toml.read,
    FileKind.SETUP_CFG: python_setup.read_cfg,
    FileKind.SETUP_PY: python_setup.read_py,
    FileKind.PIPFILE: python_toml.read,
    FileKind.CONDA: python_conda.read,
    FileKind.PYTHON_LOCK: python_lock.read,
}


def declared(source: SourceFile) -> Declared | None:
    """Return the lists of packages in a file, None if by its content it is of another kind than by its name."""
    reader = _READERS.get(source.kind)
    return reader(source) if reader is not None else None


def read(surface: Surface) -> SurfaceReading:
    """Return the dependencies on AMQP packages, each in the list that it stands in.

    A YAML file that is only called like one of conda's is read as what it is.
    """
    found = declared(surface.source)
    if found is None:
        return yaml.read(replace(surface, source=replace(surface.source, kind=FileKind.YAML)))
    usages = [
        usage
        for listing in found.listings
        for item in listing.items
        for usage in _usages(surface, listing, item, found.made_by)
    ]
    return reading(surface, usages, (surface.problem(*fault) for fault in found.faults))


def _usages(surface: Surface, listing: Listing, item: Item, made_by: str) -> Iterator[Usage]:
    wanted = item.requirement
    package = known(wanted, surface.broker.packages.get(listing.ecosystem, ())) if wanted is not None else None
    if wanted is not None and package is not None:
        version = " ".join(surface.positions.text(*wanted.version).split())
        yield surface.usage(
            Operation.DEPENDENCY,
            package,
            wanted.start,
            wanted.end,
            definition=listing.where,
            arguments=given(
                version="" if version == _ANY else version,
                marker=wanted.marker,
                location=wanted.location,
                via=item.via,
                made_by=made_by,
            ),
        )
