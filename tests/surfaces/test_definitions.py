"""Exports of definitions, and other JSON."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from natsscan.catalog.catalog import Catalog
from natsscan.model.source import FileKind
from natsscan.model.usage import Operation, Tier, Usage
from natsscan.surfaces import definitions
from tests.scanning import read_surface

EXPORT = {
    "rabbit_version": "3.10.7",
    "users": [{"name": "joe", "password_hash": "hunter7", "tags": "administrator"}],
    "vhosts": [{"name": "/shop"}],
    "parameters": [{"name": "s", "value": {"src-uri": "amqp://a:hunter7@h", "password": "hunter7"}}],
    "policies": [{"name": "ha", "vhost": "/", "pattern": "^q", "definition": {"max-length": 5}}],
    "queues": [{"name": "jöbs", "durable": True, "arguments": {"x-queue-type": "quorum"}}],
    "exchanges": [{"name": "events", "type": "topic", "auto_delete": False}],
    "bindings": [
        {"source": "events", "destination": "jobs", "destination_type": "queue", "routing_key": "a.*"},
        {"source": "events", "destination": "audit", "destination_type": "exchange", "routing_key": "#"},
    ],
}


def read(text: str | bytes, catalog: Catalog) -> tuple[Usage, ...]:
    return read_surface(definitions.read, FileKind.JSON, "definitions.json", text, catalog).usages


def told(usage: Usage) -> dict[str, str]:
    return {argument.name: argument.text for argument in usage.arguments}


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("ascii_only", [True, False])
def test_an_export_declares_its_objects(catalog: Catalog, indent: int | None, ascii_only: bool) -> None:
    text = json.dumps(EXPORT, indent=indent, ensure_ascii=ascii_only)
    usages = read(text, catalog)

    assert [(u.operation, u.symbol, u.is_call) for u in usages] == [
        (Operation.CONFIG, "users", False),
        (Operation.CONFIG, "vhosts", False),
        (Operation.CONFIG, "parameters", False),
        (Operation.CONFIG, "policies", False),
        (Operation.DECLARE_QUEUE, "queues", True),
        (Operation.DECLARE_EXCHANGE, "exchanges", True),
        (Operation.BIND, "bindings", True),
        (Operation.BIND, "bindings", True),
    ]
    assert told(usages[0]) == {"user": "joe", "password_hash": "(secret)", "tags": "administrator"}
    assert told(usages[3])["definition.max-length"] == "5"
    assert told(usages[4]) == {"queue": "jöbs", "durable": "true", "arguments.x-queue-type": "quorum"}
    assert told(usages[5]) == {"exchange": "events", "exchange_type": "topic", "auto_delete": "false"}
    assert (told(usages[6])["exchange"], told(usages[6])["queue"]) == ("events", "jobs")
    assert (told(usages[7])["source"], told(usages[7])["destination"]) == ("events", "audit")
    assert "hunter7" not in str(usages)
    assert text.encode()[usages[5].span.start : usages[5].span.end] == b'"events"'


def test_sections_alone_make_an_export(catalog: Catalog) -> None:
    assert [u.symbol for u in read('{"queues": [{"name": "rabbit"}], "bindings": []}', catalog)] == ["queues"]


@pytest.mark.parametrize(
    "text",
    ['{"text": "RabbitMQ and rabbitmq"}', '["rabbitmq"]', '{"queues": [{"name": "rabbit"}]}', '{"dependencies": {"amqplib": 1}}'],
)  # fmt: skip
def test_other_json_is_one_mention(catalog: Catalog, text: str) -> None:
    (usage,) = read(text, catalog)

    assert (usage.tier, told(usage)) == (Tier.MENTION, {"count": "1"})


def test_digits_are_nothing(catalog: Catalog) -> None:
    assert read('{"id": "9a5672bc", "port": 5672}', catalog) == ()


def test_broken_json_is_read_up_to_the_break(catalog: Catalog) -> None:
    text = '{"rabbit_version": "3",\n "queues": [{"name": "a"},\n {"name": "b}'
    reading = read_surface(definitions.read, FileKind.JSON, "d.json", text, catalog)

    assert [told(usage) for usage in reading.usages] == [{"queue": "a"}]
    assert [problem.line for problem in reading.problems] == [3]


def test_depth_is_no_limit(catalog: Catalog) -> None:
    deep = "[" * 50_000 + "]" * 50_000

    assert len(read(f'{{"rabbit_version": "3", "x": {deep}, "queues": [{{"name": "a", "b": {deep}}}]}}', catalog)) == 1


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text('{}[]",:a\\1 \n', max_size=100))
def test_any_text_is_read(catalog: Catalog, text: str) -> None:
    read('{"rabbit_version": "3", "queues": [' + text, catalog)
