"""Small Haskell inputs beside what must be found in them (fixtures/cases/haskell).

A line of an `.expected` file is `LINE OPERATION SYMBOL [argument=TEXT ...]`, in folders `FILE:LINE`. Arguments that are
listed must be there and equal; `!name` must be absent. Imports and types are not listed.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from natsscan.catalog.catalog import Catalog
from natsscan.model.usage import Operation, Provenance, Usage
from tests.conftest import CASES
from tests.scanning import usages_in

FOLDER = CASES / "haskell"
NAMES = sorted({path.name.removesuffix(".expected") for path in FOLDER.iterdir() if path.suffix == ".expected"})
FOLDERS = sorted(path.name for path in FOLDER.iterdir() if path.is_dir())
_ITEM = re.compile(r"`([^`]*)`|(\S+)")


@pytest.mark.parametrize("name", NAMES)
def test_case(name: str, catalog: Catalog) -> None:
    source = next(path for path in FOLDER.glob(f"{name}.*") if path.suffix != ".expected")
    expected = (FOLDER / f"{name}.expected").read_text().splitlines()
    check({source.name: source}, [f"{source.name}:{line}" for line in expected], catalog)


@pytest.mark.parametrize("name", FOLDERS)
def test_case_of_several_modules(name: str, catalog: Catalog) -> None:
    files = {path.relative_to(FOLDER / name).as_posix(): path for path in (FOLDER / name).rglob("*.*hs")}
    check(files, (FOLDER / name / "expected").read_text().splitlines(), catalog)


def check(files: dict[str, Path], expected: list[str], catalog: Catalog) -> None:
    usages = usages_in({name: path.read_bytes().decode() for name, path in files.items()}, catalog)
    found = sorted(
        (u for u in usages if u.operation not in (Operation.IMPORT, Operation.TYPE)),
        key=lambda u: (u.span.path, u.span.line, u.span.column),
    )
    wanted = [[given or plain for given, plain in _ITEM.findall(line)] for line in expected if line.strip()]
    have = [[f"{u.span.path}:{u.span.line}", u.operation.value, u.symbol] for u in found]
    assert sorted(have) == sorted(items[:3] for items in wanted)
    for usage, items in zip(sorted(found, key=place), sorted(wanted, key=lambda items: items[:3]), strict=True):
        arguments = {a.name: a.text for a in usage.arguments if a.provenance is not Provenance.DEFAULT}
        for item in items[3:]:
            name, _, text = item.partition("=")
            if item.startswith("!"):
                assert item[1:] not in arguments, f"{items[:3]}: {item[1:]} is {arguments[item[1:]]}"
            else:
                assert arguments.get(name) == text, f"{items[:3]}: {name}"


def place(usage: Usage) -> list[str]:
    return [f"{usage.span.path}:{usage.span.line}", usage.operation.value, usage.symbol]
