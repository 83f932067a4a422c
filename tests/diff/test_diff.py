"""`natsscan diff`: what a change loses, adds and leaves, read from git's objects."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Run, run_command
from tests.diff.conftest import Repository

JOBS = "services/background-worker/src/Wire/BackgroundWorker/Jobs/Consumer.hs"
PUSH = "services/gundeck/src/Gundeck/Push.hs"
FEDERATION = "libs/wire-api-federation/src/Wire/API/Federation/BackendNotifications.hs"
EXTENDED = "libs/extended/src/Network/AMQP/Extended.hs"

SHOP = """module Shop where

import Network.AMQP

setUp :: Channel -> IO ()
setUp chan = do
  declareExchange chan newExchange {exchangeName = "orders", exchangeType = "topic"}
  declareQueue chan newQueue {queueName = "invoices"}
  bindQueue chan "invoices" "orders" "order.*"
  qos chan 0 1 False
  consumeMsgs chan "invoices" Ack $ \\(_, envelope) -> ackEnv envelope
"""


def diff(repository: Repository, *arguments: str | Path, env: dict[str, str] | None = None) -> Run:
    return run_command("diff", *arguments, cwd=repository.root, env=env)


def changes(run: Run, fate: str) -> dict[tuple[str, str], Any]:
    return {(each["about"], each["property"]): each for each in run.json["properties"] if each["fate"] == fate}


def shop(repository: Callable[[], Repository], *edits: tuple[str, str], text: str = SHOP) -> Repository:
    """A repository of one module, with a second commit that edits it."""
    found = repository()
    found.write("shop.cabal", "cabal-version: 2.4\nname: shop\nversion: 1\nlibrary\n  build-depends: amqp\n")
    found.write("src/Shop.hs", text)
    found.commit()
    found.edit("src/Shop.hs", *edits)
    found.commit()
    return found


def test_every_property_that_a_branch_loses_is_named(wire_mini: Repository) -> None:
    arguments = """                  [ -- order matters on the other side
                    ("x-single-active-consumer", Q.FVBool True),
                    ("x-queue-type", Q.FVString "quorum")
                  ]"""
    wire_mini.edit(FEDERATION, (arguments, "[]"), ("Q.queueDurable = True", "Q.queueDurable = False"))
    expiration = """Just $
          if pushLifetime == Transient
            then "0"
            else Text.pack (show (ttl * 1000))"""
    mode = "Just $ case pushLifetime of\n        Transient -> Q.NonPersistent\n        Stored -> Q.Persistent"
    wire_mini.edit(PUSH, (expiration, "Nothing"), (mode, "Nothing"))
    wire_mini.edit("services/gundeck/src/Gundeck/Run.hs", ("quorum [MessageTtl 86_400_000]", "quorum []"))
    wire_mini.edit(
        JOBS,
        ("Done -> ackEnv envelope", "Done -> pure ()"),
        ("Hopeless -> envelope `rejectEnv` False", "Hopeless -> pure ()"),
        ("qos chan 0 concurrency False", "pure ()"),
    )
    wire_mini.edit(
        EXTENDED,
        ("        Q.coAuth = [Q.plain user password],\n", ""),
        ("        Q.coTLSSettings = mkTlsSettings <$> tls,\n", ""),
    )
    wire_mini.commit()
    run = diff(wire_mini, "HEAD~1", "--format", "json")
    lost = changes(run, "lost")
    jobs, backends = "background-worker, consuming background-jobs", "queue backend-notifications.{queues}"
    push = "gundeck, publishing {uid} to user-notifications"
    wanted = {
        (jobs, "acknowledging what was consumed"),
        (jobs, "prefetch"),
        (jobs, "reject without requeue"),
        ("extended", "TLS"),
        ("extended", "user and password"),
        (push, "expiration of a message (text, milliseconds)"),
        (push, "transient and persistent messages of one publisher"),
        (backends, "durable queue"),
        (backends, "quorum queue"),
        (backends, "single active consumer"),
        ("queue {settings.cellsEventQueue}", "time to live of messages in the queue (milliseconds)"),
    }
    assert wanted <= lost.keys()
    # The same loss may be told for each key that a publisher uses; nothing else is.
    assert {name for name in lost if name not in wanted and not name[0].startswith("gundeck, publishing")} == set()
    assert lost[backends, "quorum queue"]["at"] == [{"path": FEDERATION, "line": 79}]
    assert "num_replicas" in run.out or "Three servers" in lost[backends, "quorum queue"]["advice"]
    text = diff(wire_mini, "HEAD~1", "--fail-on", "lost")
    assert text.code == 1 and "15 messaging properties lost" in text.out.splitlines()[1]
    assert text.out.index("Lost, and nothing on NATS keeps it:") < text.out.index("Uses that are gone:")


def test_moving_and_renaming_is_no_change(wire_mini: Repository) -> None:
    wire_mini.git("mv", "services/gundeck", "services/pusher")
    wire_mini.git("mv", "services/pusher/src/Gundeck/Push.hs", "services/pusher/src/Gundeck/Deliver.hs")
    for path in sorted(wire_mini.root.rglob("*")):
        if path.is_file() and ".git" not in path.parts and b"Gundeck.Push" in (data := path.read_bytes()):
            path.write_bytes(data.replace(b"Gundeck.Push", b"Gundeck.Deliver"))
    wire_mini.commit()
    run = diff(wire_mini, "HEAD~1", "--format", "json", "--fail-on", "new,lost")
    told = {name: run.json[name] for name in ("new", "fixed", "properties", "added", "removed")}
    assert told == {"new": [], "fixed": [], "properties": [], "added": [], "removed": []}
    assert run.code == 0 and run.json["unchanged"] > 1000 and run.json["base"]["totals"] == run.json["head"]["totals"]
    assert "Nothing about messaging changes." in diff(wire_mini, "HEAD~1", "-q").out


def test_a_definition_that_moves_to_another_module_is_no_change(repository: Callable[[], Repository]) -> None:
    found = shop(repository, ("setUp chan = do", "setUp chan = do -- first"))
    text = (found.root / "src/Shop.hs").read_text()
    found.write("src/Shop/Start.hs", text.replace("module Shop where", "module Shop.Start where"))
    found.write("src/Shop.hs", "module Shop (module Shop.Start) where\n\nimport Shop.Start\n")
    found.commit()
    run = diff(found, "HEAD~1", "--format", "json")
    assert [run.json[name] for name in ("new", "fixed", "properties", "added", "removed")] == [[], [], [], [], []]


NATS_CLIENT = """module Network.NATS.Client (Connection, connect, subscribe, ack, ensureStream) where

data Connection = Connection

connect :: String -> IO Connection
connect _ = pure Connection

subscribe :: Connection -> String -> (String -> IO ()) -> IO ()
subscribe conn subject callback = pure ()

ack :: Connection -> String -> IO ()
ack conn message = pure ()

ensureStream :: Connection -> String -> [(String, Int)] -> IO ()
ensureStream conn stream options = pure ()
"""


def on_nats(body: str) -> str:
    return f"module Shop where\n\nimport Network.NATS.Client\n\nsetUp :: Connection -> IO ()\nsetUp conn = do\n{body}"


@pytest.mark.parametrize(
    ("body", "lost", "kept"),
    [
        (
            '  subscribe conn "invoices" (\\_ -> pure ())\n',
            {"acknowledgements", "acknowledging what was consumed", "durable queue", "prefetch 1"},
            {"consuming", "routing"},
        ),
        (
            '  ensureStream conn "invoices" [("replicas", 3)]\n  subscribe conn "invoices" (ack conn)\n',
            {"prefetch 1"},
            {"acknowledgements", "acknowledging what was consumed", "consuming", "durable queue", "routing"},
        ),
    ],
    ids=["a plain subscription", "a stream, and acknowledgements"],
)
def test_what_nats_keeps_is_told_apart_from_what_is_lost(
    repository: Callable[[], Repository], body: str, lost: set[str], kept: set[str]
) -> None:
    found = shop(repository, ("setUp chan = do", "setUp chan = do -- first"))
    found.write("src/Network/NATS/Client.hs", NATS_CLIENT)
    found.write("src/Shop.hs", on_nats(body))
    found.commit()
    run = diff(found, "HEAD~1", "--format", "json")
    assert {name for _, name in changes(run, "lost")} == lost
    assert {name for _, name in changes(run, "kept")} == kept
    for change in changes(run, "kept").values():
        assert change["by"] and {place["path"] for place in change["by"]} <= {"src/Shop.hs"}
    assert any("on NATS" in part["about"] for part in run.json["added"])
    assert {"exchange orders", "queue invoices"} <= {part["about"] for part in run.json["removed"]}


def test_another_value_is_a_change_and_no_loss(repository: Callable[[], Repository]) -> None:
    found = shop(repository, ("qos chan 0 1 False", "qos chan 0 500 False"))
    run = diff(found, "HEAD~1", "--format", "json", "--fail-on", "lost")
    [(name, change)] = changes(run, "changed").items()
    assert name == ("repo, consuming invoices", "prefetch 1") and change["after"] == "500"
    assert changes(run, "lost") == {} and run.code == 0


def test_a_queue_under_another_name_has_lost_nothing(repository: Callable[[], Repository]) -> None:
    found = shop(repository, ('"invoices"', '"bills"'))
    run = diff(found, "HEAD~1", "--format", "json")
    assert changes(run, "lost") == {}
    assert changes(run, "changed")["queue invoices", "name"]["after"] == "queue bills"


def test_a_new_use_fails_if_asked_and_a_mention_does_not(repository: Callable[[], Repository]) -> None:
    found = shop(repository, ("  qos chan", '  publishMsg chan "orders" "order.new" newMsg\n  qos chan'))
    assert diff(found, "HEAD~1", "--fail-on", "new").code == 1
    assert diff(found, "HEAD~1").code == 0
    found.write("docs/queues.md", "We use RabbitMQ for orders.\n")
    found.commit()
    run = diff(found, "HEAD~1", "--fail-on", "new,lost", "--format", "json")
    assert run.code == 0 and [each["tier"] for each in run.json["new"]] == ["mention"]


def test_what_is_not_committed_does_not_count(repository: Callable[[], Repository]) -> None:
    found = shop(repository, ("qos chan 0 1 False", "qos chan 0 500 False"))
    before = diff(found, "HEAD~1", "--format", "json").out
    found.write("src/Shop.hs", "module Shop where\n")
    found.write("src/New.hs", SHOP.replace("module Shop", "module New"))
    found.git("add", "src/New.hs")
    status = found.git("status", "--short")
    assert diff(found, "HEAD~1", "--format", "json").out == before
    assert found.git("status", "--short") == status


def test_staged_is_what_a_commit_would_hold(repository: Callable[[], Repository]) -> None:
    found = shop(repository, ("qos chan 0 1 False", "qos chan 0 500 False"))
    found.edit("src/Shop.hs", ("Ack $ \\(_, envelope) -> ackEnv envelope", "NoAck $ \\_ -> pure ()"))
    assert "Nothing about messaging changes." in diff(found, "HEAD", "--staged", "-q").out
    found.git("add", "-A")
    found.write("src/Shop.hs", "module Shop where\n")
    run = diff(found, "HEAD", "--staged", "--format", "json")
    assert ("repo, consuming invoices", "acknowledgements") in changes(run, "lost")
    assert changes(run, "lost")["repo, consuming invoices", "acknowledgements"]["at"][0]["path"] == "src/Shop.hs"


def test_in_a_hook_the_index_of_the_commit_counts(repository: Callable[[], Repository]) -> None:
    found = shop(repository, ("qos chan 0 1 False", "qos chan 0 500 False"))
    hook = found.root / ".git/hooks/pre-commit"
    command = Path(sys.executable).with_name("natsscan")
    hook.write_text(f"#!/bin/sh\nexec '{command}' diff HEAD --staged -q --fail-on lost\n")
    hook.chmod(0o755)
    found.edit("src/Shop.hs", ('  bindQueue chan "invoices" "orders" "order.*"\n', ""))
    found.write("README.md", "A shop.\n")
    found.git("add", "README.md")
    found.git("commit", "-q", "-m", "only the README", "README.md")
    with pytest.raises(subprocess.CalledProcessError) as refused:  # git makes an index of its own for these
        found.git("commit", "-q", "-m", "all", "-a")
    assert "messaging property lost" in refused.value.stderr + refused.value.stdout


def test_from_where_two_branches_parted(repository: Callable[[], Repository]) -> None:
    found = shop(repository, ("qos chan 0 1 False", "qos chan 0 1 False -- one"))
    found.git("checkout", "-q", "-b", "feature", "HEAD~1")
    found.write("README.md", "A shop.\n")
    found.commit()
    found.git("checkout", "-q", "main")
    found.edit("src/Shop.hs", ("  qos chan", '  publishMsg chan "orders" "order.new" newMsg\n  qos chan'))
    found.commit()
    assert "AMQP gone" in diff(found, "main", "feature", "-q").out
    assert "Nothing about messaging changes." in diff(found, "main...feature", "-q").out
    assert "AMQP gone" in diff(found, "main..feature", "-q").out


def test_a_shallow_clone_that_has_both_commits_will_do(repository: Callable[[], Repository], tmp_path: Path) -> None:
    found = shop(repository, ("qos chan 0 1 False", "qos chan 0 500 False"))
    found.write("README.md", "A shop.\n")
    found.commit()
    clone = tmp_path / "shallow" / "repo"
    subprocess.run(["git", "clone", "-q", "--depth", "2", f"file://{found.root}", clone], check=True)
    run = run_command("diff", "HEAD~1", "-q", cwd=clone)
    assert run.code == 0 and "Nothing about messaging changes." in run.out
    run = run_command("diff", "HEAD~2", cwd=clone)
    assert run.code == 2 and run.err.count("\n") == 1 and "git fetch --deepen" in run.err


def test_a_path_limits_what_is_told(wire_mini: Repository) -> None:
    wire_mini.edit(JOBS, ("Done -> ackEnv envelope", "Done -> pure ()"))
    wire_mini.edit(FEDERATION, ("Q.queueDurable = True", "Q.queueDurable = False"))
    wire_mini.commit()
    run = diff(wire_mini, "HEAD~1", "--path", "services", "--format", "json")
    assert {path for each in run.json["fixed"] for path in [each["path"]]} == {JOBS}
    # The queue is declared in a library, by a service that is looked at.
    assert {name for _, name in changes(run, "lost")} == {"acknowledging what was consumed", "durable queue"}


def test_tasks_of_a_checklist_that_a_change_finishes(repository: Callable[[], Repository]) -> None:
    found = shop(repository, ("qos chan 0 1 False", "qos chan 0 500 False"))
    found.write("docs/moving.md", "# Moving\n\n- [ ] Create migration guides\n- [ ] Remove `amqp` from `shop.cabal`\n")
    found.commit()
    found.write("docs/guide.md", "# Migration\n\nFrom RabbitMQ to NATS, service by service.\n")
    found.commit()
    run = diff(found, "HEAD~1", "--checklist", "docs/moving.md")
    assert "Tasks of the checklist now done:\n  line 3: Create migration guides" in run.out
    back = diff(found, "HEAD", "HEAD~1", "--checklist", "docs/moving.md", "--format", "json")
    assert [(task["line"], task["finished"]) for task in back.json["tasks"]] == [(3, False)]


def test_what_cannot_be_read_any_more_is_said(repository: Callable[[], Repository]) -> None:
    found = shop(repository, ("qos chan 0 1 False", "qos chan 0 500 False"))
    (found.root / "src/Shop.hs").write_bytes(SHOP.encode("utf-16"))
    found.commit()
    run = diff(found, "HEAD~1")
    assert "Not read, or only partly, since this change:" in run.out and "src/Shop.hs:1: UTF-16" in run.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nope",), "nope: git has no such commit here"),
        (("HEAD", "--fail-on", "worse"), "--fail-on worse: is none of new, lost"),
        (("HEAD", "HEAD", "--staged"), "exclude each other"),
        (("HEAD", "-q", "-v"), "exclude each other"),
        (("HEAD", "--checklist", "none.md"), "none.md: cannot be read"),
        (("--upload-pack=touch x",), "no such option"),
    ],
)
def test_wrong_input_is_one_line(repository: Callable[[], Repository], arguments: tuple[str, ...], words: str) -> None:
    found = shop(repository, ("qos chan 0 1 False", "qos chan 0 500 False"))
    run = diff(found, *arguments)
    assert run.code == 2 and run.err.count("\n") == 1 and words.lower() in run.err.lower()


def test_a_folder_without_git_is_said(tmp_path: Path) -> None:
    run = run_command("diff", "HEAD", cwd=tmp_path)
    assert run.code == 2 and "no git repository" in run.err and run.err.count("\n") == 1


def test_twice_is_the_same(wire_mini: Repository) -> None:
    wire_mini.edit(JOBS, ("Done -> ackEnv envelope", "Done -> pure ()"))
    wire_mini.commit()
    assert diff(wire_mini, "HEAD~1", "--format", "json").out == diff(wire_mini, "HEAD~1", "--format", "json").out


def test_a_review_tells_a_loss_at_the_line_that_is_deleted(wire_mini: Repository) -> None:
    wire_mini.edit(EXTENDED, ("        Q.coTLSSettings = mkTlsSettings <$> tls,\n", ""))
    wire_mini.edit(JOBS, ("Done -> ackEnv envelope", "Done -> pure ()"))
    wire_mini.commit()
    before = {path: wire_mini.git("show", f"HEAD~1:{path}").splitlines() for path in (EXTENDED, JOBS)}
    comments = diff(wire_mini, "HEAD~1", "--format", "github-review").json["comments"]
    told = {(each["path"], before[each["path"]][each["line"] - 1].strip(), each["side"]) for each in comments}
    assert told == {
        (EXTENDED, "Q.coTLSSettings = mkTlsSettings <$> tls,", "LEFT"),
        (JOBS, "Done -> ackEnv envelope", "LEFT"),
    }
    assert "nothing on NATS keeps it" in comments[0]["body"] and "TLS" in comments[0]["body"]


def test_only_what_is_gone_of_several_values_is_told(repository: Callable[[], Repository]) -> None:
    chart = "rabbitmq:\n  enableTls: true\n  tlsCaSecretRef: ca\n"
    found = repository()
    found.write("charts/shop/Chart.yaml", "apiVersion: v2\nname: shop\nversion: 0.1.0\n")
    found.write("charts/shop/values.yaml", chart + "  insecureSkipVerifyTls: false\n")
    found.commit()
    found.write("charts/shop/values.yaml", chart)
    found.commit()
    run = diff(found, "HEAD~1", "--format", "json", "--fail-on", "lost")
    [(name, change)] = changes(run, "changed").items()
    assert name == ("charts/shop", "TLS in settings") and run.code == 0
    assert (change["before"], change["after"]) == ("rabbitmq.insecureSkipVerifyTls", "")
    assert "TLS in settings: no longer rabbitmq.insecureSkipVerifyTls" in diff(found, "HEAD~1").out
    back = diff(found, "HEAD", "HEAD~1", "--format", "json")
    assert changes(back, "changed") == changes(back, "lost") == {}


def test_a_consumer_that_is_gone_is_one_entry(repository: Callable[[], Repository]) -> None:
    found = shop(repository, ("qos chan 0 1 False", "qos chan 0 500 False"))
    found.edit("src/Shop.hs", ('  consumeMsgs chan "invoices" Ack $ \\(_, envelope) -> ackEnv envelope\n', ""))
    found.commit()
    lines = diff(found, "HEAD~1").out.splitlines()
    at = lines.index("  repo, consuming invoices  src/Shop.hs:11")
    assert lines[at + 1] == "    acknowledgements; acknowledging what was consumed; consuming; prefetch: 500"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_repository_of_somebody_else_is_said(repository: Callable[[], Repository], tmp_path: Path) -> None:
    found = shop(repository, ("qos chan 0 1 False", "qos chan 0 500 False"))
    for path in [found.root, *found.root.rglob("*")]:
        os.chown(path, 12_345, -1)
    run = diff(found, "HEAD~1", env={"HOME": str(tmp_path / "nobody")})
    assert run.code == 2 and run.err.count("\n") == 1
    assert f"git config --global --add safe.directory {found.root}" in run.err


def test_without_git_that_is_said(repository: Callable[[], Repository]) -> None:
    found = shop(repository, ("qos chan 0 1 False", "qos chan 0 500 False"))
    run = diff(found, "HEAD~1", env={"PATH": str(found.root)})
    assert run.code == 2 and run.err == "natsscan: git is not on PATH; commits are read by it\n"
