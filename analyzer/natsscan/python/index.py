"""The Python files of a project by the names under which they are imported."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

from natsscan.model.coverage import Problem
from natsscan.model.source import SourceFile
from natsscan.python.module import Module
from natsscan.python.parse import parse_python

PACKAGE = "__init__.py"


@dataclass(slots=True)
class ModuleIndex:
    """Modules by name; a file is parsed when it is asked for, and once.

    `problems` are those of the files that were asked for: what could not be parsed.
    """

    sources: dict[str, SourceFile]
    _paths: dict[str, str] = field(default_factory=dict)
    _names: dict[str, str] = field(default_factory=dict)
    _by_last: dict[str, list[str]] = field(default_factory=dict)
    _parsed: dict[str, Module | None] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def module(self, name: str) -> Module | None:
        """Return a module of the project by the name that `find` or `name_of` gives; None if it cannot be parsed."""
        if name not in self._parsed:
            self._parsed[name] = None
            path = self._paths.get(name)
            if path is not None:
                found = parse_python(self.sources[path], name, posixpath.basename(path) == PACKAGE)
                if isinstance(found, Problem):
                    self.problems.append(found)
                else:
                    self.problems += found.problems
                    self._parsed[name] = found
        return self._parsed[name]

    def is_parsed(self, name: str) -> bool:
        """Tell whether a module was asked for before."""
        return name in self._parsed

    def parsed(self) -> Iterator[Module]:
        """Yield the modules that were parsed, by name."""
        return (found for _, found in sorted(self._parsed.items()) if found is not None)

    def name_of(self, path: str) -> str:
        """Return the name of the module in a file."""
        return self._names[path]

    @property
    def named(self) -> Collection[str]:
        """The paths of the files that can be imported."""
        return self._names.keys()

    def path_of(self, name: str) -> str:
        """Return the file of a module."""
        return self._paths[name]

    def find(self, dotted: str, importer: str) -> str | None:
        """Return the module of the project that is imported as `dotted` somewhere; of several, the nearest one."""
        parts = dotted.lstrip(".").split(".")
        candidates = [path for path in self._by_last.get(parts[-1], ()) if _parts(path)[-len(parts) :] == parts]
        if not candidates:
            return None
        near = _parts(self._paths.get(importer, ""))
        best = min(candidates, key=lambda path: (-_shared(_parts(path), near), len(_parts(path)), path))
        return self._names[best]


def index_of(sources: Iterable[SourceFile]) -> ModuleIndex:
    """Return the index of a project's Python files; nothing is parsed yet."""
    by_path = {source.path: source for source in sources}
    index = ModuleIndex(by_path)
    names: dict[str, list[str]] = {}
    for path in sorted(by_path):
        parts = _parts(path)
        if not parts:
            continue
        index._by_last.setdefault(parts[-1], []).append(path)
        names.setdefault(_package_name(path, parts, by_path), []).append(path)
    for name, paths in names.items():
        for path in paths:
            own = name if len(paths) == 1 else ".".join(_parts(path))
            index._names[path], index._paths[own] = own, path
    return index


def _parts(path: str) -> list[str]:
    """Return the parts of the longest name that a file may be imported as."""
    folder, _, name = path.rpartition("/")
    parts = [part for part in folder.split("/") if part]
    return parts if name == PACKAGE else [*parts, name.removesuffix(".py")]


def _package_name(path: str, parts: list[str], files: dict[str, SourceFile]) -> str:
    """Return the name by the packages around a file: the folders that hold an `__init__.py`."""
    folder = posixpath.dirname(path)
    taken = 0 if posixpath.basename(path) == PACKAGE else 1
    while folder and f"{folder}/{PACKAGE}" in files:
        taken += 1
        folder = posixpath.dirname(folder)
    return ".".join(parts[-taken:]) if taken else ".".join(parts[-1:])


def _shared(first: list[str], second: list[str]) -> int:
    shared = 0
    for one, other in zip(first, second, strict=False):
        if one != other:
            break
        shared += 1
    return shared
