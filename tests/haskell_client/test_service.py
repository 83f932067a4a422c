"""The modules that `natsscan generate haskell-service` makes, in services that use them against a real nats-server."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from natsscan.nats.proof.jetstream import JetStream
from natsscan.nats.proof.server import running
from tests.conftest import WIRE_MINI, run_command
from tests.haskell_client.conftest import PROGRAM, SECONDS, Haskell

pytestmark = pytest.mark.ghc
SERVICE = Path(__file__).with_name("service")


async def ready(servers: str) -> None:
    """Wait until a cluster makes streams with replicas."""
    server = await JetStream.connect(servers)
    await server.add_stream({"name": "READY", "subjects": ["ready"], "num_replicas": 3})
    await server.close()


@pytest.fixture(scope="module")
def said(haskell: Haskell, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the services say of all that they do, with servers enough for the replicas that their streams ask for."""
    folder = tmp_path_factory.mktemp("service")
    shutil.copytree(WIRE_MINI, folder / "wire-mini")
    run = run_command("generate", "haskell-service", ".", "-o", folder / "src", cwd=folder / "wire-mini")
    assert run.code == 0, run.err
    program = folder / "program"
    folders = [f"-i{each}" for each in (folder / "src", PROGRAM, SERVICE)]
    assert haskell.compile(
        folder / "objects", *folders, "-O0", "-threaded", "-main-is", "Main", "-o", program, SERVICE / "Main.hs"
    ) == ""  # fmt: skip
    with running(Path(sys.executable).with_name("nats-server"), 3) as servers:
        asyncio.run(ready(servers))
        done = subprocess.run(
            [program, json.dumps({"servers": servers})], capture_output=True, text=True, check=False, timeout=SECONDS
        )
    assert done.returncode == 0, done.stdout + done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return {line["name"]: line["value"] for line in lines}


def test_a_queue_with_holes_gets_its_own_messages_and_no_others(said: dict[str, Any]) -> None:
    assert said["kept"] == ["X_user-notifications", False]
    assert said["ann.b"] == ["to ann.b"] and said["ann"] == ["to ann", "to one of ann"]


def test_a_dead_letter_has_the_headers_of_its_message_and_where_it_died(said: dict[str, Any]) -> None:
    body, subject, headers = said["rejected"]
    own = [header for header in headers if header[0] != "Nats-Msg-Id"]
    assert (body, subject) == ("bad", "x.dead-user-notifications.dead-user-notifications")
    assert own == [
        ["Content-Type", "text/plain"], ["x-first-death-reason", "expired"],
        ["x-first-death-queue", "user-notifications.eve.1"], ["x-first-death-exchange", "user-notifications"],
    ]  # fmt: skip
    assert dict(headers)["Nats-Msg-Id"].startswith("X_user-notifications/user-notifications=2Eeve=2E1/")


def test_rejecting_again_after_a_crash_leaves_one_dead_letter(said: dict[str, Any]) -> None:
    assert said["first"] == "AlreadySettled", "it was published and then not settled"
    body, _, headers = said["once"]
    assert body == "worse" and said["again"] is None and said["left"] == 0
    assert {"x-first-death-queue": "user-notifications.eve.2.Nothing", "x-first-death-exchange": ""}.items() <= dict(
        headers
    ).items()


def test_what_cannot_be_published_is_not_settled(said: dict[str, Any]) -> None:
    why, settled = said["vain"]
    assert "NoStream" in why and settled is False and said["waits"] == 1
