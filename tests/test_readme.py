"""The README shows what the command prints, and its commands exist."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from tests.conftest import REPOSITORY, WIRE_MINI, run_command

README = (REPOSITORY / "README.md").read_text()


def test_the_output_shown_is_the_output_printed(tmp_path: Path) -> None:
    shutil.copytree(WIRE_MINI, tmp_path / "wire-mini")
    printed = run_command("services/", cwd=tmp_path / "wire-mini").out
    shown = README.split("prints:\n\n")[1].split("\n\nThe first screen")[0]
    assert [line.removeprefix("    ") for line in shown.split("\n")] == printed.rstrip("\n").split("\n")


def test_every_make_target_named_exists() -> None:
    targets = re.findall(r"^([a-z]+):.*##", (REPOSITORY / "Makefile").read_text(), re.MULTILINE)
    assert set(re.findall(r"(?:    |`)make ([a-z]+)", README)) <= set(targets)
