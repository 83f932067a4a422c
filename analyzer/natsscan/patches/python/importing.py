"""Which Python files of a project import which, by their import lines, and what they call each other."""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from natsscan.python.index import ModuleIndex

_LINE = re.compile(
    rb"(?m)^[ \t]*(?:from[ \t]+(?P<dots>\.*)(?P<from>[\w.]*)[ \t]+import[ \t(]*(?P<names>[^\n#]*)"
    rb"|import[ \t]+(?P<all>[\w., \t]+))"
)
_PACKAGE = "__init__.py"


@dataclass(frozen=True, slots=True)
class Import:
    """An import of one file of a project by another, `called` as there; that is empty if it is relative."""

    importer: str
    path: str
    called: str


def imports_between(data: Mapping[str, bytes], index: ModuleIndex) -> tuple[Import, ...]:
    """Return which files of a project import which, as far as their lines tell it. `data` are all Python files."""
    found: dict[Import, None] = {}
    for importer, text in data.items():
        own = index.name_of(importer) if importer in index.named else ""
        for match in _LINE.finditer(text):
            for each in _of_line(match, importer, own, data, index):
                found[each] = None
    return tuple(found)


def _of_line(
    match: re.Match[bytes], importer: str, own: str, data: Mapping[str, bytes], index: ModuleIndex
) -> Iterator[Import]:
    if match["all"] is not None:
        for part in match["all"].decode().split(","):
            dotted = part.split()[0] if part.split() else ""
            if dotted and (path := _find(dotted, own, index)) is not None:
                yield Import(importer, path, dotted)
        return
    module, names = match["from"].decode(), [word.decode() for word in re.findall(rb"\w+", match["names"])]
    if match["dots"]:
        folder = posixpath.dirname(importer)
        for _ in range(len(match["dots"]) - 1):
            folder = posixpath.dirname(folder)
        base = posixpath.join(folder, *module.split(".")) if module else folder
        paths = (path for at in (base, *(posixpath.join(base, name) for name in names)) for path in _files(at))
        yield from (Import(importer, path, "") for path in paths if path in data)
        return
    if (path := _find(module, own, index)) is not None:
        yield Import(importer, path, module)
    for name in names:
        if (path := _find(f"{module}.{name}", own, index)) is not None:
            yield Import(importer, path, f"{module}.{name}")


def _find(dotted: str, own: str, index: ModuleIndex) -> str | None:
    found = index.find(dotted, own) if dotted.strip(".") else None
    return index.path_of(found) if found is not None else None


def _files(base: str) -> tuple[str, ...]:
    return (f"{base}.py", posixpath.join(base, _PACKAGE)) if base else (_PACKAGE,)


def leading_to(imports: Iterable[Import], goals: Iterable[str]) -> frozenset[str]:
    """Return the files that are goals, or that import one, however far away."""
    importers: dict[str, list[str]] = {}
    for each in imports:
        importers.setdefault(each.path, []).append(each.importer)
    found, waiting = set(goals), list(goals)
    while waiting:
        for importer in importers.get(waiting.pop(), ()):
            if importer not in found:
                found.add(importer)
                waiting.append(importer)
    return frozenset(found)


def root_of(path: str, paths: Iterable[str]) -> str:
    """Return the topmost package that a file is in, by its folder; the folder of a file that is in none."""
    paths = paths if isinstance(paths, (frozenset, set, dict)) else frozenset(paths)
    folder = posixpath.dirname(path)
    while folder and posixpath.join(posixpath.dirname(folder), _PACKAGE) in paths:
        folder = posixpath.dirname(folder)
    return folder


def name_of(root: str, imports: Iterable[Import], paths: Iterable[str]) -> str:
    """Return what others call the folder of a package or of scripts; nothing if they import from it by bare names.

    A package that nobody imports is called by its folder, scripts by nothing.
    """
    own = tuple(part for part in root.split("/") if part)
    is_package = posixpath.join(root, _PACKAGE) in paths
    usual = own[-1] if is_package and own else ""
    votes: Counter[str] = Counter()
    for each in imports:
        parts = _parts(each.path)
        if parts[: len(own)] != own or not (own or each.called):
            continue
        called = [part for part in each.called.split(".") if part]
        depth = len(parts) - len(own)
        if each.called and len(called) >= depth:
            votes[".".join(called[: len(called) - depth])] += 1
        elif not each.called and is_package and each.importer.startswith(f"{root}/"):
            votes[usual] += 1
    named = Counter({name: count for name, count in votes.items() if name})
    if named:
        return max(named, key=lambda name: (named[name], name == usual, name))
    return "" if votes else usual


def _parts(path: str) -> tuple[str, ...]:
    folder, _, name = path.rpartition("/")
    parts = tuple(part for part in folder.split("/") if part)
    return parts if name == _PACKAGE else (*parts, name.removesuffix(".py"))
