"""Which modules of a project move to a layer with the API of the library they import, and what stands against it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from natsscan.catalog.catalog import Catalog
from natsscan.catalog.compat import Compat, Refused
from natsscan.haskell.library_uses import LibraryUses, Use
from natsscan.haskell.module import Import, Module
from natsscan.haskell.reader import parse_file
from natsscan.haskell.renaming import Renamed, Renaming, defined, qualified, rename
from natsscan.model.source import FileKind, SourceFile
from natsscan.model.symbol import SymbolId
from natsscan.patches.hindrance import Hindrance
from natsscan.patches.written import is_ours
from natsscan.source.kinds import Kinds, is_package
from natsscan.source.text import TextPositions

_NAME = re.compile(rb"(?im)^name[ \t]*:[ \t]*[\"']?([\w-]+)")
_UNREADABLE = "It cannot be read, and may import {}."
_DEFINES = "It defines a module of that name itself, in a package that is called otherwise."
_OUTSIDE = "It imports {} too, and is outside of what was named: name the whole project."
_UNKNOWN = "{} is not known to be in {}."
_OTHER = "It also imports {}, which has the library's own types and stays as it is."
_REFUSED = "The layer does not keep {}. {}"
_NOT_OFFERED = "{} is not in {} as it stands in {}: have natsscan generate write the package anew."


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer and the files of its package as they are written for a code base, by path in it.

    `uses` is what the code base needs of the library, also where it has moved already; `refused` are functions among
    that which the layer does not keep, each with the reason.
    """

    rules: Compat
    files: Mapping[str, str]
    uses: LibraryUses
    refused: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Moving:
    """What is replaced in each module that moves, by path; and what stands against it.

    `users` are all files that name something of the library, also through modules of the project. `provided` are the
    folders of the packages that have the library's modules themselves, `own` the names of others.
    """

    renamed: Mapping[str, Renamed]
    users: frozenset[str]
    hindrances: tuple[Hindrance, ...]
    provided: frozenset[str]
    own: frozenset[str]


def renaming_of(layer: Compat, packages: Iterable[str]) -> Renaming:
    """Return the names that a layer's modules and package have in the place of the library's."""
    return Renaming(layer.modules, dict.fromkeys(packages, layer.package))


def packages_of(layer: Compat, catalog: Catalog) -> frozenset[str]:
    """Return the packages of the library that a layer has the API of."""
    return frozenset(name for each in catalog.libraries if each.id == layer.library for name in each.packages)


def find_moving(
    layer: Layer,
    catalog: Catalog,
    read: Callable[[str], bytes | None],
    paths: Iterable[str],
    in_scope: Callable[[str], bool],
    offers: Mapping[str, frozenset[SymbolId]],
    folder: str,
) -> Moving:
    """Return what moves; `offers` is what the layer's modules have, by module, in the package in `folder`.

    `read` gives the bytes of a file of the project, `paths` are all its files, `in_scope` tells which may be changed.
    """
    paths, rules = sorted(paths), layer.rules
    packages = packages_of(rules, catalog)
    names = _names(paths, read)
    provided = frozenset(folder for folder, name in names.items() if name in packages)
    kinds = Kinds(paths)
    sources: list[SourceFile] = []
    found: list[Hindrance] = []
    for path in (path for path in paths if kinds.of(path) is FileKind.HASKELL):
        data = read(path)
        if data is None:
            found.append(Hindrance(path, 1, _UNREADABLE.format(" or ".join(rules.modules))))
        elif not is_ours(data):
            sources.append(SourceFile(path, FileKind.HASKELL, data))
    theirs = [source for source in sources if not any(_is_below(source.path, each) for each in provided)]
    renamed: dict[str, Renamed] = {}
    renaming = renaming_of(rules, packages)
    for source in (each for each in theirs if any(name.encode() in each.data for name in rules.modules)):
        result, positions = rename(source, renaming), TextPositions(source.path, source.data)
        if (name := defined(source)) in rules.modules:
            found.append(Hindrance(source.path, positions.position(source.data.find(name.encode()))[0], _DEFINES))
        found += [Hindrance(source.path, positions.position(at)[0], reason) for at, reason in result.refusals]
        if result.replaced:
            renamed[source.path] = result
            if not in_scope(source.path):
                line = positions.position(result.replaced[0][0])[0]
                found.append(Hindrance(source.path, line, _OUTSIDE.format(" or ".join(rules.modules))))
            found += _unknown(source, positions, catalog, rules)
    uses = {source.path: layer.uses.by_file[source.path] for source in theirs if source.path in layer.uses.by_file}
    found += _not_kept(uses, layer, offers, folder) if renamed else ()
    hindrances = tuple(sorted(set(found), key=lambda each: (each.path, each.line, each.reason)))
    new = frozenset(names.values()) - packages
    return Moving(renamed, frozenset(uses.keys() | renamed.keys()), hindrances, provided, new)


def _names(paths: Iterable[str], read: Callable[[str], bytes | None]) -> dict[str, str]:
    """Return the names of the project's packages by their folders."""
    described = ((path, _NAME.search(read(path) or b"")) for path in paths if is_package(path))
    return {posixpath.dirname(path): found[1].decode() for path, found in described if found is not None}


def _is_below(path: str, folder: str) -> bool:
    return path.startswith(f"{folder}/") or not folder


def _unknown(source: SourceFile, positions: TextPositions, catalog: Catalog, layer: Compat) -> Iterator[Hindrance]:
    """Yield what a file takes that the layer does not have: names that no rule knows, and what else has its types."""
    readings = parse_file(source)
    system = catalog.system_of(layer.library)
    for line in (line for module in readings for line in module.imports):
        other = catalog.modules.get(line.module)
        if other is not None and other != layer.library and catalog.system_of(other) == system:
            yield Hindrance(source.path, positions.position(line.start)[0], _OTHER.format(line.module))
    for module in readings:
        # What is hidden need not be there.
        for line in (each for each in module.imports if each.module in layer.modules and not each.hiding):
            known = {name for _, name in catalog.exports.get(line.module, {})}
            for name in (name for entity in line.entities or () for name in (entity.name, *entity.children)):
                if name not in known:
                    at = source.data.find(name.encode(), line.start)
                    yield Hindrance(source.path, positions.position(at)[0], _UNKNOWN.format(name, line.module))
    ours = _only_ours(readings, layer)
    for lexeme in qualified(source):
        modules = ours.get(lexeme.qualifier.decode(errors="replace"), ())
        name = lexeme.text[len(lexeme.qualifier) + 1 :].decode(errors="replace")
        if modules and not any(name == known for each in modules for _, known in catalog.exports.get(each, {})):
            at = positions.position(lexeme.start)[0]
            yield Hindrance(source.path, at, _UNKNOWN.format(name, " or ".join(modules)))


def _only_ours(readings: Sequence[Module], layer: Compat) -> dict[str, tuple[str, ...]]:
    """Return the qualifiers under which there is nothing but what the library's modules have, and these modules."""
    found: dict[str, set[str]] = {}
    others: set[str] = set()
    for line in (line for module in readings for line in module.imports):
        qualifier = _qualifier(line)
        if line.module in layer.modules:
            found.setdefault(qualifier, set()).add(line.module)
        else:
            others.add(qualifier)
    return {qualifier: tuple(sorted(names)) for qualifier, names in found.items() if qualifier not in others}


def _qualifier(line: Import) -> str:
    return line.alias or line.module


def _not_kept(
    uses: Mapping[str, tuple[Use, ...]], layer: Layer, offers: Mapping[str, frozenset[SymbolId]], folder: str
) -> Iterator[Hindrance]:
    """Yield the uses of what the layer does not keep, or does not have as its package stands."""
    rules = layer.rules
    for path, used in uses.items():
        for use in used:
            name, module = use.symbol.id.name, rules.modules.get(use.through, use.through)
            home = rules.home_of(use.symbol)
            reason = home.message if isinstance(home, Refused) else layer.refused.get(name, "")
            if reason:
                yield Hindrance(path, use.at.line, _REFUSED.format(name, reason))
            elif use.symbol.id not in offers.get(module, frozenset()):
                yield Hindrance(path, use.at.line, _NOT_OFFERED.format(name, module, folder))
