"""Which Python code moves to the package in a library's place, what is edited for it, and what stands against it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from natsscan.catalog.catalog import Catalog
from natsscan.patches.engine import Replacement
from natsscan.patches.hindrance import Hindrance
from natsscan.patches.python.defaults import defaults
from natsscan.patches.python.imports import Imports, imports_of, refusals
from natsscan.patches.python.keeping import by_arguments, by_expiry, by_members, by_usages
from natsscan.patches.python.layer import PythonLayer
from natsscan.patches.python.names import names_in, not_kept, said
from natsscan.patches.python.parsed import Parsed, parse
from natsscan.patches.python.signatures import Call, calls_of
from natsscan.patches.python.texts import by_text
from natsscan.patches.python.units import Home, Unit, find_units
from natsscan.source.services import Services
from natsscan.source.text import TextPositions

_UNREADABLE = "It names {} and cannot be parsed, so what it does with that is not known."
_OUTSIDE = "It imports {} too, and is outside of what was named: name the whole project."
_OTHER = "It uses {}, and nothing has its API on NATS."
_DEFINES = "It is called as the library is, and which of the two an import means is not known."
_TAKEN = "Something that natsscan did not write is where the package goes: {}."


@dataclass(frozen=True, slots=True)
class Moving:
    """A unit of Python code: the edits of each file, the package's files, and what keeps all of it from moving.

    `libraries` are the modules that it imports, `told` what people look at when it moves.
    """

    unit: Unit
    edits: Mapping[str, tuple[Replacement, ...]]
    package: Mapping[str, bytes]
    libraries: tuple[str, ...]
    hindrances: tuple[Hindrance, ...]
    told: tuple[Hindrance, ...] = ()

    @property
    def homes(self) -> tuple[Home, ...]:
        """Where the package stands, each place once."""
        return tuple(dict.fromkeys(self.unit.homes[path] for path in sorted(self.unit.homes)))


class _Files:
    """The files of a project, parsed as they are asked for."""

    def __init__(self, sources: Mapping[str, bytes]) -> None:
        self.sources = sources
        self._parsed: dict[str, Parsed | None] = {}
        self._positions: dict[str, TextPositions] = {}
        self._calls: dict[str, Mapping[int, Call]] = {}

    def parsed(self, path: str) -> Parsed | None:
        if path not in self._parsed:
            self._parsed[path] = parse(self.sources[path])
        return self._parsed[path]

    def calls(self, path: str) -> Mapping[int, Call]:
        if path not in self._calls:
            parsed = self.parsed(path) if path in self.sources else None
            self._calls[path] = calls_of(parsed) if parsed is not None else {}
        return self._calls[path]

    def line(self, path: str, at: int) -> int:
        if path not in self._positions:
            self._positions[path] = TextPositions(path, self.sources[path])
        return self._positions[path].position(at)[0]


def find_moving(
    layer: PythonLayer,
    catalog: Catalog,
    paths: Iterable[str],
    in_scope: Callable[[str], bool],
    services: Services,
    is_free: Callable[[str], bool],
    homes: Iterable[Home] = (),
) -> tuple[Moving, ...]:
    """Return the units of a project's Python code that use a library of the package's, each as it moves or does not.

    `paths` are all files of the project, `in_scope` tells which may be changed, `is_free` where the package may be put;
    it stands in `homes` already.
    """
    files, rules = _Files(layer.sources), layer.rules
    named = re.compile(rb"\b(?:%b)\b" % b"|".join(re.escape(top.encode()) for top in sorted(rules.tops)))
    naming = [path for path, data in layer.sources.items() if named.search(data)]
    found = {path: imports_of(parsed, rules.tops, "") for path in naming if (parsed := files.parsed(path)) is not None}
    users = {path for path, imports in found.items() if imports.taken}
    users |= {path for path in naming if path not in found and _may_import(layer.sources[path], rules.tops)}
    if not users:
        return ()
    paths = frozenset(paths)
    there = frozenset(posixpath.dirname(home.folder) for home in homes)
    units = find_units(users, layer.imports, paths, rules.package, services.of, there)
    return tuple(
        _moving(unit, layer, catalog, files, found, naming, in_scope, services, is_free)
        for unit in sorted(units, key=lambda unit: unit.title)
    )


def _may_import(data: bytes, tops: Iterable[str]) -> bool:
    names = b"|".join(re.escape(top.encode()) for top in sorted(tops))
    return re.search(rb"(?m)^[ \t]*(?:import|from)[ \t]+(?:[^\n#]*,[ \t]*)?(?:%b)\b" % names, data) is not None


def _moving(
    unit: Unit,
    layer: PythonLayer,
    catalog: Catalog,
    files: _Files,
    found: Mapping[str, Imports],
    naming: Iterable[str],
    in_scope: Callable[[str], bool],
    services: Services,
    is_free: Callable[[str], bool],
) -> Moving:
    mine = frozenset(unit.services)
    own = [path for path in layer.sources if services.of(path) in mine]
    hindrances: list[Hindrance] = []
    edits: dict[str, tuple[Replacement, ...]] = {}
    for path, home in sorted(unit.homes.items()):
        parsed = files.parsed(path)
        if parsed is not None:
            edits[path] = imports_of(parsed, layer.rules.tops, home.name).replaced
    libraries = tuple(sorted({_top(each.name) for path in edits for each in found[path].taken}))
    hindrances += _in_files(unit, layer, files, found, [path for path in naming if services.of(path) in mine])
    hindrances += [
        Hindrance(path, _first_line(files, found, path), _OUTSIDE.format(" or ".join(libraries or layer.rules.tops)))
        for path in unit.homes
        if not in_scope(path)
    ]
    hindrances += _others(own, catalog, files, layer)
    hindrances += _beside(own, files, layer)
    hindrances += _in_use(mine, layer, catalog, files, services)
    package = _package(unit, layer, found)
    own_sources = {path: layer.sources[path] for path in own if in_scope(path)}
    given = defaults(
        own_sources, (u for u in layer.usages if u.service in mine), layer.rules, catalog.replacements.whole_addresses
    )
    for path, replaced in given.replaced.items():
        edits[path] = tuple(sorted((*edits.get(path, ()), *replaced)))
    for home in dict.fromkeys(unit.homes.values()):
        if not is_free(home.folder):
            hindrances.append(Hindrance(posixpath.join(home.folder, "__init__.py"), 1, _TAKEN.format(home.folder)))
    told = tuple(Hindrance(path, files.line(path, at), why) for path, at, why in given.told)
    return Moving(unit, edits, package, libraries, tuple(sorted(set(hindrances))), told)


def _in_files(
    unit: Unit, layer: PythonLayer, files: _Files, found: Mapping[str, Imports], naming: Iterable[str]
) -> Iterator[Hindrance]:
    """Yield what stands in files that name a library: of those that do not import it, texts that lead to it."""
    rules = layer.rules
    for path in sorted({*naming, *unit.homes}):
        parsed = files.parsed(path)
        if parsed is None:
            if path in unit.homes:
                names = " or ".join(sorted(top for top in rules.tops if top.encode() in layer.sources[path]))
                yield Hindrance(path, 1, _UNREADABLE.format(names))
            continue
        told = [*refusals(found[path]), *not_kept(parsed, found[path], rules)]
        told += by_text(parsed, rules.tops, lambda name: not rules.why_not(name) and name not in rules.modules)
        for at, reason in told:
            yield Hindrance(path, files.line(path, at), reason)
        parts = posixpath.splitext(path)[0].removesuffix("/__init__")
        if parts.rpartition("/")[2] in rules.tops and layer.index.name_of(path) in rules.tops:
            yield Hindrance(path, 1, _DEFINES)


def _others(own: Iterable[str], catalog: Catalog, files: _Files, layer: PythonLayer) -> Iterator[Hindrance]:
    """Yield the imports of other libraries of the broker, which stay as they are."""
    python, rules = catalog.python, layer.rules
    system = catalog.broker.id
    tops = frozenset(
        module.partition(".")[0]
        for module, library in python.modules.items()
        if library not in rules.libraries and catalog.system_of(library) == system
    ) - set(rules.tops)
    named = re.compile(rb"\b(?:%b)\b" % b"|".join(re.escape(top.encode()) for top in sorted(tops)))
    for path in own if tops else ():
        parsed = files.parsed(path) if named.search(layer.sources[path]) else None
        taken = imports_of(parsed, tops, "").taken if parsed is not None else ()
        told: set[str] = set()
        for each in taken:
            top = _top(each.name)
            if top not in told:
                told.add(top)
                why = rules.refused.modules.get(top, "")
                yield Hindrance(path, files.line(path, each.at), _OTHER.format(top) + (f" {why}" if why else ""))


def _beside(own: Iterable[str], files: _Files, layer: PythonLayer) -> Iterator[Hindrance]:
    """Yield what code has of other packages that does not go with this one."""
    told = layer.rules.refused.others
    tops = frozenset(map(_top, told))
    for name, why in told.items():
        last = name.rpartition(".")[2].encode()
        for path in own:
            parsed = files.parsed(path) if last in layer.sources[path] else None
            for named in names_in(parsed, imports_of(parsed, tops, "")) if parsed is not None else ():
                if named.name == name:
                    yield Hindrance(path, files.line(path, named.at), said(name, why))


def _in_use(
    mine: frozenset[str], layer: PythonLayer, catalog: Catalog, files: _Files, services: Services
) -> Iterator[Hindrance]:
    """Yield what the code of some services does with objects of a library and is not kept."""
    rules = layer.rules
    yield from by_usages((u for u in layer.usages if u.service in mine), files.calls, rules, catalog.python)
    yield from by_members((m for m in layer.members if services.of(m.path) in mine), files.line, rules)
    told = (*by_arguments(layer.calls, rules), *by_expiry(layer.topology, rules), *layer.unplanned)
    yield from (each for each in told if services.of(each.path) in mine)


def _package(unit: Unit, layer: PythonLayer, found: Mapping[str, Imports]) -> dict[str, bytes]:
    """Return the files of the package, by path, at each place where a unit has it."""
    used: dict[Home, set[str]] = {}
    for path, home in unit.homes.items():
        taken = found[path].taken if path in found else ()
        used.setdefault(home, set()).update(_top(each.name) for each in taken)
    return {
        posixpath.join(home.folder, path): text.encode()
        for home, tops in used.items()
        for path, text in layer.files_for(frozenset(tops)).items()
    }


def _first_line(files: _Files, found: Mapping[str, Imports], path: str) -> int:
    taken = found[path].taken if path in found else ()
    return files.line(path, taken[0].at) if taken else 1


def _top(name: str) -> str:
    return name.partition(".")[0]
