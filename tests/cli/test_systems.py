"""Several messaging systems in one tree: AMQP, NATS that is there already, and others that a user describes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Command

Write = Callable[[dict[str, str | bytes]], Path]

HALF = {
    "gundeck/gundeck.cabal": "name: gundeck\n",
    "gundeck/src/Push.hs": """module Push where
import Network.AMQP qualified as Q
import Network.Nats qualified as Nats

setUp chan = Q.declareQueue chan Q.newQueue {Q.queueName = "user-notifications"}

push chan nats user message = do
  Q.publishMsg chan "" "user-notifications" message
  Nats.publish nats ("user-notifications." <> user) message
""",
    "gundeck/src/Api.hs": "module Api where\nimport Push (push)\nhandle chan nats = push chan nats\n",
    "cannon/cannon.cabal": "name: cannon\n",
    "cannon/src/Listen.hs": """module Listen where
import JetStream.API

setUp js = create (streams js) "USERS" ["user-notifications.>", "feeds.*"] [] []
listen js = do
  putConsumer (consumers js) "USERS" ConsumerCreate (DurableConsumer "cannon") PullConsumer [] []
  fetch (messages js) "USERS" "cannon" [] []
""",
    "deploy/run.sh": "nats pub feeds.news hello\n",
}
ONLY_NATS = {"app/app.cabal": "name: app\n", "app/config.yaml": "nats:\n  host: here\n"}


def test_the_answer_says_that_nats_is_in_use_already(natsscan: Command, write: Write) -> None:
    write(HALF)
    out = natsscan(".", "-q").out.splitlines()
    assert out[0].startswith(
        "AMQP in 1 service: 2 calls and 2 other uses in 1 module; 1 use of its wrappers in 1 module"
    )
    assert out[1:] == ["NATS is already in use: 5 calls in 3 files (cannon, deploy, gundeck)"]


def test_without_nats_nothing_is_said_of_it(natsscan: Command, write: Write) -> None:
    write({"app.yaml": "rabbitmq: here\n"})
    assert "NATS is" not in natsscan(".").out
    document = natsscan(".", "--format", "json").json
    assert document["totals"]["targets"] == {}
    assert "nats" not in document["topology"]


def test_nats_counts_for_itself(natsscan: Command, write: Write) -> None:
    write(HALF)
    document = natsscan(".", "--format", "json").json
    by_system = {s: [f for f in document["findings"] if f["system"] == s] for s in ("rabbitmq", "nats")}
    totals = document["totals"]
    assert totals["overall"]["findings"] == len(by_system["rabbitmq"])
    assert totals["targets"]["nats"]["findings"] == len(by_system["nats"])
    assert totals["targets"]["nats"]["effort"] == 0
    assert not any(name.startswith("nats-") for name in totals["overall"]["operations"])
    assert all(f["rule"].startswith("nats-") for f in by_system["nats"])


def test_a_tree_that_is_all_on_nats_is_done(natsscan: Command, write: Write) -> None:
    write(ONLY_NATS)
    run = natsscan(".", "--fail-on", "note")
    assert run.code == 0
    assert "No use of AMQP found." in run.out
    assert "NATS is already in use: 2 places in 1 file (app)" in run.out


def test_every_place_is_listed_when_asked_for(natsscan: Command, write: Write) -> None:
    write(ONLY_NATS)
    assert "NATS, in use already:\n\napp\n  app/config.yaml\n" in natsscan(".", "-v").out


def test_a_wrapper_of_both_says_so(natsscan: Command, write: Write) -> None:
    write(HALF)
    findings = natsscan(".", "--format", "json").json["findings"]
    (caller,) = (f for f in findings if f["path"] == "gundeck/src/Api.hs" and f["tier"] == "indirect")
    assert (caller["system"], caller["arguments"]["does"]["text"]) == ("rabbitmq", "publish, nats-publish")


def test_topology_shows_nats_behind_amqp(natsscan: Command, write: Write) -> None:
    write(HALF)
    amqp, _, nats = natsscan("topology", ".").out.partition("NATS ")
    assert "queue user-notifications" in amqp
    assert nats == (
        "subject feeds.news\n"
        "  published by     deploy  deploy/run.sh:1\n"
        "\n"
        "NATS subject user-notifications.{user}\n"
        "  published by     gundeck  gundeck/src/Push.hs:9\n"
        "\n"
        "NATS stream USERS\n"
        "  set up by        cannon  cannon/src/Listen.hs:4\n"
        "  subjects         feeds.*, user-notifications.>\n"
        "\n"
        "NATS consumer cannon of stream USERS\n"
        "  received by      cannon  cannon/src/Listen.hs:7\n"
        "  set up by        cannon  cannon/src/Listen.hs:6\n"
        "\n"
        "also on NATS under the same name\n"
        "  queue user-notifications: subject user-notifications.>, user-notifications.{user}\n"
    )


def test_topology_in_json_is_that_of_the_scope(natsscan: Command, write: Write) -> None:
    write(HALF | {"cabal.project": "packages: */*.cabal\n"})
    nats = natsscan("topology", "gundeck", "--format", "json").json["nats"]
    assert nats["ends"] == [
        {
            "role": "publishes",
            "name": "user-notifications.{user}",
            "service": "gundeck",
            "subjects": [],
            "stream": "",
            "at": [{"path": "gundeck/src/Push.hs", "line": 9}],
        }
    ]
    assert nats["on_both"] == [{"kind": "queue", "name": "user-notifications", "subject": "user-notifications.{user}"}]


HARE = """kind: broker
id: hare
title: Hare
words: [hare]
name: "(?i)hare"
variables: "HARE_[A-Z0-9_]*"
images: [burrow/hare]
charts: []
ports: {7001: messages}
url_schemes: [hare]
packages: {debian: [hare-server]}
"""
HARE_TOOLS = "kind: tools\nid: hare-tools\ntitle: Tools\nsystem: hare\ntools:\n  ctl: {commands: [harectl]}\n"


def test_another_system_to_migrate_from(natsscan: Command, write: Write) -> None:
    write(
        {
            "own/hare.yaml": HARE,
            "own/tools.yaml": HARE_TOOLS,
            "app/a.yaml": "hare:\n  port: 7001\nrabbitmq:\n  port: 5672\nnats: {}\n",
            "app/run.sh": "harectl list\nrabbitmqctl list_queues\n",
        }
    )
    run = natsscan("app", "--rules", "own", "--format", "json")
    found = {(f["path"], f["line"], f["system"], f["rule"]) for f in run.json["findings"]}
    assert found == {
        ("a.yaml", 1, "hare", "broker-config"),
        ("a.yaml", 2, "hare", "broker-config"),
        ("a.yaml", 3, "rabbitmq", "broker-config"),
        ("a.yaml", 4, "rabbitmq", "broker-config"),
        ("a.yaml", 5, "nats", "nats-config"),
        ("run.sh", 1, "hare", "broker-admin-tool"),
        ("run.sh", 2, "rabbitmq", "broker-admin-tool"),
    }
    assert run.json["totals"]["overall"]["findings"] == 6


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (HARE.replace("id: hare", "id: nats"), "hare.yaml:2: nats is described twice, first in "),
        (HARE.replace('"(?i)hare"', '"(hare"'), "hare.yaml:5: broken pattern '(hare'"),
        (HARE + "role: both\n", "hare.yaml:12: role: Invalid enum value 'both'"),
        (HARE_TOOLS, "hare.yaml:4: no broker file describes 'hare'; known are nats, rabbitmq"),
        (
            'kind: client\nid: c\ntitle: C\nlanguage: haskell\nsystem: nats\nmodules: "(x"\nfunctions: {}\nparameters: {}\n',
            "hare.yaml:6: broken pattern '(x'",
        ),
        (
            "kind: library\nid: l\ntitle: L\nlanguage: haskell\nsystem: stan\npackages: []\nmodules: {}\n",
            "hare.yaml:5: no broker file describes 'stan'",
        ),
    ],
)
def test_broken_files_about_systems(natsscan: Command, write: Write, text: str, reason: str) -> None:
    write({"own/hare.yaml": text, "a.yaml": "a: 1\n"})
    run = natsscan(".", "--rules", "own")
    assert run.code == 2
    assert len(run.err.splitlines()) == 1
    assert reason in run.err
