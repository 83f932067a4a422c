"""wire-mini moved to NATS by swapping imports: it compiles after each stage, and its services do what they did."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.conftest import WIRE_MINI
from tests.haskell_client.conftest import jetstream, serving
from tests.haskell_flow import services
from tests.haskell_flow.conftest import PACKAGES, STAGES, build_services, haskell, move, once
from tests.haskell_flow.services import Programs

STAND_IN = Path("libs", "amqp-standin")
FLOWS = ("executables", "notifications", "missed", "forgotten", "federation", "jobs")


@pytest.fixture(scope="module")
def programs(ghc: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Programs, Programs]:
    """The services before and after the compatibility route; the whole tree is compiled after each stage of it."""
    with once(tmp_path_factory, "wire-mini-flow") as folder:
        found = [
            Programs(*(folder / when / each for each in ("flow", "gundeck", "worker"))) for when in ("before", "after")
        ]
        if not found[1].worker.exists():
            assert build_before(ghc, folder) == found[0]
            assert build_after(ghc, folder) == found[1]
    return found[0], found[1]


def copied(to: Path) -> Path:
    """Return a copy of wire-mini, with what drives its services."""
    shutil.copytree(WIRE_MINI, to)
    haskell("wire_mini", to / "integration" / "app")
    return to


def build_before(ghc: str, folder: Path) -> Programs:
    """Compile services as they are, with a real client in the place of the stand-in."""
    tree = copied(folder / "as it is")
    shutil.rmtree(tree / STAND_IN)
    output = folder / "before"
    return build_services(ghc, tree, output, output / "objects", f"-i{haskell('amqp', folder / 'amqp')}")


def build_after(ghc: str, folder: Path) -> Programs:
    """Move to NATS stage by stage; after each, all modules compile without a warning."""
    tree = copied(folder / "moved")
    for stage in STAGES:
        move(tree, stage)
        if stage == STAGES[-1]:
            shutil.rmtree(tree / STAND_IN)  # nothing needs the old client
        flags = " ".join(["-Werror", *(f"-package {each}" for each in PACKAGES)])
        done = subprocess.run(
            [tree / "compile.sh", folder / "compiled"], capture_output=True, text=True, check=False,
            env={**os.environ, "GHC_FLAGS": flags},
        )  # fmt: skip
        assert done.returncode == 0, f"after {stage}: {done.stdout}{done.stderr}"
    return build_services(ghc, tree, folder / "after", folder / "compiled" / "plain")


@pytest.fixture(scope="module")
def show(
    programs: tuple[Programs, Programs], tmp_path_factory: pytest.TempPathFactory, rabbitmq_url: str
) -> Iterator[Callable[[str], list[Any]]]:
    """Return what a flow shows before and after, by its name."""
    folder = tmp_path_factory.mktemp("deployments")
    with serving(folder / "server", jetstream(folder)) as nats:
        ports = {"rabbitmq": urlsplit(rabbitmq_url).port or 0, "nats": nats.port}
        deployments = [
            services.deploy(each, folder / name, port)
            for each, (name, port) in zip(programs, ports.items(), strict=True)
        ]
        for deployment in deployments:
            deployment.set_up()
        yield lambda flow: [json.loads(json.dumps(getattr(services, flow)(each))) for each in deployments]


@pytest.mark.parametrize("flow", FLOWS)
def test_services_do_on_nats_what_they_did_on_rabbitmq(show: Callable[[str], list[Any]], flow: str) -> None:
    on_rabbitmq, on_nats = show(flow)
    assert on_nats == on_rabbitmq
    assert on_rabbitmq != {}
