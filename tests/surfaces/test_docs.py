"""Documents mention, and never use."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from natsscan.catalog.catalog import Catalog
from natsscan.model.source import FileKind
from natsscan.model.usage import Operation, Tier
from natsscan.surfaces import docs
from tests.scanning import read_surface

TEXT = "# Setup\n\nRabbitMQ, RabbitMQ.\n\n```sh\nexport RABBITMQ_URL=amqp://a:b@h\n```\nsee rabbitmq.com\n"


def test_a_document_is_one_mention(catalog: Catalog) -> None:
    (usage,) = read_surface(docs.read, FileKind.DOCS, "a.md", TEXT, catalog).usages

    assert (usage.operation, usage.tier, usage.symbol) == (Operation.MENTION, Tier.MENTION, "RabbitMQ")
    assert (usage.span.line, usage.span.column, usage.arguments[0].text) == (3, 1, "3")


def test_a_document_without_the_broker_is_nothing(catalog: Catalog) -> None:
    assert read_surface(docs.read, FileKind.DOCS, "a.md", "port 5672\n", catalog).usages == ()


def test_a_line_beside_one_that_names_the_broker_does_not_count(catalog: Catalog) -> None:
    (usage,) = read_surface(docs.read, FileKind.DOCS, "a.md", "port 5672\nof RabbitMQ\nport 5672\n", catalog).usages

    assert (usage.span.line, usage.arguments[0].text) == (2, "1")


def test_a_name_inside_of_a_secret_is_not_shown(catalog: Catalog) -> None:
    (usage,) = read_surface(docs.read, FileKind.DOCS, "a.md", "password: hunter7rabbit\n", catalog).usages

    assert usage.symbol == "(secret)"


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200))
def test_any_bytes_are_read(catalog: Catalog, data: bytes) -> None:
    usages = read_surface(docs.read, FileKind.DOCS, "a.md", data + b"\nrabbit", catalog).usages

    assert len(usages) == 1
