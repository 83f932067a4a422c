"""What docs/architecture.md and docs/decisions.md say of the code is what stands there."""

from __future__ import annotations

import re
import tomllib
import xml.etree.ElementTree as ET

import pytest

from tests.conftest import REPOSITORY

PACKAGE = REPOSITORY / "analyzer" / "natsscan"
ARCHITECTURE = (REPOSITORY / "docs" / "architecture.md").read_text()
TEXTS = {name: (REPOSITORY / "docs" / f"{name}.md").read_text() for name in ("architecture", "decisions")}
FOLDERS = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
# What the walks begin with, and names of files that natsscan writes or reads elsewhere.
OF_OTHERS = {"services/gundeck/src/Gundeck/Push.hs", "services/shop/shop/publisher.py", "setup.py", "the_plan.py"}


def test_the_table_has_every_folder_and_no_other() -> None:
    table = ARCHITECTURE.split("| folder | holds |")[1].split("\n\n")[0]
    rows = [row.split("|")[1] for row in table.strip().splitlines()[1:]]
    assert {name.rstrip("/") for row in rows for name in re.findall(r"`([\w/]+/)`", row)} == FOLDERS
    assert all((PACKAGE / name).is_file() for row in rows for name in re.findall(r"`(\w+\.py)`", row))


def test_the_layers_are_those_that_the_contract_has() -> None:
    settings = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
    (contract,) = settings["tool"]["importlinter"]["contracts"]
    (line,) = re.findall(r"^    (cli → .*)$", ARCHITECTURE, re.MULTILINE)
    assert line.replace(", ", " | ").split(" → ") == [layer for layer in contract["layers"] if layer != "__main__"]


def test_the_picture_has_every_folder() -> None:
    drawing = ET.parse(REPOSITORY / "docs" / "flow.svg")
    names = [element.text or "" for element in drawing.iter() if element.get("class") == "name"]
    assert {name.split("/")[0] for name in names if "/" in name} == FOLDERS
    assert re.search(r"!\[[^\]]{40,}\]\(flow\.svg\)", ARCHITECTURE)


@pytest.mark.parametrize("document", TEXTS)
def test_every_file_that_is_named_is_there(document: str) -> None:
    names = set(re.findall(r"`((?:[\w.-]+/)+[\w.*-]*|\w+\.py)`", TEXTS[document])) - OF_OTHERS
    assert [name for name in sorted(names) if not _is_there(name)] == []


@pytest.mark.parametrize("document", TEXTS)
def test_every_heading_that_is_linked_is_there(document: str) -> None:
    links = re.findall(r"\]\((\w+)\.md#([\w-]+)\)", TEXTS[document])
    headings = {
        (name, re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-"))
        for name, text in TEXTS.items()
        for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    }
    assert set(links) <= headings


def _is_there(name: str) -> bool:
    """Tell whether a file is there: by its path from here or from the package, or in some folder by its name."""
    return any(True for folder in (REPOSITORY, PACKAGE) for _ in folder.glob(name)) or any(
        True for folder in (PACKAGE, REPOSITORY / "templates") for _ in folder.rglob(name)
    )
