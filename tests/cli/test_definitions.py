"""What the broker itself holds, beside what the code says."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Command

Write = Callable[[dict[str, str | bytes]], Path]

CODE = """module M where
import Network.AMQP
import Data.Map qualified as Map

setUp c user = do
  declareExchange c newExchange {exchangeName = "orders", exchangeType = "topic"}
  declareQueue c newQueue {queueName = "jobs", queueHeaders = FieldTable (Map.fromList [("x-max-length", FVInt32 100)])}
  declareQueue c newQueue {queueName = "users." <> user}
  bindQueue c "jobs" "orders" "new"
"""


def queue(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "vhost": "/", "durable": True, "auto_delete": False, "arguments": {}, **more}


def policy(name: str, pattern: str, definition: dict[str, Any], **more: Any) -> dict[str, Any]:
    given = {"vhost": "/", "name": name, "pattern": pattern, "apply-to": "queues", "priority": 0}
    return given | {"definition": definition} | more


def shown(natsscan: Command, write: Write, text: str | dict[str, Any]) -> dict[str, Any]:
    """Return the queues that `natsscan topology` shows, by name."""
    write({"M.hs": CODE, "broker.def": text if isinstance(text, str) else json.dumps(text)})
    document = natsscan("topology", ".", "--format", "json", "--definitions", "broker.def").json
    return {found["name"]: found for found in document["queues"]}


def test_a_policy_applies_by_priority_and_the_lower_limit_holds(natsscan: Command, write: Write) -> None:
    export = {
        "queues": [queue("jobs", arguments={"x-max-length": 100}), queue("users.u1"), queue("users.u2")],
        "exchanges": [],
        "policies": [
            policy("weak", ".*", {"message-ttl": 1, "expires": 7}),
            policy("strong", "^jobs$", {"message-ttl": 5000, "max-length": 500}, priority=2),
        ],
        "operator_policies": [policy("ops", "^jobs$", {"max-length": 50})],
    }
    queues = shown(natsscan, write, export)
    assert queues["jobs"]["arguments"] == {"x-max-length": "50", "x-message-ttl": "5000"}
    assert queues["jobs"]["policy"] == "strong and ops"
    assert queues["jobs"]["from_policy"] == ["x-max-length", "x-message-ttl"]
    assert queues["jobs"]["origin"] == "both"
    assert queues["users.{user}"]["arguments"] == {"x-message-ttl": "1", "x-expires": "7"}
    assert queues["users.{user}"]["origin"] == "both"


def test_what_only_one_side_has_is_shown(natsscan: Command, write: Write) -> None:
    export = {
        "queues": [queue("reports")],
        "exchanges": [queue("orders", type="fanout"), queue("amq.topic", type="topic"), queue("", type="direct")],
        "bindings": [
            {"source": "orders", "vhost": "/", "destination": "reports", "destination_type": "queue", "routing_key": ""}
        ],
    }
    write({"M.hs": CODE, "broker.json": json.dumps(export, indent=1)})
    out = natsscan("topology", ".", "--definitions", "broker.json").out
    assert "queue reports\n  declared         durable  broker.json:4\n  in the code      nothing declares it\n" in out
    assert "  bound            to orders with (empty key)  broker.json:" in out
    assert "  differs          exchange type topic in the code, fanout on the broker\n" in out
    assert "exchange amq.topic" not in out
    jobs = out[out.index("queue jobs") :]
    assert "on the broker    not in its definitions" in jobs[: jobs.index("\n\n")]


def test_without_definitions_nothing_is_said_of_the_broker(natsscan: Command, write: Write) -> None:
    write({"M.hs": CODE})
    assert "broker" not in natsscan("topology", ".").out
    assert "origin" not in natsscan("topology", ".", "--format", "json").json["queues"][0]


@pytest.mark.parametrize(
    "text",
    [
        '{"queues": [\n{{- range .Values.extra }}\n{"name": "{{ . | quote }}", "vhost": "/"},\n{{- end }}\n'
        '{"name": "jobs", "vhost": "/", "durable": {{ .Values.durable }}, "arguments": {"x-max-length": 100}}\n]}',
        '\ufeff{"queues": [{"name": "jobs", "future": [1, {"a": 2}], "arguments": {"x-max-length": 100}}]}',
        "{{ if .Values.queues }}\n---\napiVersion: rabbitmq.com/v1beta1\nkind: Queue\nmetadata:\n"
        "  name: shop-jobs\nspec:\n  name: jobs\n  durable: true\n  autoDelete: {{ .Values.gone }}\n"
        "  arguments:\n    x-max-length: 100\n{{ end }}\n---\nkind: Service\n",
        "apiVersion: rabbitmq.com/v1\nkind: Queue\nmetadata: {name: jobs}\nspec: {arguments: {x-max-length: 100}}\n",
    ],
    ids=["template of an export", "parts of an export", "template of a resource", "named by its metadata"],
)
def test_templates_and_parts_are_read_as_far_as_they_go(natsscan: Command, write: Write, text: str) -> None:
    jobs = shown(natsscan, write, text)["jobs"]
    assert jobs["origin"] == "both"
    assert jobs["differences"] == []


def test_bindings_of_the_operator(natsscan: Command, write: Write) -> None:
    resources = """\
apiVersion: rabbitmq.com/v1beta1
kind: Binding
metadata: {name: b}
spec: {source: orders, destination: archive, destinationType: exchange, routingKey: "old.#"}
---
apiVersion: rabbitmq.com/v1beta1
kind: Shovel
metadata: {name: s}
"""
    write({"M.hs": CODE, "broker.yaml": resources})
    run = natsscan(".", "--format", "json", "--definitions", "broker.yaml")
    assert run.json["topology"]["exchange_bindings"][0]["destination"] == "archive"
    assert {p["reason"] for p in run.json["coverage"]["problems"]} == {
        "nothing is known of resources of kind 'Shovel' here: it is left out"
    }


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ('{"queues": [{"name": "jobs"},\n{"name": "x"]}', 2, "the JSON of these definitions is broken here"),
        ('{"queues": [{"name": "jobs"}],\n"shovels": []}', 2, "nothing is known of 'shovels' here: it is left out"),
        (
            '{"queues": [{"name": "jobs"}],\n"policies": [{"name": "p", "pattern": "(", "definition": {}}]}',
            2,
            "the pattern '(' of policy p is not understood",
        ),
        (
            "apiVersion: rabbitmq.com/v1\nkind: Queue\nspec: {name: jobs}\n---\na: [\n",
            6,
            "broken YAML: ",
        ),
    ],
    ids=["broken", "unknown", "pattern", "yaml"],
)
def test_what_was_not_read_is_told_with_its_line(
    natsscan: Command, write: Write, text: str, line: int, reason: str
) -> None:
    write({"M.hs": CODE, "broker.def": text})
    document = natsscan(".", "--format", "json", "--definitions", "broker.def").json
    (problem,) = [p for p in document["coverage"]["problems"] if p["path"] == "broker.def"]
    assert problem["line"] == line
    assert problem["reason"].startswith(reason)
    assert [q["origin"] for q in document["topology"]["queues"] if q["name"] == "jobs"] == ["both"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "broker.def: cannot be read: no such file or directory; name a file that is there"),
        ("", "broker.def: it declares nothing; give an export of the broker's definitions"),
        ("hello: world\n", "broker.def: it declares nothing; give an export"),
        ('{"name": 1', "broker.def: the JSON of these definitions is broken here; give an export"),
        (b"\xff\xfe\x00", "broker.def: "),
    ],
)
def test_files_that_say_nothing_are_refused(
    natsscan: Command, write: Write, text: str | bytes | None, reason: str
) -> None:
    write({"M.hs": CODE} | ({} if text is None else {"broker.def": text}))
    for command in (("topology", "."), (".",)):
        run = natsscan(*command, "--definitions", "broker.def")
        assert run.code == 2
        assert reason in run.err
        assert len(run.err.strip().splitlines()) == 1


def test_secrets_of_an_export_are_not_shown(natsscan: Command, write: Write) -> None:
    export = {
        "users": [{"name": "shop", "password_hash": "Zm9vYmFyc2VjcmV0", "tags": []}],
        "parameters": [{"name": "up", "value": {"uri": "amqp://shop:tellno1@far:5672"}}],
        "queues": [queue("jobs")],
    }
    write({"M.hs": CODE, "elsewhere/broker.json": json.dumps(export, indent=1)})
    for arguments in (("topology", "."), (".", "--format", "json"), (".", "-v")):
        run = natsscan(*arguments, "--definitions", "elsewhere/broker.json")
        assert "Zm9v" not in run.out + run.err
        assert "tellno1" not in run.out + run.err
