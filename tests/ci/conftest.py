from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.conftest import REPOSITORY
from tests.diff.conftest import Repository

SOURCE = """module Send where
import Network.AMQP

send chan = publishMsg chan "events" "jobs" newMsg
"""


@pytest.fixture(scope="session")
def registry() -> None:
    """Where pip finds packages: environments are built from it."""
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--dry-run",
        "--ignore-installed",
        "--no-deps",
        "idna",
    ]
    if subprocess.run(command, capture_output=True, check=False, timeout=120).returncode != 0:
        assert not os.environ.get("CI"), "a package registry is needed where CI is set"
        pytest.skip("pip finds no packages: no package registry can be reached")


@pytest.fixture
def shop(tmp_path: Path) -> Repository:
    """A small code base that publishes once."""
    found = Repository(tmp_path / "shop")
    found.write("services/gundeck/src/Send.hs", SOURCE)
    found.commit()
    return found


@pytest.fixture
def installed(tmp_path: Path) -> Callable[[str], Path]:
    """Make an environment, below a new folder, that has natsscan already: that of the tests."""

    def install(name: str) -> Path:
        folder = tmp_path / "made"
        (folder / name).mkdir(parents=True)
        (folder / name / "bin").symlink_to(Path(sys.executable).parent)
        return folder

    return install


def environment(**own: str) -> dict[str, str]:
    """What a step of a run has in its environment: what finds programs and packages, and what is given."""
    kept = ("PATH", "HOME", "LANG", "SSL_CERT_FILE", "PYTHONPATH")
    found = {name: value for name, value in os.environ.items() if name in kept or name.startswith("PIP_")}
    return found | {"GIT_CONFIG_GLOBAL": os.devnull, "NO_PROXY": "127.0.0.1"} | own


def blocks(language: str) -> list[str]:
    """The blocks of one language in the page about CI, in order."""
    page = (REPOSITORY / "docs" / "ci.md").read_text()
    return re.findall(rf"^```{language}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)


def check_schema(name: str, *files: Path) -> None:
    """Hold files against a schema that their tool's own page publishes."""
    command = [Path(sys.executable).with_name("check-jsonschema"), "--builtin-schema", f"vendor.{name}", *files]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def zizmor(persona: str, *files: Path) -> None:
    """Let zizmor look for what is not safe in workflows and actions."""
    command = [Path(sys.executable).with_name("zizmor"), "--offline", "--no-progress", f"--persona={persona}", *files]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


ACTION = yaml.safe_load((REPOSITORY / "action.yml").read_text())
