"""Configuration files of the broker, and files of other programs with the same ending."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from natsscan.catalog.catalog import Catalog
from natsscan.model.source import FileKind
from natsscan.model.usage import Operation, Tier, Usage
from natsscan.surfaces import brokerconfig
from tests.scanning import read_surface

CONF = """\
# rabbitmq
default_user = $(RABBITMQ_USERNAME)
default_pass = hunter7
listeners.tcp.default = 5672 # plain
auth_http.user_path = http://a:hunter7@host/user
"""
ERLANG = """\
%% {default_pass, <<"old">>}
[{rabbit, [
   {tcp_listeners, [{"127.0.0.1", 5672}]},
   {default_pass, <<"hunter7">>},
   {ssl_options, [{cacertfile, "/etc/ca.pem"}]}
 ]}].
"""


def read(path: str, text: str, catalog: Catalog) -> tuple[Usage, ...]:
    return read_surface(brokerconfig.read, FileKind.BROKER_CONFIG, path, text, catalog).usages


def told(usages: tuple[Usage, ...]) -> list[tuple[Operation, str, str]]:
    return [(usage.operation, usage.symbol, usage.arguments[0].text) for usage in usages]


def test_settings_of_key_and_value(catalog: Catalog) -> None:
    assert told(read("etc/rabbitmq.conf", CONF, catalog)) == [
        (Operation.CONFIG, "default_user", "{RABBITMQ_USERNAME}"),
        (Operation.ENV, "RABBITMQ_USERNAME", "read"),
        (Operation.CONFIG, "default_pass", "(secret)"),
        (Operation.CONFIG, "listeners.tcp.default", "5672"),
        (Operation.CONFIG, "auth_http.user_path", "http://***@host/user"),
    ]


def test_settings_in_erlang(catalog: Catalog) -> None:
    usages = read("rabbitmq.config", ERLANG, catalog)

    assert [(u.span.line, *place) for u, place in zip(usages, told(usages), strict=True)] == [
        (3, Operation.CONFIG, "rabbit.tcp_listeners", '[{"127.0.0.1", 5672}]'),
        (4, Operation.CONFIG, "rabbit.default_pass", "(secret)"),
        (5, Operation.CONFIG, "rabbit.ssl_options.cacertfile", '"/etc/ca.pem"'),
    ]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("conf.d/10-defaults.conf", "default_user = a\nlisteners.tcp.1 = 5672\n"),
        ("rabbitmq/conf.d/20.conf", "disk_free_limit.absolute = 1GB\n"),
        ("rabbitmq-env.conf", "NODENAME=a\n"),
    ],
)
def test_a_file_is_the_brokers_by_name_or_keys(catalog: Catalog, path: str, text: str) -> None:
    assert {usage.operation for usage in read(path, text, catalog)} == {Operation.CONFIG}


@pytest.mark.parametrize("path", ["nginx.conf", "rabbitmq-proxy.conf"])
def test_other_programs_only_mention_the_broker(catalog: Catalog, path: str) -> None:
    (usage,) = read(path, "upstream b {\n  server rabbitmq:15672;\n}\nset $x = 1;\n", catalog)

    assert (usage.tier, usage.symbol, usage.span.line) == (Tier.MENTION, "rabbitmq", 2)


def test_configuration_that_does_not_name_the_broker_is_nothing(catalog: Catalog) -> None:
    assert read("postgresql.conf", "port = 5672\nname = x\n", catalog) == ()


def test_a_broken_line_is_told(catalog: Catalog) -> None:
    text = "default_user = a\nnonsense\n"
    (problem,) = read_surface(brokerconfig.read, FileKind.BROKER_CONFIG, "rabbitmq.conf", text, catalog).problems

    assert (problem.line, problem.reason) == (2, "this is no setting of the form key = value")


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(["rabbitmq.conf", "rabbitmq.config"]), st.text("{[]},a\"'=#%\\\n ", max_size=100))
def test_any_text_is_read(catalog: Catalog, path: str, text: str) -> None:
    read(path, text, catalog)
