"""pyproject.toml and Pipfile: the lists and tables in which builds and package managers look for packages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from natsscan.model.source import FileKind, SourceFile
from natsscan.surfaces.python_requirement import Declared, Form, Item, Listing, Requirement, address, normalized, pep508
from natsscan.surfaces.tomltree import TomlEntry, TomlKind, TomlTree, read_toml

# Keys whose array holds requirements: PEP 517, 621 and 735, poetry, pdm, hatch, uv, flit and rye.
_LISTS = re.compile(
    r"build-system\.requires|project\.dependencies|project\.optional-dependencies\.[^.]+|dependency-groups\.[^.]+"
    r"|tool\.poetry\.extras\.[^.]+|tool\.pdm\.dev-dependencies\.[^.]+|tool\.hatch\.(?:[^.]+\.)+(?:extra-)?dependencies"
    r"|tool\.uv\.(?:dev|constraint|override|build-constraint)-dependencies|tool\.rye\.dev-dependencies"
    r"|tool\.flit\.metadata\.(?:dev-)?requires|tool\.flit\.metadata\.requires-extra\.[^.]+"
)
# Tables whose keys are packages.
_TABLES = re.compile(
    r"tool\.poetry\.(?:dev-)?dependencies|tool\.poetry\.group\.[^.]+\.dependencies|(tool\.uv\.sources)"
)
# Tables of a Pipfile that hold no packages; all others are categories of them.
_SETTINGS = frozenset({"source", "requires", "pipenv", "scripts"})
_ADDRESSES = frozenset({"git", "hg", "svn", "bzr", "path", "url", "file", "editable", "workspace"})
# What else may be said of a package in a table, and goes for whatever takes its place as well.
_CARRIED = frozenset({"version", "optional", "python", "markers", "platform", "platforms"})
_OF_ITS_OWN = "The package has a table of its own, or shares its line: write the one that takes its place by hand."


def read(source: SourceFile) -> Declared:
    """Return the packages of a pyproject.toml or a Pipfile."""
    tree = read_toml(source.data)
    is_pipfile = source.kind is FileKind.PIPFILE
    found = [*_arrays(source.data, tree)] if not is_pipfile else []
    return Declared((*found, *_tables(source.data, tree, is_pipfile=is_pipfile)), tree.faults)


def _arrays(data: bytes, tree: TomlTree) -> Iterator[Listing]:
    children = _children(tree)
    for entry in tree.entries:
        if entry.kind is TomlKind.ARRAY and entry.key is not None:
            where = ".".join(entry.path)
            if _LISTS.fullmatch(where):
                items = tuple(_item(data, each) for each in children.get(entry.place, ()))
                yield Listing(Form.ITEM, items, where, brackets="[")


def _item(data: bytes, entry: TomlEntry) -> Item:
    found = _inside(data, entry) if entry.kind is TomlKind.STRING else None
    return Item(*entry.value, pep508(data, *found) if found is not None else None)


def _inside(data: bytes, entry: TomlEntry) -> tuple[int, int] | None:
    """Return where the text of a string stands, None for one over several lines."""
    start, end = entry.value
    return None if data[start : start + 3] in (b'"""', b"'''") else (start + 1, end - 1)


def _tables(data: bytes, tree: TomlTree, *, is_pipfile: bool) -> Iterator[Listing]:
    """Yield tables of packages, the keys of each in order, and those packages that have tables of their own."""
    children = _children(tree)
    keys: dict[int, list[TomlEntry]] = {}
    for entry in tree.entries:
        above = entry.path[:-1]
        where = ".".join(above)
        found = _TABLES.fullmatch(where)
        is_one = len(above) == 1 and above[0] not in _SETTINGS if is_pipfile else found is not None
        if not is_one or (entry.key is None and entry.parent >= 0):
            continue
        is_own = entry.key is None or entry.start != entry.key[0]
        if is_own or (entry.parent >= 0 and tree.entries[entry.parent].key is not None):
            item = Item(entry.start, entry.value[1], replace(_wanted(data, entry, children), odd=True))
            yield Listing(Form.KEY, (item,), where, fixed=_OF_ITS_OWN)
        else:
            keys.setdefault(entry.parent, []).append(entry)
    for parent, entries in keys.items():
        where = ".".join(entries[0].path[:-1])
        found = _TABLES.fullmatch(where)
        alone = "" if found is not None and found[1] else None
        items = tuple(Item(each.start, each.value[1], _wanted(data, each, children)) for each in entries)
        yield Listing(Form.KEY, items, where if parent >= 0 else None, alone=alone)


def _wanted(data: bytes, entry: TomlEntry, children: dict[int, list[TomlEntry]]) -> Requirement:
    """Return the package that a key names, with what its value says of it."""
    start, end = _bare(data, entry.key or _last_part(data, entry))
    said = {each.path[-1]: each for each in children.get(entry.place, ()) if each.path != entry.path}
    clause = entry if entry.kind is TomlKind.STRING else said.get("version")
    version = _inside(data, clause) if clause is not None and clause.kind is TomlKind.STRING else None
    extras = [each for each in children.get(said["extras"].place, ()) if each.text] if "extras" in said else []
    location = next((each.text or name for name, each in said.items() if name in _ADDRESSES), "")
    is_plain = entry.kind is TomlKind.STRING or (entry.kind is TomlKind.TABLE and said.keys() <= _CARRIED)
    return Requirement(
        name=normalized(entry.path[-1]),
        start=start,
        end=end,
        after=end,
        extras=tuple((normalized(each.text), *_bare(data, each.value)) for each in extras),
        version=version or (end, end),
        rest=entry.value[1],
        marker=said["markers"].text if "markers" in said else "",
        location=address(location.encode()),
        odd=not is_plain or entry.key is None or (version is None and not said),
    )


def _last_part(data: bytes, entry: TomlEntry) -> tuple[int, int]:
    """Return where the last part of a table's header stands."""
    name = entry.path[-1].encode()
    at = data.rfind(name, entry.start, entry.value[0])
    return (at, at + len(name)) if at >= 0 else (entry.start, entry.value[0])


def _bare(data: bytes, span: tuple[int, int]) -> tuple[int, int]:
    """Return a span without the quotes around it."""
    start, end = span
    is_quoted = data[start : start + 1] in (b"'", b'"')
    return (start + 1, end - 1) if is_quoted else (start, end)


def _children(tree: TomlTree) -> dict[int, list[TomlEntry]]:
    found: dict[int, list[TomlEntry]] = {}
    for entry in tree.entries:
        found.setdefault(entry.parent, []).append(entry)
    return found
