"""Reads .cabal files: which stanzas depend on AMQP packages, and which modules are named after the broker."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from natsscan.model.usage import Operation, Usage
from natsscan.surfaces.cabal_fields import CabalFile, Field, Section, parse
from natsscan.surfaces.packaging import entries, given, named, reading
from natsscan.surfaces.surface import Surface, SurfaceReading

_DEPENDENCIES = frozenset({"build-depends", "build-tool-depends", "build-tools", "mixins", "setup-depends"})
_FOREIGN = frozenset({"pkgconfig-depends", "extra-libraries", "extra-bundled-libraries"})
_MODULES = frozenset({"exposed-modules", "other-modules", "reexported-modules"})
# Cabal writes the modules Paths_x and PackageInfo_x itself.
_MODULE = re.compile(rb"(?<![\w.'])(?!Paths_|PackageInfo_)[A-Z][\w']*(?:\.[A-Z][\w']*)*(?![\w'])")
_AS = re.compile(rb"\s+as\s+")
_SPACES = re.compile(r"[\s,]+")
_NAME = re.compile(rb"[^\s,]+")


def read(surface: Surface) -> SurfaceReading:
    """Return the dependencies on AMQP packages and the modules named after the broker, each in its stanza."""
    file = parse(surface.source.data)
    stanzas = _Stanzas(_importers(file), _source_folders(file))
    usages = [usage for field in file.fields for usage in _usages(surface, field, stanzas)]
    problems = () if file.unclosed is None else (surface.problem(file.unclosed, "nothing closes this brace"),)
    return reading(surface, usages, problems)


def _usages(surface: Surface, field: Field, stanzas: _Stanzas) -> Iterator[Usage]:
    if field.name in _DEPENDENCIES:
        yield from _dependencies(surface, field, stanzas)
    elif field.name in _FOREIGN:
        yield from foreign_libraries(surface, field.value, field.start, definition_of(field.section))
    elif field.name in _MODULES:
        yield from modules(surface, field.value, field.start, field.name, definition_of(field.section))


def _dependencies(surface: Surface, field: Field, stanzas: _Stanzas) -> Iterator[Usage]:
    section = field.section
    imported_by = ", ".join(stanzas.reached(section.argument)) if section.name == "common" else ""
    sources = ", ".join(stanzas.sources(section)) if field.name == "build-depends" else ""
    for entry in entries(field.value, field.start):
        if entry.name in surface.broker.packages.get("haskell", ()):
            version = "" if field.name == "mixins" else entry.rest
            yield surface.usage(
                Operation.DEPENDENCY,
                entry.name,
                entry.start,
                entry.end,
                definition=definition_of(section),
                arguments=given(version=version, imported_by=imported_by, sources=sources),
            )


def foreign_libraries(surface: Surface, value: bytes, offset: int, definition: str) -> Iterator[Usage]:
    """Yield the libraries outside of Haskell that are named after the broker, in a list that begins at an offset."""
    for found in _NAME.finditer(value):
        if named(surface, found.group()):
            start, end = offset + found.start(), offset + found.end()
            name = surface.positions.text(start, end)
            yield surface.usage(Operation.DEPENDENCY, name, start, end, definition=definition)


def modules(surface: Surface, value: bytes, offset: int, field: str, definition: str) -> Iterator[Usage]:
    """Yield the modules named after the broker, in a list that begins at an offset; a re-export once."""
    renamed = -1
    for found in _MODULE.finditer(value):
        if not named(surface, found.group()):
            continue
        start, end = offset + found.start(), offset + found.end()
        if found.start() != renamed:
            name = found.group().decode()
            yield surface.usage(Operation.CONFIG, name, start, end, definition=definition, arguments={"field": field})
        after = _AS.match(value, found.end())
        renamed = after.end() if after else -1


def definition_of(section: Section) -> str:
    """Return what a usage in a section stands in; what stands outside of every section is the library's."""
    return section.titled(section.title or "library")


@dataclass(frozen=True, slots=True)
class _Stanzas:
    """How stanzas hang together: which import each common stanza, and the folders of modules that each one names."""

    importers: dict[str, list[Section]]
    folders: dict[str, list[str]]

    def reached(self, name: str) -> list[str]:
        """Return the titles of the components that get a common stanza, also through another one."""
        reached: dict[str, None] = {}
        names = {name}
        waiting = [name]
        while waiting:
            for section in self.importers.get(waiting.pop(0), ()):
                if section.name != "common":
                    reached[section.title] = None
                elif section.argument not in names:
                    names.add(section.argument)
                    waiting.append(section.argument)
        return [*reached]

    def sources(self, section: Section) -> list[str]:
        """Return the folders of the modules of a component; of a common stanza, those of all that get it.

        Without `hs-source-dirs` it is the package's own folder (Cabal User Guide, hs-source-dirs).
        """
        titles = self.reached(section.argument) if section.name == "common" else [section.title]
        found: dict[str, None] = {}
        for title in titles:
            common = [f"common {name}" for name in self.importers if title in self.reached(name)]
            folders = [folder for owner in (title, *common) for folder in self.folders.get(owner, ())]
            found.update(dict.fromkeys(folders or ["."]))
        return [*found]


def _importers(file: CabalFile) -> dict[str, list[Section]]:
    """Return the sections that import each common stanza by name, in the order written."""
    users: dict[str, list[Section]] = defaultdict(list)
    for field in file.fields:
        if field.name == "import":
            for name in _words(field):
                users[name].append(field.section)
    return dict(users)


def _source_folders(file: CabalFile) -> dict[str, list[str]]:
    """Return the folders of modules by the title of the stanza that names them."""
    folders: dict[str, list[str]] = defaultdict(list)
    for field in file.fields:
        if field.name == "hs-source-dirs":
            folders[field.section.title] += _words(field)
    return dict(folders)


def _words(field: Field) -> list[str]:
    text = field.value.decode("utf-8", errors="replace")
    return [word.strip('"') for word in _SPACES.split(text) if word]
