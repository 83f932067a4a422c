"""Dockerfiles: images, ports, packages, variables and RUN lines."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from natsscan.catalog.catalog import Catalog
from natsscan.model.source import FileKind
from natsscan.model.usage import Operation, Tier, Usage
from natsscan.surfaces import dockerfile
from tests.scanning import read_surface


def read(text: str, catalog: Catalog, path: str = "Dockerfile") -> tuple[Usage, ...]:
    return read_surface(dockerfile.read, FileKind.DOCKERFILE, path, text, catalog).usages


def test_a_broker_image(catalog: Catalog) -> None:
    text = (
        "ARG VERSION=3\n"
        "FROM --platform=linux/amd64 docker.io/library/rabbitmq:${VERSION} AS broker\n"
        "EXPOSE 5672 15672/tcp 80\n"
        "ENV RABBITMQ_DEFAULT_PASS=hunter7\n"
        "RUN rabbitmq-plugins enable --offline rabbitmq_management \\\n"
        "    # rabbitmq in a comment inside\n"
        "    && rabbitmqctl list_queues\n"
        'CMD ["rabbitmq-server"]\n'
    )
    usages = read(text, catalog)

    assert [(u.span.line, u.operation, u.symbol) for u in usages] == [
        (2, Operation.DEPLOY, "docker.io/library/rabbitmq:{VERSION}"),
        (3, Operation.DEPLOY, "port 5672"),
        (3, Operation.DEPLOY, "port 15672"),
        (4, Operation.ENV, "RABBITMQ_DEFAULT_PASS"),
        (5, Operation.ADMIN, "rabbitmq-plugins"),
        (7, Operation.ADMIN, "rabbitmqctl"),
        (8, Operation.ADMIN, "rabbitmq-server"),
    ]
    assert {usage.definition for usage in usages} == {"broker"}
    assert "hunter7" not in str(usages)


@pytest.mark.parametrize(
    ("line", "operation", "symbol"),
    [
        ("RUN apt-get install -y librabbitmq-dev", Operation.DEPENDENCY, "librabbitmq-dev"),
        ("ARG RABBITMQ_VERSION", Operation.ENV, "RABBITMQ_VERSION"),
        ("ENV AMQP_URL amqp://h", Operation.ENV, "AMQP_URL"),
        ("COPY rabbitmq.conf /etc/", Operation.DEPLOY, "rabbitmq.conf"),
        ("RUN <<EOF\nrabbitmqctl list_queues\nEOF", Operation.ADMIN, "rabbitmqctl"),
        ("FROM cloudamqp/lavinmq", Operation.DEPLOY, "cloudamqp/lavinmq"),
    ],
)
def test_other_instructions(catalog: Catalog, line: str, operation: Operation, symbol: str) -> None:
    assert (operation, symbol) in [(usage.operation, usage.symbol) for usage in read(f"FROM a\n{line}\n", catalog)]


def test_ports_of_other_images_are_nothing(catalog: Catalog) -> None:
    assert read("FROM shop\nEXPOSE 5672\n", catalog) == ()
    assert [usage.symbol for usage in read("FROM shop\nEXPOSE 5672\n", catalog, "rabbitmq/Dockerfile")] == ["port 5672"]


def test_a_list_without_words_is_no_command(catalog: Catalog) -> None:
    assert [u.symbol for u in read("CMD []\nFROM rabbitmq:3\n", catalog)] == ["rabbitmq:3"]


def test_a_shift_in_a_command_hides_no_instruction(catalog: Catalog) -> None:
    assert [u.symbol for u in read("RUN echo $((1 <<2))\nFROM rabbitmq:3\n", catalog)] == ["rabbitmq:3"]


def test_comments_alone_are_one_mention(catalog: Catalog) -> None:
    (usage,) = read("# rabbitmq\nFROM shop\n  # rabbitmqctl\n", catalog)

    assert (usage.tier, usage.arguments[0].text) == (Tier.MENTION, "2")


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text("\n\\#<ERUNFOM[]\",' \t", max_size=100))
def test_any_text_is_read(catalog: Catalog, text: str) -> None:
    read(text + "\nFROM rabbitmq", catalog)
