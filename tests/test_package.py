"""The wheel is whole: it runs from anywhere, with its rules and templates inside."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

from tests.conftest import REPOSITORY


def test_wheel_carries_rules_and_templates_and_runs_without_the_checkout(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", tmp_path, REPOSITORY]
    done = subprocess.run(build, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    unpacked = tmp_path / "unpacked"
    zipfile.ZipFile(next(tmp_path.glob("*.whl"))).extractall(unpacked)
    for folder in ("rules", "templates"):
        kept = {path.relative_to(REPOSITORY / folder) for path in (REPOSITORY / folder).rglob("*") if path.is_file()}
        shipped = {
            p.relative_to(unpacked / "natsscan/data" / folder)
            for p in (unpacked / "natsscan/data" / folder).rglob("*")
            if p.is_file()
        }
        assert shipped == kept
    assert (unpacked / "natsscan" / "py.typed").exists()
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "M.hs").write_text("module M where\nimport Network.AMQP\nx = ackEnv\n")
    run = subprocess.run(
        [sys.executable, "-m", "natsscan", "-q", "."],
        cwd=tree, env=os.environ | {"PYTHONPATH": str(unpacked)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.stderr == ""
    assert run.stdout == "AMQP in 1 service: 1 call and 1 other use in 1 module. Effort 3 points.\n"
    explain = [sys.executable, "-c", "import natsscan, sys; sys.stdout.write(natsscan.__file__)"]
    where = subprocess.run(
        explain, env=os.environ | {"PYTHONPATH": str(unpacked)}, capture_output=True, text=True, check=False
    )
    assert where.stdout.startswith(str(unpacked))
