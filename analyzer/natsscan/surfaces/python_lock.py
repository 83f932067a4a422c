"""Lock files of Python's package managers: which versions they have found, written by a program and for one."""

from __future__ import annotations

import json
import posixpath
import re
import tomllib
from collections.abc import Iterator
from itertools import zip_longest

from natsscan.model.source import SourceFile
from natsscan.source.tomltext import load_toml
from natsscan.surfaces.python_requirement import CONDA, PYPI, Declared, Form, Item, Listing, Requirement, normalized
from natsscan.surfaces.tomltree import fault

# The command that writes each file.
_MAKERS = {
    "Pipfile.lock": "pipenv lock",
    "pdm.lock": "pdm lock",
    "poetry.lock": "poetry lock",
    "uv.lock": "uv lock",
}
_CONDA_LOCK = "conda-lock"
_UNKNOWN_MAKER = "a program"
_NAME = r"[A-Za-z0-9][\w.-]*"
_TABLE = re.compile(rb"(?m)^\[\[packages?\]\][ \t]*\r?\n((?:(?!\[)[^\n]*\n?)*?)(?=^\[|\Z)")
_TABLE_NAME = re.compile(rf"(?m)^name = \"({_NAME})\"".encode())
_TABLE_VERSION = re.compile(rb"(?m)^version = \"([^\"\n]*)\"")
_SECTION = re.compile(rb"(?m)^ {4}\"([\w-]+)\": \{")
_OBJECT = re.compile(rf'"({_NAME})":\s*\{{([^{{}}]*)\}}'.encode())
_OBJECT_VERSION = re.compile(rb"\"version\":\s*\"([^\"]*)\"")
_ENTRY = re.compile(rb"(?m)^(-[ \t][^\n]*\n?(?:^[ \t]+[^\n]*\n?)*+)")
_ENTRY_NAME = re.compile(rf"(?m)^[- ] name:[ \t]*['\"]?({_NAME})".encode())
_ENTRY_VERSION = re.compile(rb"(?m)^[- ] version:[ \t]*['\"]?([^\s'\"]+)")
_ENTRY_MANAGER = re.compile(rb"(?m)^[ \t]*manager:[ \t]*pip\b")


def read(source: SourceFile) -> Declared:
    """Return the packages of a lock file."""
    name, data = posixpath.basename(source.path), source.data
    if name == "Pipfile.lock":
        faults, found = _json_faults(data), _objects(data)
    elif name.endswith((".yml", ".yaml")):
        faults, found = (), _entries(data)
    else:
        faults, found = _toml_faults(data), _tables(data)
    maker = _MAKERS.get(name, _CONDA_LOCK if _CONDA_LOCK in name else _UNKNOWN_MAKER)
    return Declared(tuple(found), faults, maker)


def _tables(data: bytes) -> Iterator[Listing]:
    items = tuple(
        item for table in _TABLE.finditer(data) for item in _item(data, *table.span(1), _TABLE_NAME, _TABLE_VERSION)
    )
    yield Listing(Form.LINE, items, "package")


def _objects(data: bytes) -> Iterator[Listing]:
    sections = [*_SECTION.finditer(data)]
    for section, after in zip_longest(sections, sections[1:]):
        end = after.start() if after is not None else len(data)
        items = []
        for found in _OBJECT.finditer(data, section.end(), end):
            version = _OBJECT_VERSION.search(data, *found.span(2))
            items.append(_at(found.span(1), version.span(1) if version else None, data))
        yield Listing(Form.LINE, tuple(items), section[1].decode())


def _entries(data: bytes) -> Iterator[Listing]:
    for ecosystem in (CONDA, PYPI):
        items = tuple(
            item
            for entry in _ENTRY.finditer(data)
            if (_ENTRY_MANAGER.search(data, *entry.span()) is not None) == (ecosystem == PYPI)
            for item in _item(data, *entry.span(1), _ENTRY_NAME, _ENTRY_VERSION)
        )
        yield Listing(Form.LINE, items, "package", ecosystem)


def _item(data: bytes, start: int, end: int, name: re.Pattern[bytes], version: re.Pattern[bytes]) -> Iterator[Item]:
    """Yield the package that a stretch of a file is about."""
    called, clause = name.search(data, start, end), version.search(data, start, end)
    if called is not None:
        yield _at(called.span(1), clause.span(1) if clause is not None else None, data)


def _at(name: tuple[int, int], version: tuple[int, int] | None, data: bytes) -> Item:
    start, end = name
    wanted = Requirement(normalized(data[start:end].decode()), start, end, end, (), version or (end, end), end)
    return Item(start, end, wanted)


def _toml_faults(data: bytes) -> tuple[tuple[int, str], ...]:
    try:
        load_toml(data.decode("utf-8", errors="replace").removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError as error:
        return (fault(data, str(error)),)
    return ()


def _json_faults(data: bytes) -> tuple[tuple[int, str], ...]:
    try:
        json.loads(data.decode("utf-8-sig", errors="replace"))
    except json.JSONDecodeError as error:
        at = len(error.doc[: error.pos].encode())
        return ((min(at, len(data)), f"not JSON: {error.msg}"),)
    except (RecursionError, ValueError) as error:
        return ((0, f"not JSON: {type(error).__name__}"),)
    return ()
