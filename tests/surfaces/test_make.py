"""Makefiles: variables, targets and recipes."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from natsscan.catalog.catalog import Catalog
from natsscan.model.source import FileKind
from natsscan.model.usage import Operation, Tier, Usage
from natsscan.surfaces import make
from tests.scanning import read_surface

MAKEFILE = """\
CHARTS := shop rabbitmq \\
  rabbitmq-external   # not amqp

.PHONY: rabbit-clean
rabbit-clean: start
# rabbitmq, in the middle of a recipe
\t@rabbitmqadmin list queues \\
\t\t| jq '"rabbitmqadmin delete queue name=\\(.name)"'
\techo don't
ifdef FAST
\t$(BIN)/rabbitmqctl -p $(VHOST) purge_queue $$QUEUE
endif

reset: rabbit-clean
"""


def read(text: str, catalog: Catalog, path: str = "Makefile") -> tuple[Usage, ...]:
    return read_surface(make.read, FileKind.MAKE, path, text, catalog).usages


def test_variables_targets_and_recipes(catalog: Catalog) -> None:
    assert [(u.span.line, u.operation, u.symbol, u.definition) for u in read(MAKEFILE, catalog)] == [
        (1, Operation.DEPLOY, "rabbitmq", None),
        (2, Operation.DEPLOY, "rabbitmq-external", None),
        (4, Operation.DEPLOY, "rabbit-clean", None),
        (5, Operation.DEPLOY, "rabbit-clean", "rabbit-clean"),
        (7, Operation.ADMIN, "rabbitmqadmin", "rabbit-clean"),
        (8, Operation.DELETE_QUEUE, "rabbitmqadmin", "rabbit-clean"),
        (11, Operation.PURGE, "rabbitmqctl", "rabbit-clean"),
        (14, Operation.DEPLOY, "rabbit-clean", "reset"),
    ]


def test_holes_are_the_variables_of_make_and_shell(catalog: Catalog) -> None:
    (purge,) = [usage for usage in read(MAKEFILE, catalog) if usage.operation is Operation.PURGE]
    arguments = {argument.name: argument.text for argument in purge.arguments}

    assert (arguments["vhost"], arguments["queue"]) == ("{VHOST}", "{QUEUE}")


def test_variables_of_the_environment(catalog: Catalog) -> None:
    usages = read("export RABBITMQ_URL ?= x\nrun:\n\tshop $(RABBITMQ_URL) $$RABBITMQ_USER\n", catalog)

    assert [(u.symbol, u.arguments[0].text) for u in usages] == [
        ("RABBITMQ_URL", "set"),
        ("RABBITMQ_URL", "read"),
        ("RABBITMQ_USER", "read"),
    ]


def test_a_justfile_has_recipes_with_any_indentation(catalog: Catalog) -> None:
    (usage,) = read("drop queue:\n    rabbitmqctl delete_queue {{queue}}\n", catalog, "justfile")

    assert (usage.operation, usage.definition) == (Operation.DELETE_QUEUE, "drop")
    assert usage.arguments[-1].text == "{queue}"


def test_comments_alone_are_one_mention(catalog: Catalog) -> None:
    (usage,) = read("all: # rabbitmq\n\ttrue # amqp\n", catalog)

    assert (usage.tier, usage.arguments[0].text) == (Tier.MENTION, "2")


def test_a_backslash_at_the_end_is_no_end(catalog: Catalog) -> None:
    assert [u.span.line for u in read("a:\n\tls rabbitmq \\", catalog)] == [2]


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text("\n\t\\:=#$('\" ar", max_size=100))
def test_any_text_is_read(catalog: Catalog, text: str) -> None:
    read("CHARTS := rabbitmq\n" + text, catalog)
