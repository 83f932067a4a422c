"""Tools, installers and HTTP clients come from rule files, those of a user as well."""

from __future__ import annotations

from pathlib import Path

import pytest

from natsscan.catalog.catalog import load_catalog
from natsscan.model.errors import InputError
from natsscan.model.source import FileKind
from natsscan.model.usage import Operation
from natsscan.surfaces import shell
from tests.scanning import read_surface

OWN = """\
kind: tools
id: own
title: Tools of our own
tools:
  mq:
    commands: [mqcli]
    verbs: [send, make]
    nouns:
      queue: {known_as: {name: queue}}
    calls:
      send: {operation: publish}
      make queue: {operation: declare-queue}
    options_with_value: [--to, -s]
    arguments: {to: routing_key, name: name, s: password}
  batch:
    commands: [mqbatch]
    calls:
      purge: {operation: purge, arguments: [queue]}
      login: {sets_password: true}
installers: {ourget: debian}
http_clients:
  fetchit: {login: [--as], method: [--do]}
not_calling: [describe]
"""


@pytest.mark.parametrize(
    ("line", "operation", "symbol", "arguments"),
    [
        ("mqcli send --to jobs -s hunter7 x", Operation.PUBLISH, "mqcli", {"subcommand": "send", "routing_key": "jobs", "password": "(secret)"}),
        ("mqcli make queues name=jobs", Operation.DECLARE_QUEUE, "mqcli", {"subcommand": "make queue", "queue": "jobs"}),
        ("mqbatch purge jobs", Operation.PURGE, "mqbatch", {"subcommand": "purge", "queue": "jobs"}),
        ("mqbatch login joe hunter7", Operation.ADMIN, "mqbatch", {"subcommand": "login", "password": "(secret)"}),
        ("ourget add amqp-tools", Operation.DEPENDENCY, "amqp-tools", {}),
        ("fetchit --as $RABBIT:hunter7 --do PUT $API/x", Operation.ADMIN, "management API", {"path": "{API}/x", "method": "PUT"}),
        ("describe rabbitmqctl", Operation.DEPLOY, "rabbitmqctl", {}),
    ],
)  # fmt: skip
def test_tools_of_a_user(
    tmp_path: Path, line: str, operation: Operation, symbol: str, arguments: dict[str, str]
) -> None:
    (tmp_path / "own.yaml").write_text(OWN)
    usages = read_surface(shell.read, FileKind.SHELL, "run.sh", line, load_catalog([tmp_path])).usages
    usage = next(usage for usage in usages if usage.symbol == symbol)

    assert usage.operation is operation
    assert {argument.name: argument.text for argument in usage.arguments} == arguments
    assert "hunter7" not in str(usages)


@pytest.mark.parametrize(
    ("before", "after", "line", "reason"),
    [
        ("[mqcli]", "[mqcli, rabbitmqctl]", 6, "rabbitmqctl is described twice"),
        ("[mqcli]", "[]", 6, "tools.mq.commands: Expected `array` of length >= 1"),
        ("make queue:", "create queue:", 12, "'create' is none of the tool's verbs"),
        ("make queue:", "make table:", 12, "'table' is none of the tool's nouns"),
        ("--to, -s", "to", 13, "options_with_value"),
        ("declare-queue", "declare-quue", 12, "Invalid enum value 'declare-quue'"),
        (
            "ourget: debian",
            "ourget: debain",
            20,
            "no broker has packages of debain; known are conda, debian, haskell, nix, pypi",
        ),
        ("ourget: debian", "apt: debian", 20, "apt is described twice"),
        ("fetchit:", "curl:", 22, "curl is described twice"),
        ("login: [--as]", "logon: [--as]", 22, "unknown field `logon`"),
    ],
)
def test_broken_tools(tmp_path: Path, before: str, after: str, line: int, reason: str) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(OWN.replace(before, after))

    with pytest.raises(InputError) as raised:
        load_catalog([tmp_path])

    assert str(raised.value).startswith(f"{path}:{line}: ")
    assert reason in str(raised.value)
