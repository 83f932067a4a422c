"""Trees that grow: wire-mini many times over, each time with names of its own for modules and queues."""

from __future__ import annotations

import re
from pathlib import Path

from natsscan.catalog.catalog import load_catalog
from tests.fleet.synthetic import NAMES, WIRE_MINI

_MODULE = re.compile(r"^module +([A-Z][\w.]*)", re.MULTILINE)


def make_tree(root: Path, size: int) -> Path:
    """Make a project of `size` times wire-mini below a folder, and return the folder."""
    files = {path.relative_to(WIRE_MINI): path for path in sorted(WIRE_MINI.rglob("*")) if path.is_file()}
    texts = {name: path.read_text() for name, path in files.items()}
    kept = {"Main", *load_catalog().modules}  # programs all have one name, and libraries theirs
    modules = sorted({found for text in texts.values() for found in _MODULE.findall(text)} - kept)
    module = re.compile(rf"\b(?:{'|'.join(map(re.escape, modules))})(?![\w.])")
    name = re.compile("|".join(map(re.escape, NAMES)))
    (root / ".git").mkdir(parents=True)  # where a project ends
    for number in range(size):
        for path, text in texts.items():
            target = root / f"part-{number}" / path
            target.parent.mkdir(parents=True, exist_ok=True)
            own = module.sub(lambda found: f"{found[0]}{number}", text)  # noqa: B023 - called at once
            target.write_text(name.sub(lambda found: f"{found[0]}-{number}", own))  # noqa: B023
    return root
