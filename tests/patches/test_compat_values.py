"""The route by a layer: programs go on reading what they read, and values that lead to the broker lead to NATS."""

from __future__ import annotations

from pathlib import Path

import pytest

from natsscan.catalog.catalog import Catalog
from tests.cli.test_bad_input import Write
from tests.conftest import Command, run_command

# A key, its value, and the value that leads to NATS.
VALUES = [
    ("host", "rabbitmq", "nats"),
    ("host", "127.0.0.1", "127.0.0.1"),
    ("rabbitmqHost", '"rabbitmq.ns.svc.cluster.local"', '"nats.ns.svc.cluster.local"'),
    ("RABBITMQ_HOST", "rabbitmq-external", "nats-external"),
    ("port", "5671", "4222"),
    ("AMQP_PORT", "'5672'", "'4222'"),
    ("port", "15672", "15672"),
    ("port", "56720", "56720"),
    ("hosts", "rabbitmq-0.rabbitmq:5672,rabbitmq-1.rabbitmq:5672", "nats-0.nats:4222,nats-1.nats:4222"),
    ("url", "amqp://rabbit:rabbit@rabbitmq:5672/rabbitmq", "amqp://rabbit:rabbit@nats:4222/rabbitmq"),
    ("anything", "amqps://u:p@mq.rabbitmq:5671/%2f?heartbeat=5672", "amqps://u:p@mq.nats:4222/%2f?heartbeat=5672"),
    ("url", "amqp://rabbitmq/vhost", "amqp://nats/vhost"),
    (
        "url",
        "amqp://$RABBITMQ_USER:$RABBITMQ_PW@$RABBITMQ_HOST:5672/",
        "amqp://$RABBITMQ_USER:$RABBITMQ_PW@$RABBITMQ_HOST:4222/",
    ),
    ("url", "amqp://{{ .Values.rabbitmq.host }}:5672", "amqp://{{ .Values.rabbitmq.host }}:4222"),
    ("port", "{{ .Values.rabbitmq.port | default 5672 }}", "{{ .Values.rabbitmq.port | default 4222 }}"),
    ("host", '{{ .Values.rabbitmq.host | default "rabbitmq" }}', '{{ .Values.rabbitmq.host | default "nats" }}'),
    ("username", '{{ .user | default "rabbitmq" }}', '{{ .user | default "rabbitmq" }}'),
    ("RABBITMQ_HOST", "${RABBITMQ_HOST:-rabbitmq}", "${RABBITMQ_HOST:-nats}"),
    ("username", "rabbitmq", "rabbitmq"),
    ("queue", "rabbitmq-events", "rabbitmq-events"),
    ("transport", "rabbitmq", "rabbitmq"),
    ("command", "wait-for rabbitmq:5672 -- run", "wait-for nats:4222 -- run"),
    ("tlsCaSecretRef.name", "rabbitmq-certificate", "nats-certificate"),
    ("caCert", "/etc/rabbitmq-ca/ca.pem", "/etc/rabbitmq-ca/ca.pem"),
]


@pytest.mark.parametrize(("key", "old", "new"), VALUES, ids=lambda text: text)
def test_a_value_leads_to_nats(catalog: Catalog, key: str, old: str, new: str) -> None:
    addresses = catalog.replacements.addresses
    assert addresses.value(key, old.encode()).decode() == new
    assert addresses.value(key, new.encode()).decode() == new


# A file's path, the file, and the same after all stages.
SWITCHED: dict[str, tuple[str, str, str]] = {
    "a block": (
        "a/service.yaml",
        "# ours\nrabbitmq: # here\n  host: rabbitmq # where\n  port: 5672\n  vHost: /\n  username: rabbitmq\nb: 2\n",
        "# ours\nrabbitmq: # here\n  host: nats # where\n  port: 4222\n  vHost: /\n  username: rabbitmq\nb: 2\n",
    ),
    "flow style, CRLF, no end of the last line": (
        "b/service.yaml",
        "x: {rabbitmq: {host: rabbitmq, port: 5671, vHost: rabbitmq}, y: 1}\r\nz: 5671",
        "x: {rabbitmq: {host: nats, port: 4222, vHost: rabbitmq}, y: 1}\r\nz: 5671",
    ),
    "the management API": (
        "c/service.yaml",
        "rabbitmq:\n  host: rabbitmq\n  adminHost: rabbitmq\n  adminPort: 15672\n",
        "rabbitmq:\n  host: nats\n  adminHost: rabbitmq\n  adminPort: 15672\n",
    ),
    "a key that does not name it": (
        "d/service.yaml",
        "broker:\n  host: rabbitmq\n  port: 5672\n  kind: rabbitmq\n",
        "broker:\n  host: nats\n  port: 4222\n  kind: rabbitmq\n",
    ),
    "an anchor that others take": (
        "e/service.yaml",
        "rabbitmq: &mq\n  host: rabbitmq\n  port: 5672\nother:\n  <<: *mq\n",
        "rabbitmq: &mq\n  host: nats\n  port: 4222\nother:\n  <<: *mq\n",
    ),
    "an anchor that the management API takes": (
        "f/service.yaml",
        "rabbitmq:\n  host: &mq rabbitmq\n  port: 5672\n  adminHost: *mq\n",
        "rabbitmq:\n  host: &mq rabbitmq\n  port: 4222\n  adminHost: *mq\n",
    ),
    "values of a chart": (
        "charts/s/values.yaml",
        "config:\n  rabbitmq:\n    host: rabbitmq\n    port: 5671\n    tlsCaSecretRef:\n      name: rabbitmq-certificate\n      key: ca.crt\n"
        "# secrets:\n#   rabbitmq: {}\n",
        "config:\n  rabbitmq:\n    host: nats\n    port: 4222\n    tlsCaSecretRef:\n      name: nats-certificate\n      key: ca.crt\n"
        "# secrets:\n#   rabbitmq: {}\n",
    ),
    "a template": (
        "charts/s/templates/c.yaml",
        "data:\n  {{- with .Values.config.rabbitmq }}\n  rabbitmq:\n    host: {{ .host }}\n    port: {{ .port | default 5672 }}\n  {{- end }}\n"
        "  url: amqp://{{ .Values.config.rabbitmq.host }}:5672/rabbitmq\n",
        "data:\n  {{- with .Values.config.rabbitmq }}\n  rabbitmq:\n    host: {{ .host }}\n    port: {{ .port | default 4222 }}\n  {{- end }}\n"
        "  url: amqp://{{ .Values.config.rabbitmq.host }}:4222/rabbitmq\n",
    ),
    "variables of a container": (
        "charts/s/templates/d.yaml",
        "env:\n  - name: RABBITMQ_HOST\n    value: rabbitmq\n  - name: RABBITMQ_USERNAME\n    value: rabbitmq\n",
        "env:\n  - name: RABBITMQ_HOST\n    value: nats\n  - name: RABBITMQ_USERNAME\n    value: rabbitmq\n",
    ),
    "variables of a workflow": (
        ".github/workflows/ci.yaml",
        "jobs:\n  t:\n    env: {RABBITMQ_HOST: rabbitmq, RABBITMQ_VHOST: rabbitmq}\n",
        "jobs:\n  t:\n    env: {RABBITMQ_HOST: nats, RABBITMQ_VHOST: rabbitmq}\n",
    ),
    "a file of variables": (
        "g/.env",
        "A=1\nRABBITMQ_HOST=rabbitmq # where\nRABBITMQ_PORT='5672'\nRABBITMQ_USER=rabbitmq\nAMQP_URL=amqp://rabbitmq:5672/x\n",
        "A=1\nRABBITMQ_HOST=nats # where\nRABBITMQ_PORT='4222'\nRABBITMQ_USER=rabbitmq\nAMQP_URL=amqp://nats:4222/x\n",
    ),
    "a script": (
        "h/run.sh",
        '#!/bin/sh\nexport RABBITMQ_HOST="${RABBITMQ_HOST:-rabbitmq}"\nexport RABBITMQ_USERNAME=guest\nexec ./run\n',
        '#!/bin/sh\nexport RABBITMQ_HOST="${RABBITMQ_HOST:-nats}"\nexport RABBITMQ_USERNAME=guest\nexec ./run\n',
    ),
    "a makefile": (
        "i/Makefile",
        "export RABBITMQ_HOST ?= rabbitmq\nexport RABBITMQ_USERNAME ?= guest\nrun:\n\t./run\n",
        "export RABBITMQ_HOST ?= nats\nexport RABBITMQ_USERNAME ?= guest\nrun:\n\t./run\n",
    ),
    "an image of a program": (
        "j/Dockerfile",
        "FROM debian:12\nENV RABBITMQ_HOST=rabbitmq\nENV RABBITMQ_VHOST=/\nCMD run\n",
        "FROM debian:12\nENV RABBITMQ_HOST=nats\nENV RABBITMQ_VHOST=/\nCMD run\n",
    ),
    "an environment of Nix": (
        "k/shell.nix",
        '{ pkgs }: pkgs.mkShell {\n  RABBITMQ_HOST = "rabbitmq";\n  RABBITMQ_USERNAME = "guest";\n}\n',
        '{ pkgs }: pkgs.mkShell {\n  RABBITMQ_HOST = "nats";\n  RABBITMQ_USERNAME = "guest";\n}\n',
    ),
    "a package of this project in Nix": (
        "l/default.nix",
        '{ h }: {\n  rabbitmq-consumer = h.callCabal2nix "rabbitmq-consumer" ../tools/rabbitmq-consumer { };\n}\n',
        '{ h }: {\n  rabbitmq-consumer = h.callCabal2nix "rabbitmq-consumer" ../tools/rabbitmq-consumer { };\n}\n',
    ),
    "packages and modules by their names": (
        "stack.yaml",
        "packages:\n- tools/rabbitmq-consumer\nextra-deps:\n- b-1\n",
        "packages:\n- tools/rabbitmq-consumer\nextra-deps:\n- b-1\n",
    ),
    "a package that is called after it": (
        "tools/rabbitmq-consumer/rabbitmq-consumer.cabal",
        "cabal-version: 2.4\nname: rabbitmq-consumer\nversion: 1\nlibrary\n  exposed-modules: RabbitMQ.Consumer\n  build-depends: base\n",
        "cabal-version: 2.4\nname: rabbitmq-consumer\nversion: 1\nlibrary\n  exposed-modules: RabbitMQ.Consumer\n  build-depends: base\n",
    ),
    "a compose file: the broker, and a program": (
        "m/docker-compose.yaml",
        "services:\n  rabbitmq:\n    image: rabbitmq:3.13\n    networks: [n]\n  app:\n    build: .\n    environment:\n"
        "      RABBITMQ_HOST: rabbitmq\n      RABBITMQ_USERNAME: guest\n    depends_on: [rabbitmq]\n"
        "  tool:\n    image: example.test/rabbitmq-tool:1\n    environment: [RABBITMQ_PORT=5672, RABBITMQ_USER]\n",
        'services:\n  nats:\n    image: nats:2.12-alpine\n    command: ["-js", "-m", "8222"]\n    ports:\n'
        '      - "127.0.0.1:4222:4222"\n      - "127.0.0.1:8222:8222"\n    healthcheck:\n'
        '      test: ["CMD", "wget", "-q", "--spider", "http://127.0.0.1:8222/healthz"]\n      interval: 5s\n'
        "      timeout: 4s\n      retries: 20\n    networks: [n]\n  app:\n    build: .\n    environment:\n"
        "      RABBITMQ_HOST: nats\n      RABBITMQ_USERNAME: guest\n    depends_on: [nats]\n"
        "  tool:\n    image: example.test/rabbitmq-tool:1\n    environment: [RABBITMQ_PORT=4222, RABBITMQ_USER]\n",
    ),
    "a certificate and a secret": (
        "n/resources.yaml",
        "resources:\n  - apiVersion: cert-manager.io/v1\n    kind: Certificate\n    metadata:\n      name: rabbitmq\n    spec:\n"
        "      secretName: rabbitmq-certificate\n  - apiVersion: v1\n    kind: Secret\n    metadata:\n      name: rabbitmq-login\n",
        "resources:\n  - apiVersion: cert-manager.io/v1\n    kind: Certificate\n    metadata:\n      name: nats\n    spec:\n"
        "      secretName: nats-certificate\n  - apiVersion: v1\n    kind: Secret\n    metadata:\n      name: rabbitmq-login\n",
    ),
    "broken YAML": ("o/service.yaml", "rabbitmq:\n  host: [rabbitmq\na: }\n", "rabbitmq:\n  host: [rabbitmq\na: }\n"),
    "a comment": ("p/service.yaml", "# host: rabbitmq, port: 5672\na: 1\n", "# host: rabbitmq, port: 5672\na: 1\n"),
}


@pytest.fixture(scope="module")
def switched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of all cases after all stages."""
    root = tmp_path_factory.mktemp("values")
    files = {path: before for path, before, _ in SWITCHED.values()}
    for name, text in (files | {"charts/s/Chart.yaml": "name: s\nversion: 1\n", "natsscan.toml": ""}).items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(text.encode())
    for stage in ("prepare", "cut-over", "clean-up"):
        run = run_command("patch", ".", "--route", "compat", "--stage", stage, "--unsafe", "--write", cwd=root)
        assert run.code == 0, run.err
    return root


@pytest.mark.parametrize("case", SWITCHED)
def test_a_file_leads_programs_to_nats(switched: Path, case: str) -> None:
    path, _, after = SWITCHED[case]
    assert (switched / path).read_bytes().decode() == after


def test_what_stays_is_told_once_and_what_leads_to_the_management_api_each_time(
    natsscan: Command, write: Write
) -> None:
    write(
        {
            "natsscan.toml": "",
            "a.yaml": "rabbitmq:\n  host: rabbitmq\n  vHost: /\n  adminPort: 15672\n",
            ".env": "RABBITMQ_USER=u\n",
        }
    )
    found = natsscan("patch", ".", "--route", "compat", "--format", "json").json["patches"]
    told = {each["title"]: each for each in found}
    assert {*told} == {"a.yaml: NATS in the place of RabbitMQ", "a.yaml: by hand", "Names of RabbitMQ that stay"}
    assert "management API, which NATS has not" in told["a.yaml: by hand"]["reason"]
    assert ".env (1), a.yaml (2)" in told["Names of RabbitMQ that stay"]["instructions"]
    assert told["Names of RabbitMQ that stay"]["stage"] == "clean-up"
