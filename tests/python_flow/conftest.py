from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from natsscan.nats.proof.server import running
from tests.conftest import run_command
from tests.nats.conftest import modern_server, rabbitmq_url  # noqa: F401  # fixtures
from tests.python_flow.scenario import NOBODY, Broker, Outcome, scenario

ORDERS_MINI = Path(__file__).parents[2] / "fixtures" / "orders-mini"
STAGES = ("prepare", "cut-over", "clean-up")


def git(root: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.test")
    subprocess.run(["git", "-C", root, *identity, *arguments], check=True, capture_output=True)


@pytest.fixture(scope="session")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout of orders-mini that was moved to NATS, stage by stage: each is a commit."""
    root = tmp_path_factory.mktemp("moved") / "orders-mini"
    shutil.copytree(ORDERS_MINI, root, ignore=shutil.ignore_patterns("__pycache__"))
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "on RabbitMQ")
    for stage in STAGES:
        run = run_command("patch", ".", "--route", "compat", "--stage", stage, "--unsafe", "--write", cwd=root)
        assert run.code == 0, run.err
        git(root, "add", "-A")
        git(root, "commit", "-qm", stage)
    return root


@pytest.fixture(scope="session")
def on_rabbitmq(rabbitmq_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:  # noqa: F811
    """The services of orders-mini as they are, on a RabbitMQ in which there is nothing of theirs."""
    with Broker(
        services=ORDERS_MINI / "services",
        folder=tmp_path_factory.mktemp("orders-mini"),
        rabbitmq_url=rabbitmq_url,
        nats_url=NOBODY.format("nats"),
    ) as broker:
        yield broker


@pytest.fixture(scope="session")
def on_nats(
    moved: Path,
    modern_server: Path,  # noqa: F811
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Broker]:
    """The services of orders-mini as natsscan moved them, on a NATS in which there is nothing of theirs.

    What they read where to connect from is called as it was. The libraries that they do without are not there.
    """
    without = tmp_path_factory.mktemp("without")
    for name in ("pika", "aio_pika", "aiormq", "pamqp"):
        (without / f"{name}.py").write_text(f"raise ImportError('{name} is needed, and gone')\n")
    with (
        running(modern_server, 1) as url,
        Broker(
            services=moved / "services",
            folder=tmp_path_factory.mktemp("orders-mini-on-nats"),
            rabbitmq_url=url,
            nats_url=NOBODY.format("amqp"),
            path=without,
        ) as broker,
    ):
        yield broker


class Outcomes:
    """What the scenario shows on each broker; it is played once on one."""

    def __init__(self) -> None:
        self._shown: dict[Path, Outcome] = {}

    def of(self, broker: Broker) -> Outcome:
        if broker.folder not in self._shown:
            self._shown[broker.folder] = scenario(broker)
        return self._shown[broker.folder]


@pytest.fixture(scope="session")
def outcomes() -> Outcomes:
    return Outcomes()
