"""The route to NATS itself puts things beside code that compile with it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from tests.conftest import WIRE_MINI, run_command
from tests.haskell_flow.conftest import PACKAGES


def test_wire_mini_compiles_with_its_own_script(ghc: str, tmp_path: Path) -> None:
    tree = tmp_path / "wire-mini"
    shutil.copytree(WIRE_MINI, tree)
    subprocess.run(["git", "init", "-q"], cwd=tree, check=True)
    run = run_command("patch", ".", "--route", "native", "--stage", "prepare", "--write", cwd=tree)
    assert run.code == 0, run.err
    flags = " ".join(["-Werror", *(f"-package {each}" for each in PACKAGES)])
    environment = {**os.environ, "GHC_FLAGS": flags}
    done = subprocess.run(
        ["./compile.sh", tmp_path / "out"], cwd=tree, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    objects = {path.relative_to(tmp_path / "out" / "plain").as_posix() for path in (tmp_path / "out").rglob("Nats.o")}
    assert {"Cannon/Nats.o", "Gundeck/Nats.o", "BackgroundWorker/Nats.o"} <= objects
