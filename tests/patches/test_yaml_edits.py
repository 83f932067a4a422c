"""Compose files, workflows, helmfiles and scripts in YAML: each case is a file before and after, as in test_edits."""

from __future__ import annotations

import pytest

from tests.cli.test_bad_input import Write
from tests.conftest import Command
from tests.patches.test_edits import tree

COMPOSE = "docker-compose.yaml"
WORKFLOW = ".github/workflows/ci.yaml"
TEMPLATE = "charts/s/templates/pod.yaml"
BROKER = "services:\n  rabbitmq:\n    image: rabbitmq:3.13\n"

# Path, the file before, after prepare, and after clean-up of that.
EDITED = {
    "items with one key": (
        "helmfile.yaml",
        "environments:\n  default:\n    values:\n      - a: 1\n      - rabbitmqUser: guest # who\n      - rabbitmqPass: ü\n",
        "environments:\n  default:\n    values:\n      - a: 1\n      - rabbitmqUser: guest # who\n      - rabbitmqPass: ü\n"
        "      - natsUser: guest # who\n      - natsPass: ü\n",
        "environments:\n  default:\n    values:\n      - a: 1\n      - natsUser: guest # who\n      - natsPass: ü\n",
    ),
    "the first key of an item with others": (
        "service.yaml",
        "x:\n  - rabbitmqUser: guest # who\n    rabbitmqPass: p\n    # the rest\n    other: 1\n  - b: 2\n",
        "x:\n  - rabbitmqUser: guest # who\n    rabbitmqPass: p\n    natsUser: guest # who\n    natsPass: p\n"
        "    # the rest\n    other: 1\n  - b: 2\n",
        "x:\n  - natsUser: guest # who\n    natsPass: p\n    # the rest\n    other: 1\n  - b: 2\n",
    ),
    "all that has no counterpart, in braces": (
        "service.yaml",
        "a: {rabbitmq: {vHost: /, adminPort: 15672, host: h, adminHost: h}, b: 1}\n",
        "a: {rabbitmq: {vHost: /, adminPort: 15672, host: h, adminHost: h}, nats: {host: h}, b: 1}\n",
        "a: {nats: {host: h}, b: 1}\n",
    ),
    "what has no counterpart, at the end of braces": (
        "service.yaml",
        "a: {b: 1, # one\n  rabbitmqVHost: /}\n",
        None,
        "a: {b: 1, # one\n  }\n",
    ),
    "a blank line too many": (
        "service.yaml",
        "a: 1\n\nrabbitmqVHost: /\n\nb: 2\n",
        None,
        "a: 1\n\nb: 2\n",
    ),
    "a template block in which nothing is left": (
        "charts/s/templates/c.yaml",
        "a: 1\n{{- range .Values.backends }}\nrabbitmqVHost: {{ .domain }}\n{{- end }}\nb: 2\n",
        None,
        "a: 1\nb: 2\n",
    ),
    "a service that prepares the broker, and who waits for it": (
        COMPOSE,
        "services:\r\n  app:\r\n    build: .\r\n    depends_on: # in order\r\n      - rabbit-init # first\r\n      - db\r\n"
        "  job:\r\n    build: .\r\n    depends_on: {rabbit-init: {condition: service_completed_successfully}}\r\n"
        "  # vhosts\r\n  rabbit-init:\r\n    image: alpine\r\n    command: rabbitmqadmin declare vhost name=ä\r\n",
        None,
        "services:\r\n  app:\r\n    build: .\r\n    depends_on: # in order\r\n      - db\r\n"
        "  job:\r\n    build: .\r\n  # vhosts\r\n",
    ),
    "a program for the broker alone": (
        COMPOSE,
        "services:\n  a:\n    build: .\n    depends_on: [head, b]\n  head:\n    image: ours/rabbitmq-head:1\n  b:\n    build: b\n",
        None,
        "services:\n  a:\n    build: .\n    depends_on: [b]\n  b:\n    build: b\n",
    ),
    "a container beside a job": (
        WORKFLOW,
        "jobs:\n  t:\n    services:\n      db: {image: pg}\n      rabbitmq: {image: 'rabbitmq:3', ports: [5672:5672]}\n"
        "    steps:\n      - run: make\n",
        None,
        "jobs:\n  t:\n    services:\n      db: {image: pg}\n    steps:\n      - run: make\n",
    ),
    "a step that sets up the broker and nothing else": (
        WORKFLOW,
        "jobs:\n  t:\n    steps:\n      # vhosts\n      - name: vhosts\n        run: |\n          set -e\n          # all\n"
        "          rabbitmqctl add_vhost a\n          curl -X PUT \\\n            http://localhost:15672/api/vhosts/b\n"
        "        env: {RABBITMQ_HOST: h}\n      - run: make\n",
        None,
        "jobs:\n  t:\n    steps:\n      # vhosts\n      - run: make\n",
    ),
    "commands of a step that does more": (
        WORKFLOW,
        "jobs:\n  t:\n    steps:\n      - run: |\n          make\n          # one\n          rabbitmqctl add_vhost a &&\n"
        "            rabbitmqctl add_vhost b\n          make test\n",
        None,
        "jobs:\n  t:\n    steps:\n      - run: |\n          make\n          # one\n          make test\n",
    ),
    "a program that is given the broker's address": (
        WORKFLOW,
        "jobs:\n  t:\n    steps:\n      - run: docker run -e HOST=rabbitmq app\n      - run: make\n",
        None,
        "jobs:\n  t:\n    steps:\n      - run: docker run -e HOST=nats app\n      - run: make\n",
    ),
    "commands in a template block of their own": (
        TEMPLATE,
        "command:\n  - sh\n  - -c\n  - |\n    start {{ .Values.a }}\n    {{- range .Values.backends }}\n"
        "    put.sh {{ $.Values.rabbitmqPutVHostUrl }} {{ .name }}\n    {{- end }}\n    stop\n",
        None,
        "command:\n  - sh\n  - -c\n  - |\n    start {{ .Values.a }}\n    stop\n",
    ),
    "a container that sets up the broker": (
        TEMPLATE,
        "spec:\n  initContainers:\n    - name: vhosts\n      image: curl\n      args: [rabbitmqctl add_vhost a]\n"
        "      env:\n        - name: RABBITMQ_USER\n          value: b\n  containers:\n    - name: c\n      image: d\n",
        None,
        "spec:\n  containers:\n    - name: c\n      image: d\n",
    ),
    "a volume, and who mounts it": (
        TEMPLATE,
        "spec:\n  volumes:\n    - name: rabbitmq-ca\n      secret:\n        secretName: {{ .Values.rabbitmq.ca }}\n"
        "  containers:\n    - name: c\n      volumeMounts:\n        {{- range .Values.x }}\n        - name: rabbitmq-ca\n"
        "          mountPath: /ca/{{ . }}\n        {{- end }}\n",
        "spec:\n  volumes:\n    - name: rabbitmq-ca\n      secret:\n        secretName: {{ .Values.rabbitmq.ca }}\n"
        "    {{- if .Values.nats }}\n    - name: nats-ca\n      secret:\n        secretName: {{ .Values.nats.ca }}\n"
        "    {{- end }}\n  containers:\n    - name: c\n      volumeMounts:\n        {{- range .Values.x }}\n"
        "        - name: rabbitmq-ca\n          mountPath: /ca/{{ . }}\n        {{- if $.Values.nats }}\n"
        "        - name: nats-ca\n          mountPath: /ca/{{ . }}\n        {{- end }}\n        {{- end }}\n",
        "spec:\n  volumes:\n    {{- if .Values.nats }}\n    - name: nats-ca\n      secret:\n"
        "        secretName: {{ .Values.nats.ca }}\n    {{- end }}\n  containers:\n    - name: c\n      volumeMounts:\n"
        "        {{- range .Values.x }}\n        {{- if $.Values.nats }}\n        - name: nats-ca\n"
        "          mountPath: /ca/{{ . }}\n        {{- end }}\n        {{- end }}\n",
    ),
    "an alias under another name": (
        "service.yaml",
        "rabbitmq: &mq\n  host: h\nbroker: *mq # it\n",
        "rabbitmq: &mq\n  host: h\nnats: &mq-nats\n  host: h\nbroker: *mq # it\n",
        "nats: &mq-nats\n  host: h\nbroker: *mq-nats # it\n",
    ),
}

# Path and a file in which nothing is changed in any stage.
LEFT = {
    "a command whose output is used": (
        WORKFLOW,
        "jobs:\n  t:\n    steps:\n      - run: |\n          all=$(rabbitmqctl list_vhosts)\n          echo $all\n",
    ),
    "a command in a loop": (
        WORKFLOW,
        "jobs:\n  t:\n    steps:\n      - run: |\n          for v in a b; do\n            rabbitmqctl add_vhost $v\n"
        "          done\n          make\n",
    ),
    "a command that does two things": (
        WORKFLOW,
        "jobs:\n  t:\n    steps:\n      - run: |\n          rabbitmqctl add_vhost a && make\n          make test\n",
    ),
    "the only step of a job": (
        WORKFLOW,
        "jobs:\n  t:\n    steps:\n      - run: rabbitmqctl add_vhost a\n",
    ),
    "an alias in a list of others": (
        "service.yaml",
        "x: {y: &rabbitmq {host: h}, z: [*rabbitmq]}\n",
    ),
    "a first key with a template behind it": (
        "charts/s/templates/c.yaml",
        "x:\n  - rabbitmqVHost: a\n    {{- if .Values.b }}\n    b: 1\n    {{- end }}\n    c: 2\n",
    ),
}


def stages(natsscan: Command, *names: str) -> None:
    for name in names:
        run = natsscan("patch", ".", "--stage", name, "--unsafe", "--write")
        assert run.code == 0, run.err


@pytest.mark.parametrize("case", EDITED)
def test_a_file_is_edited(natsscan: Command, write: Write, case: str) -> None:
    path, before, prepared, cleaned = EDITED[case]
    file = tree(write, path, before)
    stages(natsscan, "prepare")
    assert file.read_bytes().decode() == (before if prepared is None else prepared)
    assert natsscan("patch", ".", "--stage", "prepare", "--check").code == 0
    stages(natsscan, "cut-over", "clean-up")
    assert file.read_bytes().decode() == cleaned


@pytest.mark.parametrize("case", LEFT)
def test_a_file_is_left_alone(natsscan: Command, write: Write, case: str) -> None:
    path, before = LEFT[case]
    file = tree(write, path, before)
    stages(natsscan, "prepare", "cut-over", "clean-up")
    assert file.read_bytes().decode() == before


def test_a_service_in_braces_gives_way_to_one_in_braces(natsscan: Command, write: Write) -> None:
    file = tree(write, COMPOSE, "services: {rabbitmq: {image: 'rabbitmq:3', networks: [n]}, app: {build: .}}\n")
    stages(natsscan, "prepare")
    text = file.read_text()
    assert "networks: [n]}, nats: {image: 'nats:" in text and text.endswith(", networks: [n]}, app: {build: .}}\n")
    stages(natsscan, "clean-up")
    assert file.read_text().startswith("services: {nats: {image: 'nats:")
