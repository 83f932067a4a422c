"""No secret reaches any output, and what is no secret stays readable."""

from __future__ import annotations

import string
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from natsscan.catalog.catalog import load_catalog
from natsscan.findings import redact as redacting
from natsscan.findings.redact import Notation, notation_of
from tests.conftest import Command

SECRETS = load_catalog().secrets


def redact(text: str, notation: Notation = Notation.CODE) -> str:
    return redacting.redact(SECRETS, text, notation)


def redact_argument(name: str, text: str, notation: Notation) -> str:
    return redacting.redact_argument(SECRETS, name, text, notation)


PLACES = [
    "password: {}", "  RABBITMQ_PASSWORD={}", "export AMQP_PASSWORD='{}'", "export RABBITMQ_PASSWORD_V0={}", '"password": "{}"', "--password {}", "--password={}",
    "url: amqp://user:{}@host:5672/v", "curl -u guest:{} http://host", "rabbitmqctl add_user joe {}", "token = \"{}\"",
    "connect(\"amqp://%s:%s@host\" % (\"joe\", \"{}\"))", "rabbitmqctl change_password joe {}", 'auth = [plain "user" "{}"]', "Authorization: Bearer {}", "secret: {}",
]  # fmt: skip
HARMLESS = [
    "password: {{ .Values.rabbitmq.password }}", "password: ${RABBITMQ_PASSWORD}", "PASSWORD=$PASSWORD", "password = env.password",
    "        secretKeyRef:", "          key: rabbitmq-password", "passwordFile: /etc/creds", "export RABBITMQ_PASSWORD_FILE=/etc/creds", "password :: Text", "password: ''",
    'routingKey = "orders.created"', "  name: rabbitmq-secret", 'publishMsg chan "orders" key message', "url: amqp://host:5672/v",
    "import Data.Key (Key)", "-- the password is elsewhere",
]  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
@given(st.text(string.ascii_letters + string.digits, min_size=6, max_size=20))
def test_a_secret_never_survives(place: str, secret: str) -> None:
    word = f"zq{secret}"
    assert word not in redact(place.format(word))


@pytest.mark.parametrize("line", HARMLESS)
def test_references_and_code_stay(line: str) -> None:
    assert redact(line) == line


@given(st.text(max_size=200))
def test_any_text_is_taken(text: str) -> None:
    assert isinstance(redact(text), str)


# Each with a hole for the secret, and with what quotes it, if something does.
NOTATIONS = [
    ("password: {}", ""),
    ("  password: {}  # of the broker", ""),
    ("rabbitmqPassword: {}", ""),
    ('"password": "{}",', '"'),
    ("password: '{}'", "'"),
    ("PASSWORD={}", ""),
    ("RABBIT_PASS='{}' ./run.sh", "'"),
    ("- RABBITMQ_DEFAULT_PASS={}", ""),
    ('- "RABBITMQ_DEFAULT_PASS={}"', '"'),
    ("RABBITMQ_PASSWORD ?= {}", ""),
    ("default_pass = {}", ""),
    ("ssl_options.password = {}", ""),
    (', brokerPassword = "{}"', '"'),
    ('password = fromMaybe "{}" configured', '"'),
    ("rabbitmqadmin --password={} list queues", ""),
    ("rabbitmqadmin -u guest -p {} list queues", ""),
    ("rabbitmqctl -n rabbit@h add_user worker '{}'", "'"),
    ("curl -u user:{} https://rabbitmq:15671/api/vhosts", ""),
    ('curl --user "user:{}" https://rabbitmq:15671/api/vhosts', '"'),
    ("amqp://user:{}@host:5672/vhost", ""),
    ('url: "amqps://user:{}@host"', '"'),
    ("ENV RABBITMQ_PASSWORD {}", ""),
    ("secrets: {{rabbitmq: {{username: a, password: {}}}}}", ""),
    ("{{name: RABBITMQ_PASSWORD, value: {}}}", ""),
    ('{{default_pass, <<"{}">>}},', '"'),
    ("<password>{}</password>", "<"),
    ('coAuth = [plain "user" "{}"]', '"'),
    ('Q.openConnection "localhost" "/" "user" "{}"', '"'),
    ('pika.PlainCredentials("user", "{}")', '"'),
    ('curl -H "Authorization: Bearer {}" https://host', '"'),
    ("AWS_SECRET_ACCESS_KEY={}", ""),
    ("helm install x y --set rabbitmq.auth.password={}", ""),
]


@pytest.mark.parametrize("notation", [notation for notation, _ in NOTATIONS])
def test_a_secret_is_replaced_once_and_for_all(notation: str) -> None:
    shown = redact(notation.format("s3cr3t!Value"))

    assert "s3cr3t" not in shown
    assert "***" in shown
    assert redact(shown) == shown


@settings(deadline=None)
@given(
    st.sampled_from(NOTATIONS),
    st.text(string.ascii_letters + string.digits + string.punctuation, min_size=6, max_size=40),
)
def test_no_punctuation_saves_a_secret(notation: tuple[str, str], secret: str) -> None:
    template, quote = notation
    # What begins like a variable or a template action is a reference, two quotes are the empty string, and in quotes or
    # XML a quote, a backslash or a tag ends the value. `password=config.password` is code.
    assume(not secret.strip("\"'\\").startswith(("$", "{{", "`", "--", "/")) and secret[:2] not in ('""', "''"))
    assume(not (quote and (quote in secret or "\\" in secret)))
    assume(secret not in template and not secret.rstrip(string.punctuation).lower().endswith(("password", "pass")))

    assert secret not in redact(template.format(secret))


def test_what_is_around_a_secret_stays() -> None:
    assert redact('- {password: "x1", vhost: /}') == '- {password: "***", vhost: /}'
    assert redact("amqp://user:pw@host:5672/a") == "amqp://***@host:5672/a"
    assert redact("PASSWORD=pw1 ./run --all") == "PASSWORD=*** ./run --all"
    assert redact("curl -u a:b1 https://h/api/vhosts") == "curl -u *** https://h/api/vhosts"
    assert redact('auth = [plain "guest" "guest"]') == 'auth = [plain "guest" "***"]'
    assert redact("password: {{ .Values.pw }}  # amqp://u:p1@h") == "password: {{ .Values.pw }}  # amqp://***@h"


@pytest.mark.parametrize(
    ("line", "code", "text", "settings"),
    [
        ("password = guest", "password = guest", "password = ***", "password = ***"),
        ("default_pass = guest", "default_pass = ***", "default_pass = ***", "default_pass = ***"),
        ("secret = two words", "secret = two words", "secret = ***", "secret = ***"),
        ("secret=two words", "secret=*** words", "secret=*** words", "secret=***"),
        ("password = getPassword", "password = getPassword", "password = ***", "password = ***"),
        ("password = ${PASSWORD}", "password = ${PASSWORD}", "password = ${PASSWORD}", "password = ${PASSWORD}"),
        ("password =", "password =", "password =", "password ="),
    ],
)
def test_a_plain_word_is_a_secret_where_it_is_no_code(line: str, code: str, text: str, settings: str) -> None:
    assert [redact(line, notation) for notation in Notation] == [code, text, settings]


def test_an_argument_of_a_call_is_a_secret_by_its_name() -> None:
    assert redact_argument("password", '"guest7"', Notation.CODE) == '"***"'
    assert redact_argument("password", "pw", Notation.CODE) == "pw"
    assert redact_argument("user", '"guest7"', Notation.CODE) == '"guest7"'
    assert redact_argument("from_secret", "brig/password", Notation.TEXT) == "brig/password"


def test_the_kind_of_a_file_tells_its_notation() -> None:
    assert [notation_of(kind) for kind in ("haskell", "nix", "shell", "yaml", "env", "broker-config")] == [
        Notation.CODE,
        Notation.CODE,
        Notation.TEXT,
        Notation.TEXT,
        Notation.SETTINGS,
        Notation.SETTINGS,
    ]


def test_a_fallback_of_a_reference_is_a_secret() -> None:
    assert redact("PASSWORD=${RABBITMQ_PASSWORD:-guest1}") == "PASSWORD=${RABBITMQ_PASSWORD:-***}"
    assert redact('password: {{ .Values.pw | default "guest1" }}') == 'password: {{ .Values.pw | default "***" }}'


def test_the_body_of_a_pem_block_is_a_secret() -> None:
    body = "MIIEpAIBAAKCAQEA0Z3VS5JJcds3xfn" * 2
    block = f"-----BEGIN RSA PRIVATE KEY-----\n{body}\nabc=\n-----END RSA PRIVATE KEY-----"

    assert redact(body) == "***"
    assert redact(f"    {body}==") == "    ***"
    assert redact(block) == "-----BEGIN RSA PRIVATE KEY-----***-----END RSA PRIVATE KEY-----"
    assert "MII" not in redact(f'key: "-----BEGIN PRIVATE KEY-----\\n{body}\\n-----END PRIVATE KEY-----"')


@pytest.mark.parametrize(
    "line",
    [
        "password: {{ .Values.rabbitmq.password | quote }}",
        'password: "{{ .Values.password }}"',
        'RABBIT_PASS="${RABBITMQ_PASSWORD}"',
        "PASSWORD=$(cat /run/secrets/password)",
        "default_pass = $(RABBITMQ_PASSWORD)",
        '--password="$RABBIT_PASS" \\',
        "rabbitmqadmin --password $PASSWORD list queues",
        'rabbitmqadmin -p "$PASSWORD" list queues',
        "rabbitmqctl add_user $NAME $PASSWORD",
        'curl -u "$RABBITMQ_USERNAME:$RABBITMQ_PASSWORD" -X PUT https://host',
        "amqp://${NAME}:${PASSWORD}@host/vhost",
        "https://github.com/owner/name@v1",
        "RABBITMQ_PASSWORD: ${{ secrets.RABBITMQ_PASSWORD }}",
        "Authorization: Bearer ${TOKEN}",
        'password: ""',
        "PASSWORD=",
        "password: null",
        "password: |",
        "secretKeyRef: {name: rabbitmq, key: password}",
        "valueFrom: {secretKeyRef: {name: a, key: rabbitmqPassword}}",
        "secret: {secretName: rabbitmq}",
        "existingPasswordSecret: rabbitmq",
        "kubectl get secret rabbitmq-v0",
        "- name: RABBITMQ_PASSWORD",
        "    let password = T.pack pw",
        'password <- getEnv "RABBITMQ_PASSWORD"',
        "data Login = Login { password :: Text, user :: Text }",
        'if password == "" then Nothing else Just password',
        "password = config ^. rabbitmqPassword",
        "Login {password = password, user = user}",
        "coAuth = [plain (fst login) (snd login)]",
        "token = nextToken state",
        "bypass: true",
        "docker run -u 1000:1000 rabbitmq:3",
    ],
)
def test_more_references_and_code_stay(line: str) -> None:
    assert redact(line) == line


@pytest.mark.parametrize(
    "piece",
    ["password=", 'password="\\', "password={{", "-u 1:1 ", "rabbitmqadmin ", "add_user -", "://", '"', "/", "{{"],
)
def test_a_long_line_takes_no_long_time(piece: str) -> None:
    start = time.perf_counter()
    redact(piece * (50_000 // len(piece)))

    assert time.perf_counter() - start < 2


def test_what_a_password_evaluates_to_is_in_no_report(natsscan: Command, write: Callable[..., Path]) -> None:
    code = """module M where
import Network.AMQP
secret = "hunter2"
open = openConnection "h" "/" "guest" secret
open2 = openConnection "h" "/" "guest" ("hun" <> "ter2")
"""
    write({"M.hs": code})
    for arguments in ((".", "--format", "json"), ("-v", ".")):
        assert "hunter2" not in natsscan(*arguments).out.replace('secret = "hunter2"', "")
