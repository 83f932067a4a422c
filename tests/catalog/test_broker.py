from __future__ import annotations

import re
from pathlib import Path

import pytest

from natsscan.catalog.broker import Broker, compile_broker, naming
from natsscan.catalog.schema import BrokerFile, ToolRule
from natsscan.catalog.tools import Tools
from natsscan.catalog.yamlfile import YamlFile
from natsscan.model.source import FileKind, SourceFile

TEXT = """\
kind: broker
id: hare
title: A broker whose image and tool do not have its name
words: [hare, "7001", "7002", leap]
name: "(?i)hare|leap"
variables: "HARE_[A-Z0-9_]*"
images: [burrow/server]
charts: []
ports: {7001: messages}
url_schemes: [brw]
packages: {debian: [libburrow]}
"""
TOOLS = Tools({"burrowctl": ToolRule(("burrowctl",))}, {}, {}, frozenset(), frozenset(), re.compile("(?!)"))


@pytest.fixture
def broker(tmp_path: Path) -> Broker:
    path = tmp_path / "hare.yaml"
    path.write_text(TEXT)
    return compile_broker(YamlFile(path).convert(BrokerFile), (), TOOLS)


@pytest.mark.parametrize(
    ("data", "worth", "named"),
    [
        (b"a HaRe", True, True),
        (b"port 7002", True, False),
        (b"port 7003", False, False),
        (b"700", False, False),
        (b"", False, False),
    ],
)
def test_which_files_are_looked_into(broker: Broker, data: bytes, worth: bool, named: bool) -> None:
    source = SourceFile("a.conf", FileKind.BROKER_CONFIG, data)
    read = naming([source], [broker], Broker.is_worth_reading)
    assert ("a.conf" in read["hare"], broker.is_named(data)) == (worth, named)


def test_words_that_begin_alike_are_searched_for_at_once(broker: Broker) -> None:
    assert broker.stems == (b"700", b"hare", b"leap")


@pytest.mark.parametrize(
    "text", ["HARE_URL", "image: x/burrow/server:1", "$BIN/burrowctl x", "apt install libburrow", "brw://h"]
)
def test_a_trace_is_in_all_that_is_the_brokers(broker: Broker, text: str) -> None:
    assert broker.trace.search(text)
    assert not broker.trace.search("port 7001")
