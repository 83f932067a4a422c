"""Shell scripts: commands, variables, URLs, names, and what of it stands in comments, quotes and here-documents."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from natsscan.catalog.catalog import Catalog
from natsscan.model.source import FileKind
from natsscan.model.usage import Operation, Tier, Usage
from natsscan.surfaces import shell
from tests.scanning import read_surface


def read(text: str | bytes, catalog: Catalog) -> tuple[Usage, ...]:
    return read_surface(shell.read, FileKind.SHELL, "run.sh", text, catalog).usages


def only(text: str, catalog: Catalog) -> Usage:
    (usage,) = read(text, catalog)
    return usage


def told(usage: Usage) -> dict[str, str]:
    return {argument.name: argument.text for argument in usage.arguments}


@pytest.mark.parametrize(
    ("command", "operation"),
    [
        ("rabbitmqadmin publish routing_key=jobs payload=x", Operation.PUBLISH),
        ("rabbitmqadmin declare queue name=jobs durable=true", Operation.DECLARE_QUEUE),
        ("rabbitmqadmin queues declare --name jobs --durable true", Operation.DECLARE_QUEUE),
        ("rabbitmqadmin declare exchange name=events type=topic", Operation.DECLARE_EXCHANGE),
        ("rabbitmqadmin declare binding source=events destination=jobs", Operation.BIND),
        ("rabbitmqadmin delete queue name=jobs", Operation.DELETE_QUEUE),
        ("rabbitmqadmin delete exchange name=events", Operation.DELETE_EXCHANGE),
        ("rabbitmqadmin delete binding source=events destination=jobs", Operation.UNBIND),
        ("rabbitmqadmin purge queue name=jobs", Operation.PURGE),
        ("rabbitmqadmin get queue=jobs count=1", Operation.GET),
        ("rabbitmqadmin list queues vhost name", Operation.ADMIN),
        ("rabbitmqctl delete_queue jobs", Operation.DELETE_QUEUE),
        ("rabbitmqctl purge_queue jobs", Operation.PURGE),
        ("sudo -u me /usr/sbin/rabbitmqctl list_queues", Operation.ADMIN),
        ("rabbitmq-plugins enable rabbitmq_management", Operation.ADMIN),
        ("if ! rabbitmq-diagnostics -q ping; then exit 1; fi", Operation.ADMIN),
    ],
)
def test_the_subcommand_of_a_tool_tells_the_operation(catalog: Catalog, command: str, operation: Operation) -> None:
    usage = only(command, catalog)

    assert (usage.operation, usage.is_call, usage.tier) == (operation, True, Tier.DIRECT)
    assert command[usage.span.start : usage.span.end].endswith(usage.symbol)


def test_arguments_of_a_tool_have_the_names_they_have_elsewhere(catalog: Catalog) -> None:
    usage = only('rabbitmqadmin -V shop \\\n  declare queue name="jobs-$REGION" durable=true', catalog)
    bound = only("rabbitmqadmin declare binding source=events destination=jobs routing_key='a.*'", catalog)

    expected = {"queue": "jobs-{REGION}", "durable": "true", "vhost": "shop"}
    assert told(usage) == {"subcommand": "declare queue"} | expected
    assert told(bound)["exchange"] == "events"
    assert (told(bound)["queue"], told(bound)["routing_key"]) == ("jobs", "a.*")


@pytest.mark.parametrize(
    "line",
    [
        "rabbitmqctl add_user joe hunter7",
        "rabbitmqctl change_password joe hunter7",
        "rabbitmqadmin --password=hunter7 publish routing_key=a payload=hunter7",
        "rabbitmqadmin -u joe -p hunter7 list queues",
        "publish amqp://joe:hunter7@rabbitmq:5672/a",
        "curl -u joe:hunter7 http://rabbitmq:15672/api/vhosts",
        "curl http://joe:hunter7@rabbitmq:15672/api/vhosts",
        "export RABBITMQ_PASSWORD=hunter7-rabbit",
        "export RABBITMQ_PASSWORD_V0=hunter7-rabbit",
        "helm install a rabbitmq --set auth.password=hunter7-rabbit",
        "# rabbitmq password: hunter7-rabbit",
        "# password: hunter7-rabbit",
    ],
)
def test_no_secret_is_told(catalog: Catalog, line: str) -> None:
    usages = read(line, catalog)

    assert usages
    assert "hunter7" not in str(usages)


@pytest.mark.parametrize(
    "line",
    [
        "which rabbitmqadmin",
        "command -v rabbitmqctl >/dev/null",
        "chmod +x ./rabbitmqadmin",
        "systemctl restart rabbitmq-server",
    ],
)
def test_naming_a_tool_does_not_call_it(catalog: Catalog, line: str) -> None:
    usage = only(line, catalog)

    assert (usage.operation, usage.is_call) == (Operation.DEPLOY, False)


def test_packages_are_dependencies(catalog: Catalog) -> None:
    usages = read("apt-get update && apt-get install -y rabbitmq-server=3.10 curl amqp-tools", catalog)

    assert [(u.operation, u.symbol, told(u)) for u in usages] == [
        (Operation.DEPENDENCY, "rabbitmq-server", {"version": "3.10"}),
        (Operation.DEPENDENCY, "amqp-tools", {}),
    ]


def test_commands_in_quotes_and_substitutions_are_read(catalog: Catalog) -> None:
    text = (
        "jq -r '.[] | \"rabbitmqadmin delete queue name=\\(.name)\"'\n"
        'count="$(rabbitmqctl list_queues | grep -c "a \'b")"\n'
        'docker exec broker sh -c "rabbitmqctl purge_queue jobs"\n'
    )
    usages = read(text, catalog)

    assert [(u.operation, u.span.line) for u in usages] == [
        (Operation.DELETE_QUEUE, 1),
        (Operation.ADMIN, 2),
        (Operation.PURGE, 3),
    ]
    assert told(usages[0])["queue"] == "{.name}"


@pytest.mark.parametrize(
    ("line", "arguments"),
    [
        ("curl -X PUT https://rabbitmq:15671/api/vhosts/$v", {"path": "/api/vhosts/{v}", "method": "PUT"}),
        ("wget -qO- localhost:15672/api/overview", {"path": "/api/overview"}),
        ('URL="$RABBIT/api/queues/%2f/jobs?columns=name"', {"path": "/api/queues/%2f/jobs"}),
        ('curl -u "$RABBIT_USER:$PW" -X PUT "$URL/$DOMAIN"', {"path": "{URL}/{DOMAIN}", "method": "PUT"}),
        ("curl -u $RABBIT_USER:x \\\n $HOST/api/queues", {"path": "/api/queues"}),
    ],
)
def test_calls_of_the_management_api(catalog: Catalog, line: str, arguments: dict[str, str]) -> None:
    (call,) = [usage for usage in read(line, catalog) if usage.symbol == "management API"]

    assert (call.operation, call.is_call, told(call)) == (Operation.ADMIN, True, arguments)


def test_other_apis_are_not_the_brokers(catalog: Catalog) -> None:
    assert read("curl http://shop:8080/api/users\ncurl http://shop:8080/api/queues\n", catalog) == ()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("export RABBITMQ_USERNAME=guest", [("RABBITMQ_USERNAME", "set")]),
        ("RABBITMQ_URL=x AMQP_HOST=y ./run", [("RABBITMQ_URL", "set"), ("AMQP_HOST", "set")]),
        ("export RABBITMQ_USERNAME RABBITMQ_PASSWORD", [("RABBITMQ_USERNAME", "set"), ("RABBITMQ_PASSWORD", "set")]),
        ("docker run -e RABBITMQ_URL -e AMQP_HOST=b x", [("RABBITMQ_URL", "read"), ("AMQP_HOST", "set")]),
        ('echo "$RABBITMQ_URL" ${AMQP_HOST:-x}', [("RABBITMQ_URL", "read"), ("AMQP_HOST", "read")]),
        ("X=$AMQP_HOST$AMQP_HOST", [("AMQP_HOST", "read"), ("AMQP_HOST", "read")]),
        ("export RABBITMQ_USERNAME_V${i}=guest", [("RABBITMQ_USERNAME_V{i}", "set")]),
        ("export RABBITMQ_USERNAME_V$i=guest", [("RABBITMQ_USERNAME_V{i}", "set")]),
        ('printenv "RABBITMQ_${name}"', [("RABBITMQ_{name}", "read")]),
        ('printenv RABBITMQ_"$name"_URL', [("RABBITMQ_{name}_URL", "read")]),
        ('printenv "${prefix}_RABBITMQ_URL"', [("{prefix}_RABBITMQ_URL", "read")]),
    ],
)
def test_variables(catalog: Catalog, line: str, expected: list[tuple[str, str]]) -> None:
    usages = [usage for usage in read(line, catalog) if usage.operation is Operation.ENV]

    assert [(usage.symbol, told(usage)["role"]) for usage in usages] == expected


def test_amqp_urls_connect(catalog: Catalog) -> None:
    usage = only("connect --to 'amqps://me:pw@host:5671/shop'", catalog)

    assert (usage.operation, usage.symbol) == (Operation.CONNECT, "amqp URL")
    assert told(usage) == {"url": "amqps://***@host:5671/shop"}


@pytest.mark.parametrize(
    ("line", "symbols"),
    [
        ("docker run -p 5672:5672 rabbitmq:3-management", ["port 5672", "rabbitmq:3-management"]),
        ("charts=(databases rabbitmq-external shop)", ["rabbitmq-external"]),
        ('kubectl delete secret "rabbitmq-v${n}"', ["rabbitmq-v{n}"]),
        ("gen_cert DNS:localhost,DNS:rabbitmq", ["rabbitmq"]),
        ("cp $DIR/rabbitmq-config/ca.pem .", ["{DIR}/rabbitmq-config/ca.pem"]),
        ("docker cp rabbitmq:/etc/ca.pem ca.pem", ["rabbitmq:/etc/ca.pem"]),
        ("nc -z host 5672", []),
    ],
)
def test_names_and_ports_are_deployment(catalog: Catalog, line: str, symbols: list[str]) -> None:
    usages = read(line, catalog)

    assert [usage.symbol for usage in usages] == symbols
    assert {usage.operation for usage in usages} <= {Operation.DEPLOY}


def test_here_documents_are_configuration(catalog: Catalog) -> None:
    text = (
        "deploy() {\ncat >v.yaml <<-'EOF'\n# rabbitmq, too\nsecrets: {rabbitmq: {username: a}}\nEOF\n}\nls rabbitmq\n"
    )
    usages = read(text, catalog)

    assert [(u.operation, u.span.line, u.definition) for u in usages] == [
        (Operation.CONFIG, 4, "deploy"),
        (Operation.DEPLOY, 7, None),
    ]


def test_a_shift_opens_no_here_document(catalog: Catalog) -> None:
    assert [u.span.line for u in read("x=$((1 << y))\n# rabbitmq\nls rabbitmq\n", catalog)] == [3]


def test_functions_are_definitions(catalog: Catalog) -> None:
    text = "one() { ls rabbitmq; }\nfunction two {\n  ls rabbitmq\n}\nls rabbitmq\n"

    assert [usage.definition for usage in read(text, catalog)] == ["one", "two", None]


def test_comments_alone_are_one_mention(catalog: Catalog) -> None:
    usage = only("ls  # RabbitMQ\n# rabbitmqctl list_queues\necho '#' done\n", catalog)

    assert (usage.operation, usage.tier, usage.symbol) == (Operation.MENTION, Tier.MENTION, "RabbitMQ")
    assert (usage.span.line, usage.span.column, told(usage)) == (1, 7, {"count": "2"})


def test_comments_beside_code_are_nothing(catalog: Catalog) -> None:
    assert [u.span.line for u in read("# rabbitmq\nls rabbitmq # amqp\necho ${x#amqp}\n", catalog)] == [2, 3]


def test_a_number_that_looks_like_a_port_is_nothing(catalog: Catalog) -> None:
    assert read("sha=ab5672cd\ncurl localhost:5672\n", catalog) == ()


def test_an_open_quote_is_told(catalog: Catalog) -> None:
    reading = read_surface(shell.read, FileKind.SHELL, "a.sh", 'ls rabbitmq\necho "oops\n', catalog)

    assert [(problem.line, problem.reason) for problem in reading.problems] == [
        (2, "a quote that opens here does not close")
    ]


def test_offsets_are_bytes(catalog: Catalog) -> None:
    data = "\ufeffecho é; ls rabbitmq-ü\r\n".encode()
    (usage,) = read(data, catalog)

    assert data[usage.span.start : usage.span.end] == b"rabbitmq-"
    assert usage.span.column == len("\ufeffecho é; ls ") + 1


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300))
def test_any_bytes_are_read(catalog: Catalog, data: bytes) -> None:
    read(data + b" rabbitmq", catalog)


@pytest.mark.parametrize("piece", ['"$(', "$'\\'", "${", "<<a ", "(", "curl -u rabbit ", "rabbitmqadmin ", "RABBIT_$a"])
def test_a_long_line_takes_no_long_time(catalog: Catalog, piece: str) -> None:
    start = time.perf_counter()
    read("rabbitmq " + piece * (30_000 // len(piece)), catalog)

    assert time.perf_counter() - start < 2


def test_the_order_of_commands_does_not_matter(catalog: Catalog) -> None:
    lines = ["ls rabbitmq", "rabbitmqctl list_queues", "export AMQP_URL=amqp://h", "curl h:15672/api/vhosts"]
    shuffled = random.Random(1).sample(lines, len(lines))

    assert {u.symbol for u in read("\n".join(lines), catalog)} == {u.symbol for u in read("\n".join(shuffled), catalog)}
