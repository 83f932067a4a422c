"""Real code: a checkout of wireapp/wire-server, compared with facts about it."""

from __future__ import annotations

import os
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from natsscan.topology.shapes import form
from tests.conftest import KEYS, run_command

pytestmark = pytest.mark.corpus


@pytest.fixture(scope="module")
def report(corpus: Path) -> dict[str, Any]:
    run = run_command(".", "--format", "json", cwd=corpus)
    assert run.code == 0, run.err
    result: dict[str, Any] = run.json
    return result


def test_calls_of_the_library_by_operation(report: dict[str, Any]) -> None:
    direct = [f for f in report["findings"] if f["tier"] == "direct" and f["path"].endswith(".hs")]
    counted = Counter(f["operation"] for f in direct if f["is_call"])
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


TOPOLOGY = yaml.safe_load((KEYS / "wire-server-topology.yaml").read_text())


@pytest.mark.parametrize(
    ("section", "row"),
    [(section, row) for section, rows in TOPOLOGY.items() for row in rows],
    ids=lambda item: str(item),
)
def test_the_messaging_system_with_every_property(report: dict[str, Any], section: str, row: dict[str, Any]) -> None:
    ends = {"name", "exchange", "routing_key", "queue", "service"} & row.keys()
    same = [
        found
        for found in report["topology"][section]
        if all((found[end] if end == "service" else form(found[end])) == row[end] for end in ends)
    ]
    assert len(same) >= 1, f"no {section} {[row[end] for end in sorted(ends)]}"
    for found in same:
        for name, wanted in row.items():
            if name in ("acks", "rejects"):
                assert [place["line"] for place in found[name]] == wanted
            elif name == "properties":
                assert wanted.items() <= found[name].items()
            elif name not in ends:
                assert found[name] == wanted, name


def test_the_messaging_system_has_nothing_else(report: dict[str, Any]) -> None:
    for section, ends in (
        ("exchanges", ["name"]),
        ("queues", ["name"]),
        ("bindings", ["exchange", "routing_key", "queue"]),
    ):
        found = {tuple(form(row[end]) for end in ends) for row in report["topology"][section]}
        assert found == {tuple(row[end] for end in ends) for row in TOPOLOGY[section]}, section


def test_names_are_followed_into_other_packages(report: dict[str, Any]) -> None:
    [publish] = [f for f in report["findings"] if f["path"].endswith("Gundeck/Client.hs") and f["operation"] == "bind"]
    assert publish["arguments"]["exchange"]["values"] == ["user-notifications"]
    assert publish["arguments"]["exchange"]["provenance"] == "constant"
    assert publish["arguments"]["queue"]["values"] == ["user-notifications.{uid}.{cid}"]
    assert publish["arguments"]["queue"]["holes"] == ["uid", "cid"]


def test_wrappers_of_the_code_base_are_followed(report: dict[str, Any]) -> None:
    found = {(f["path"], f["symbol"]) for f in report["findings"] if f["tier"] == "indirect"}
    effect = "Wire.BackendNotificationQueueAccess"
    assert ("services/galley/src/Galley/API/Clients.hs", f"{effect}.enqueueNotification") in found
    assert ("services/brig/src/Brig/App.hs", "Network.AMQP.Extended.mkRabbitMqChannelMVar") in found
    assert ("integration/test/Test/Events.hs", "Network.RabbitMqAdmin.listQueuesByVHost") in found


def test_the_real_checklist_is_judged(corpus: Path, tmp_path: Path) -> None:
    """The key is what a person found by reading the tree: what each of ten tasks names went elsewhere, or nowhere."""
    source = Path(os.environ.get("NATSSCAN_CHECKLIST", ""))
    if not source.is_file():
        pytest.skip("NATSSCAN_CHECKLIST names no checklist")
    file = tmp_path / "checklist.md"
    file.write_bytes(source.read_bytes())
    command = ("checklist", corpus, "--checklist", file)
    found = run_command(*command, "--format", "json", cwd=tmp_path).json
    totals = found["totals"]
    assert sum(totals.values()) == 238
    assert totals["unclear"] <= 5 and totals["manual"] <= 118
    stale = {
        task["line"]: [place["path"] for place in task["evidence"]]
        for task in found["tasks"]
        if task["status"] == "stale"
    }
    umbrella = "charts/wire-server/templates"
    assert stale == {
        **{line: [] for line in (8, 22, 26, 27)},
        185: ["libs/wire-subsystems/src/Wire/BackendNotificationQueueAccess/RabbitMq.hs"],
        233: [f"{umbrella}/background-worker/"],
        234: [f"{umbrella}/gundeck/"],
        235: [f"{umbrella}/cannon/", "charts/wire-server/conf/cannon-static/"],
        236: [f"{umbrella}/brig/"],
        237: [f"{umbrella}/galley/"],
    }
    assert not [task for task in found["tasks"] if task["ticked"] and task["status"] == "done"]
    proposed = " ".join(each["text"] for each in found["proposals"])
    for name in ("Notification.hs", "BackendNotifications.hs", "Gundeck/Run.hs", "DeadUserNotificationWatcher.hs"):
        assert name in proposed
    run_command(*command, "--update", cwd=tmp_path)
    once = file.read_bytes()
    before = source.read_bytes().splitlines()
    changed = [(old, new) for old, new in zip(before, once.splitlines(), strict=True) if old != new]
    assert changed and all(old.replace(b"[x]", b"[ ]") == new.replace(b"[x]", b"[ ]") for old, new in changed)
    run_command(*command, "--update", cwd=tmp_path)
    assert file.read_bytes() == once


@pytest.mark.parametrize("is_shallow", [False, True], ids=["a clone", "a shallow clone"])
def test_a_range_of_commits_is_compared(corpus: Path, tmp_path: Path, is_shallow: bool) -> None:
    """The fifty commits before df05bcaa43 move code between modules, and change nothing of the messaging system."""
    depth = ["--depth", "60"] if is_shallow else []
    clone = tmp_path / "wire-server"
    subprocess.run(["git", "clone", "-q", "--no-checkout", *depth, f"file://{corpus}", clone], check=True)
    base = subprocess.run(["git", "rev-parse", "HEAD~50"], cwd=clone, capture_output=True, text=True, check=False)
    if base.returncode:
        pytest.skip("the checkout has fewer than fifty commits")
    run = run_command("diff", "HEAD~50", "--format", "json", "--fail-on", "lost", cwd=clone)
    assert run.code == 0, run.err
    found = run.json
    assert found["properties"] == found["added"] == found["removed"] == []
    assert found["unchanged"] > 1400
    direct = {each["path"] for each in found["new"] if each["tier"] == "direct"}
    assert "hack/bin/create-helm-sboms.sh" in direct and len(direct) < 12


def test_all_code_moves_to_the_layer(corpus: Path, report: dict[str, Any]) -> None:
    run = run_command("patch", ".", "--route", "compat", "--format", "json", cwd=corpus)
    assert run.code == 0, run.err
    patches = run.json["patches"]
    (move,) = [patch for patch in patches if patch["title"].startswith("Haskell:")]
    assert move["applicability"] == "unsafe"
    assert [move["checks"][name] for name in ("applies", "parses", "idempotent", "rescan_clean")] == ["passed"] * 4
    code = [f for f in report["findings"] if f["tier"] == "direct" and f["path"].endswith(".hs")]
    importing = {f["path"] for f in code if f["rule"] == "amqp-import"}
    assert {edit["path"] for edit in move["edits"]} == importing and len(importing) == 36
    ours = {f["fingerprint"] for f in code if f["rule"].startswith("amqp-") and f["symbol"].startswith("Network.AMQP")}
    assert ours == {*move["answers"]}
    (package,) = [patch for patch in patches if patch["title"].startswith("libs/nats-amqp:")]
    assert [edit["path"] for edit in package["edits"]] == ["cabal.project"]
    beside = {path for patch in patches if patch["stage"] == "prepare" for path in {e["path"] for e in patch["edits"]}}
    needing = {f["path"] for f in report["findings"] if f["operation"] == "dependency" and f["symbol"] == "amqp"}
    assert needing <= beside
