"""Real code: a checkout of wireapp/wire-server, compared with facts about it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import run_command

pytestmark = pytest.mark.corpus


@pytest.fixture(scope="module")
def report(corpus: Path) -> dict[str, Any]:
    run = run_command(".", "--format", "json", cwd=corpus)
    assert run.code == 0, run.err
    result: dict[str, Any] = run.json
    return result


def test_calls_of_the_library_by_operation(report: dict[str, Any]) -> None:
    counted = Counter(f["operation"] for f in report["findings"] if f["is_call"] and f["path"].endswith(".hs"))
    assert counted["publish"] == 4
    assert counted["consume"] == 8
    assert counted["bind"] == 3
    assert counted["ack"] == 7
    assert counted["reject"] == 5


def test_two_modules_under_one_alias(report: dict[str, Any]) -> None:
    galley = [f for f in report["findings"] if f["path"] == "services/galley/src/Galley/Env.hs"]
    assert {f["symbol"] for f in galley} == {"Network.AMQP", "Network.AMQP.Channel"}


def test_scope_is_services_only_and_resolved_through_libs(corpus: Path) -> None:
    found = run_command("services/", "--format", "json", cwd=corpus).json["findings"]
    assert found
    assert all(f["path"].startswith("services/") for f in found)
    assert {f["service"] for f in found} >= {"background-worker", "brig", "cannon", "galley", "gundeck"}


def test_nothing_is_lost_in_silence(report: dict[str, Any]) -> None:
    haskell = report["coverage"]["files"]["haskell"]
    assert haskell["read"] == haskell["seen"] > 1900
    assert haskell["skipped"] == 0
