"""A package of the project that is new: where it goes, and the files in which a build finds it."""

from __future__ import annotations

import fnmatch
import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from natsscan.model.patch import Edit, NewFile, edit
from natsscan.model.source import FileKind, SourceFile
from natsscan.patches.items import Item, insertion, split
from natsscan.patches.lines import line_start, newline, whole
from natsscan.patches.yamllines import YamlLines, begin
from natsscan.source.kinds import is_package
from natsscan.surfaces.cabal_fields import parse
from natsscan.surfaces.yamltree import ValueKind

# Folders that code bases keep their libraries in.
_SHELVES = ("libs", "lib", "packages")
_PROJECT = "cabal.project"
_STACK = "stack.yaml"
_SEPARATOR = re.compile(rb"(?:,|[ \t\r\n]+,?)[ \t\r\n]*")


def folder_for(package: str, paths: Iterable[str]) -> str:
    """Return the folder of a package: where it is, else among the libraries of the project, else at its top."""
    paths = sorted(path for path in paths if is_package(path))
    own = (posixpath.dirname(path) for path in paths if posixpath.basename(path) == f"{package}.cabal")
    shelves = {posixpath.dirname(posixpath.dirname(path)) for path in paths}
    shelf = next((name for name in _SHELVES if name in shelves), "")
    return next(own, posixpath.join(shelf, package))


def listed(
    folder: str, paths: Iterable[str], read: Callable[[str], bytes | None]
) -> tuple[tuple[Edit, ...], tuple[NewFile, ...]]:
    """Return the edits, and a new file where a build had no need of one, that make a package in a folder be found."""
    paths = frozenset(paths)
    edits: list[Edit] = []
    for path, edited in ((_PROJECT, _in_project), (_STACK, _in_stack)):
        data = read(path) if path in paths else None
        if data is not None:
            edits += edited(path, data, folder)
    has_none = _PROJECT not in paths and _STACK not in paths
    if has_none and any(is_package(path) and "/" not in path for path in paths):
        return (), (NewFile(_PROJECT, f"packages:\n  ./\n  {folder}/\n".encode()),)
    return tuple(edits), ()


def _in_project(path: str, data: bytes, folder: str) -> Iterator[Edit]:
    """Yield the edit of a cabal.project: beside the neighbours of the package, kept apart as they are."""
    items: list[Item] = []
    for field in parse(data).fields:
        if field.name in ("packages", "optional-packages") and not field.section.name:
            end = field.start + len(field.value)
            blanked = data[: field.start] + field.value + data[end:]  # lines of comments are blank there
            here = [Item(i.start, i.end, i.name) for i in split(blanked, field.start, end, _SEPARATOR)]
            if any(_covers(item.name, folder) for item in here):
                return
            items = items if items or field.name != "packages" else here
    if not items:
        yield edit(path, data, len(data), len(data), whole(data, f"packages: ./ {folder}/".encode(), len(data)))
        return
    name = f"{folder}/" if any(item.name.endswith("/") for item in items) else folder
    indent = data[line_start(data, items[0].start) : items[0].start]
    otherwise = b" " if indent.strip() else newline(data) + indent
    at, text = insertion(data, items, _neighbour([item.name for item in items], folder), name, otherwise)
    yield edit(path, data, at, at, text)


def _in_stack(path: str, data: bytes, folder: str) -> Iterator[Edit]:
    """Yield the edit of a stack.yaml likewise."""
    file = YamlLines(SourceFile(path, FileKind.STACK, data))
    field = next((each for each in file.tree.entries if each.path == ("packages",) and each.key), None)
    if field is None:
        at = len(data)
        yield edit(
            path, data, at, at, whole(data, newline(data).join([b"packages:", b"- .", f"- {folder}".encode()]), at)
        )
        return
    items = file.children(field)
    if field.kind is not ValueKind.LIST or any(_covers(item.text, folder) for item in items):
        return
    if file.is_flow(field):
        inside = [Item(*item.value, item.text) for item in items]
        if inside:
            at, text = insertion(data, inside, len(inside) - 1, folder, b", ")
        else:
            at, text = field.value[0] + 1, folder.encode()
        yield edit(path, data, at, at, text)
        return
    beside = items[_neighbour([item.text for item in items], folder)]
    lines = file.lines(beside)
    if lines is not None:
        dash = data[line_start(data, begin(beside)) : begin(beside)]
        yield edit(path, data, lines.end, lines.end, whole(data, dash + folder.encode(), lines.end))


def _neighbour(names: Sequence[str], folder: str) -> int:
    """Return the one of some paths that a new one goes behind: the last before it in the same folder, else the last."""
    shelf = posixpath.dirname(folder)
    before = [at for at, name in enumerate(names) if posixpath.dirname(name.rstrip("/").removeprefix("./")) == shelf]
    lower = [at for at in before if names[at].removeprefix("./") < folder]
    return (lower or before or [len(names) - 1])[-1]


def _covers(pattern: str, folder: str) -> bool:
    """Tell whether a path of a project file, with stars in it or none, leads to a package in a folder."""
    text = posixpath.normpath(pattern.strip("\"'"))
    wanted = folder if not text.endswith(".cabal") else posixpath.join(folder, "x.cabal")
    parts, own = text.split("/"), wanted.split("/")
    if "**" in parts:
        head = parts[: parts.index("**")]
        return own[: len(head)] == head
    return len(parts) == len(own) and all(map(fnmatch.fnmatchcase, own, parts))
