"""Files of environment variables."""

from __future__ import annotations

from natsscan.catalog.catalog import Catalog
from natsscan.model.source import FileKind
from natsscan.model.usage import Operation, Tier
from natsscan.surfaces import shell
from tests.scanning import read_surface


def test_variables_are_set_one_by_one(catalog: Catalog) -> None:
    text = "# RabbitMQ\nexport RABBITMQ_USERNAME=guest\nexport RABBITMQ_PASSWORD=alpaca-rabbit\nRABBITMQ_PORT_V0=5672\n"
    usages = read_surface(shell.read, FileKind.ENV, ".envrc", text, catalog).usages

    assert [(u.span.line, u.span.column, u.symbol) for u in usages if u.operation is Operation.ENV] == [
        (2, 8, "RABBITMQ_USERNAME"),
        (3, 8, "RABBITMQ_PASSWORD"),
        (4, 1, "RABBITMQ_PORT_V0"),
    ]
    assert "alpaca" not in str(usages)


def test_a_value_may_be_a_url_or_a_name(catalog: Catalog) -> None:
    text = "AMQP_URL=amqp://a:b1@rabbitmq:5672/\nCOMPOSE_PROFILES=shop,rabbitmq\n"
    usages = read_surface(shell.read, FileKind.ENV, ".env", text, catalog).usages

    assert [(u.operation, u.symbol) for u in usages] == [
        (Operation.ENV, "AMQP_URL"),
        (Operation.CONNECT, "amqp URL"),
        (Operation.DEPLOY, "rabbitmq"),
    ]
    assert usages[1].arguments[0].text == "amqp://***@rabbitmq:5672/"


def test_what_is_commented_out_is_a_mention(catalog: Catalog) -> None:
    (usage,) = read_surface(shell.read, FileKind.ENV, ".env", "A=1\n#RABBITMQ_URL=x\n", catalog).usages

    assert (usage.tier, usage.span.line) == (Tier.MENTION, 2)


def test_other_variables_are_nothing(catalog: Catalog) -> None:
    assert read_surface(shell.read, FileKind.ENV, ".env", "PORT=5672\nHARE_URL=x\n", catalog).usages == ()
