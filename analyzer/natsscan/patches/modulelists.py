"""A module that is new in a package: where its file goes, and the line of the cabal file that names it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from natsscan.model.patch import Edit, edit
from natsscan.patches.items import Item, insertion, split
from natsscan.surfaces.cabal_fields import Field, parse

_LISTS = ("exposed-modules", "other-modules")
_BLANK = re.compile(rb"[\s,]+")


@dataclass(frozen=True, slots=True)
class NewModule:
    """Where a new module's file goes, and the edit that names it; None where a build finds modules by itself."""

    path: str
    edit: Edit | None


def beside(module: str, neighbour: str, paths: Iterable[str], read: Callable[[str], bytes | None]) -> NewModule | None:
    """Return where a module goes that stands beside a file of a package; None if no package is around that.

    `paths` are all files of the project. It is named in the list that names the neighbour, in its order.
    """
    paths = frozenset(paths)
    folder = posixpath.dirname(neighbour)
    while True:
        cabal = next((p for p in sorted(paths) if p.endswith(".cabal") and posixpath.dirname(p) == folder), None)
        hpack = posixpath.join(folder, "package.yaml")
        if cabal is not None or hpack in paths or not folder:
            break
        folder = posixpath.dirname(folder)
    if hpack in paths:
        return NewModule(posixpath.join(_source_folder(neighbour), _path(module)), None)
    data = read(cabal) if cabal is not None else None
    if cabal is None or data is None:
        return None
    lists = [field for field in parse(data).fields if field.name in _LISTS]
    named = {item.name for field in lists for item in _items(data, field)}
    for field in lists:
        for item in _items(data, field):
            if neighbour.endswith(f"/{_path(item.name)}"):
                path = neighbour.removesuffix(_path(item.name)) + _path(module)
                return NewModule(path, None if module in named else _named(cabal, data, field, module))
    return None


def _source_folder(path: str) -> str:
    """Return the folder that module names begin below: folders of modules begin with a capital."""
    parts = posixpath.dirname(path).split("/")
    while parts and parts[-1][:1].isupper():
        parts.pop()
    return "/".join(parts)


def _path(module: str) -> str:
    return module.replace(".", "/") + ".hs"


def _items(data: bytes, field: Field) -> tuple[Item, ...]:
    end = field.start + len(field.value)
    blanked = data[: field.start] + field.value + data[end:]  # lines of comments are blank there
    return split(blanked, field.start, end, _BLANK)


def _named(path: str, data: bytes, field: Field, module: str) -> Edit:
    items = _items(data, field)
    at, text = insertion(data, items, len(items) - 1, module, b" ")
    return edit(path, data, at, at, text)
