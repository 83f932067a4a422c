"""docker-compose itself takes the compose file of the fixture after each stage."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import WIRE_MINI, Command


@pytest.mark.parametrize("keeps_backend", [True, False])
def test_compose_takes_the_file_after_each_stage(natsscan: Command, tmp_path: Path, keeps_backend: bool) -> None:
    compose = shutil.which("docker-compose")
    if compose is None:
        assert not os.environ.get("CI"), "docker-compose is needed where CI is set"
        pytest.skip("no docker-compose here")
    root = tmp_path / "wire-mini"
    shutil.copytree(WIRE_MINI, root)
    (root / "natsscan.toml").touch()
    folder = root / "deploy" / "compose"
    file = folder / "docker-compose.yaml"
    file.write_text(file.read_text().replace("        host_ip: 127.0.0.1\n", ""))  # version 1 does not know it yet
    if not keeps_backend:
        shutil.rmtree(folder / "federation-v0")
        (folder / "federation-v0.yaml").unlink()
    for stage in ("prepare", "cut-over", "clean-up"):
        assert natsscan("patch", root, "--stage", stage, "--unsafe", "--write").code == 0
        done = subprocess.run([compose, "config"], cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{stage}: {done.stderr}"
        assert "nats:2" in done.stdout
    assert ("rabbitmq:4" in done.stdout) is keeps_backend
