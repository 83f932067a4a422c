"""What an edit makes of a file, and where none may be made: each case is a file before and after."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.test_bad_input import Write
from tests.conftest import Command

# Path, the file before, after prepare, and after clean-up of that.
EDITED = {
    "a block with comments in every gap": (
        "service.yaml",
        "a: 1\n# ours\nrabbitmq: # here\n  # where\n  host: h\n\n  # how\n  port: 5672 # plain\n  # end of it\nb: 2\n",
        "a: 1\n# ours\nrabbitmq: # here\n  # where\n  host: h\n\n  # how\n  port: 5672 # plain\n  # end of it\n"
        "nats: # here\n  host: h\n\n  port: 4222 # plain\nb: 2\n",
        "a: 1\n# ours\nnats: # here\n  host: h\n\n  port: 4222 # plain\nb: 2\n",
    ),
    "CRLF, no end of the last line": (
        "service.yaml",
        "a: 1\r\nrabbitmq:\r\n  host: h",
        "a: 1\r\nrabbitmq:\r\n  host: h\r\nnats:\r\n  host: h",
        "a: 1\r\nnats:\r\n  host: h",
    ),
    "a byte order mark and other scripts": (
        "service.yaml",
        "\ufeffname: Größe\nrabbitmq:\n  host: häuschen\n",
        "\ufeffname: Größe\nrabbitmq:\n  host: häuschen\nnats:\n  host: häuschen\n",
        "\ufeffname: Größe\nnats:\n  host: häuschen\n",
    ),
    "keys in flow style, one without a counterpart": (
        "service.yaml",
        "rabbitmq: {host: h, vHost: /, port: 5672}\nb: 2\n",
        "rabbitmq: {host: h, vHost: /, port: 5672}\nnats: {host: h, port: 4222}\nb: 2\n",
        "nats: {host: h, port: 4222}\nb: 2\n",
    ),
    "a key among others in braces": (
        "service.yaml",
        "a: {s: {z: x, rabbitmq: {u: h}}, b: 1}\n",
        "a: {s: {z: x, rabbitmq: {u: h}, nats: {u: h}}, b: 1}\n",
        "a: {s: {z: x, nats: {u: h}}, b: 1}\n",
    ),
    "the only key in braces": (
        "service.yaml",
        "a: {rabbitmq: {u: h, vHost: /}}\n",
        "a: {nats: {u: h}, rabbitmq: {u: h, vHost: /}}\n",
        "a: {nats: {u: h}}\n",
    ),
    "variables in braces, one without a counterpart": (
        ".github/workflows/ci.yaml",
        "jobs:\n  t:\n    env: {RABBITMQ_HOST: h, RABBITMQ_VHOST: a, B: 1} # both\n",
        "jobs:\n  t:\n    env: {RABBITMQ_HOST: h, RABBITMQ_VHOST: a, NATS_HOST: h, B: 1} # both\n",
        "jobs:\n  t:\n    env: {NATS_HOST: h, B: 1} # both\n",
    ),
    "braces over several lines with comments": (
        "service.yaml",
        "x: {\n  a: 1,\n  rabbitmq: {host: h}, # ours\n  # next\n  b: 2\n}\n",
        "x: {\n  a: 1,\n  rabbitmq: {host: h}, # ours\n  nats: {host: h}, # ours\n  # next\n  b: 2\n}\n",
        "x: {\n  a: 1,\n  nats: {host: h}, # ours\n  # next\n  b: 2\n}\n",
    ),
    "braces as JSON has them, CRLF": (
        "service.yaml",
        'x: {\r\n  "rabbitmq": {"host": "hä"}\r\n}\r\n',
        'x: {\r\n  "nats": {"host": "hä"}, "rabbitmq": {"host": "hä"}\r\n}\r\n',
        'x: {\r\n  "nats": {"host": "hä"}\r\n}\r\n',
    ),
    "a template action in braces": (
        "charts/s/templates/c.yaml",
        "x: [{name: a, rabbitmq: {host: {{ .Values.rabbitmq.host }}}}]\n",
        "x: [{name: a, rabbitmq: {host: {{ .Values.rabbitmq.host }}}, nats: {host: {{ .Values.nats.host }}}}]\n",
        "x: [{name: a, nats: {host: {{ .Values.nats.host }}}}]\n",
    ),
    "a list in brackets": (
        "docker-compose.yaml",
        "services:\n  app:\n    build: .\n    depends_on: [db, rabbitmq] # both\n",
        "services:\n  app:\n    build: .\n    depends_on: [db, rabbitmq, nats] # both\n",
        "services:\n  app:\n    build: .\n    depends_on: [db, nats] # both\n",
    ),
    "an anchor gets a name of its own": (
        "service.yaml",
        "rabbitmq: &mq\n  host: h\nrabbitmq-v0: *mq\n",
        "rabbitmq: &mq\n  host: h\nrabbitmq-v0: *mq\nnats: &mq-nats\n  host: h\nnats-v0: *mq-nats\n",
        "nats: &mq-nats\n  host: h\nnats-v0: *mq-nats\n",
    ),
    "an anchor that something else refers to": (
        "service.yaml",
        "rabbitmq: &mq\n  host: h\nother:\n  <<: *mq\n  a: 1\nrabbitmqVHost: /\n",
        "rabbitmq: &mq\n  host: h\nnats: &mq-nats\n  host: h\nother:\n  <<: *mq\n  a: 1\nrabbitmqVHost: /\n",
        "nats: &mq-nats\n  host: h\nother:\n  <<: *mq-nats\n  a: 1\n",
    ),
    "items of a list": (
        "charts/s/templates/d.yaml",
        "env:\n  - name: A\n    value: b\n  - name: RABBITMQ_USERNAME\n    value: guest\n",
        "env:\n  - name: A\n    value: b\n  - name: RABBITMQ_USERNAME\n    value: guest\n"
        "  - name: NATS_USERNAME\n    value: guest\n",
        "env:\n  - name: A\n    value: b\n  - name: NATS_USERNAME\n    value: guest\n",
    ),
    "a block of a template": (
        "charts/s/templates/c.yaml",
        "a: 1\n{{- with .Values.rabbitmq }}\nrabbitmq:\n  host: {{ .host }}\n{{- end }}\nb: 2\n",
        "a: 1\n{{- with .Values.rabbitmq }}\nrabbitmq:\n  host: {{ .host }}\n{{- end }}\n"
        "{{- with .Values.nats }}\nnats:\n  host: {{ .host }}\n{{- end }}\nb: 2\n",
        "a: 1\n{{- with .Values.nats }}\nnats:\n  host: {{ .host }}\n{{- end }}\nb: 2\n",
    ),
    "values that may be missing are asked for first": (
        "charts/s/templates/c.yaml",
        "data:\n  rabbitmqUser: {{ .Values.secrets.rabbitmq.user | b64enc }}\n",
        "data:\n  rabbitmqUser: {{ .Values.secrets.rabbitmq.user | b64enc }}\n"
        "  {{- if .Values.secrets.nats }}\n  natsUser: {{ .Values.secrets.nats.user | b64enc }}\n  {{- end }}\n",
        "data:\n  {{- if .Values.secrets.nats }}\n  natsUser: {{ .Values.secrets.nats.user | b64enc }}\n  {{- end }}\n",
    ),
    "a package in its order, commas in front": (
        "s.cabal",
        "name: s\nversion: 1\nlibrary\n  build-depends:\n      amqp >=0.22\n    , base -- why\n    , text\n",
        "name: s\nversion: 1\nlibrary\n  build-depends:\n      amqp >=0.22\n    , base -- why\n    , natskell\n    , text\n",
        "name: s\nversion: 1\nlibrary\n  build-depends:\n      base -- why\n    , natskell\n    , text\n",
    ),
    "a package, commas behind, in no order": (
        "s.cabal",
        "name: s\nversion: 1\nlibrary\n  build-depends: text, base,\n    amqp\n",
        "name: s\nversion: 1\nlibrary\n  build-depends: text, base,\n    amqp,\n    natskell\n",
        "name: s\nversion: 1\nlibrary\n  build-depends: text, base,\n    natskell\n",
    ),
    "a package in hpack": (
        "package.yaml",
        "name: s\ndependencies:\n- base\n- amqp >= 0.22\nlibrary: {}\n",
        "name: s\ndependencies:\n- base\n- amqp >= 0.22\n- natskell\nlibrary: {}\n",
        "name: s\ndependencies:\n- base\n- natskell\nlibrary: {}\n",
    ),
    "variables": (
        ".envrc",
        "export A=1\nexport RABBITMQ_USERNAME='guest' # who\nexport B=2\n",
        "export A=1\nexport RABBITMQ_USERNAME='guest' # who\nexport NATS_USERNAME='guest' # who\nexport B=2\n",
        "export A=1\nexport NATS_USERNAME='guest' # who\nexport B=2\n",
    ),
    "a key in which nothing would be left": (
        "service.yaml",
        "a:\n  rabbitmqVHost: /\nrabbitmq:\n  host: h\n",
        "a:\n  rabbitmqVHost: /\nrabbitmq:\n  host: h\nnats:\n  host: h\n",
        "nats:\n  host: h\n",
    ),
    "the service of a compose file that runs it": (
        "docker-compose.yaml",
        "services:\n  rabbitmq:\n    image: rabbitmq:3.13\n    environment: [RABBITMQ_DEFAULT_USER=a]\n    networks: [n]\n"
        "  app:\n    build: .\n    depends_on:\n      - rabbitmq\n",
        None,
        None,
    ),
}

# Path and a file in which nothing may be changed, as long as the stage is prepare.
KEPT = {
    "NATS is there already": ("service.yaml", "rabbitmq:\n  host: h\nnats:\n  host: other\n"),
    "only a comment": ("service.yaml", "# rabbitmq was here\na: 1\n"),
    "only the value names it": ("service.yaml", "broker:\n  host: rabbitmq\n  port: 5672\n"),
    "a setting that names no broker": ("charts/s/values.yaml", "config:\n  notificationTTL: 5\n"),
    "the volume of a broker": (
        "docker-compose.yaml",
        "volumes:\n  rabbitmq-data: {}\nservices:\n  app:\n    build: .\n",
    ),
    "nothing on NATS is for it": ("service.yaml", "a:\n  rabbitmqVHost: /\n"),
    "a template with branches": (
        "charts/s/templates/c.yaml",
        "{{- if .Values.rabbitmq }}\na: 1\n{{- else }}\na: 2\n{{- end }}\n",
    ),
    "a template that asks for two things": (
        "charts/s/templates/c.yaml",
        "{{- if and .Values.rabbitmq .Values.other }}\na: {{ .Values.rabbitmq.host }}\n{{- end }}\n",
    ),
    "the negation of it": ("charts/s/templates/c.yaml", "{{- if not .Values.rabbitmq }}\na: 1\n{{- end }}\n"),
    "somebody else's chart": (
        "charts/s/Chart.yaml",
        "name: s\nversion: 1\ndependencies:\n  - name: rabbitmq\n    version: 1.0.0\n    repository: https://e.test/x\n",
    ),
    "a dependency under an alias": (
        "charts/s/Chart.yaml",
        "name: s\nversion: 1\ndependencies:\n  - name: rabbitmq-external\n    version: 1.0.0\n    repository: file://../x\n"
        "    alias: broker\n",
    ),
    "a service of a workflow": (
        ".github/workflows/ci.yaml",
        "jobs:\n  t:\n    services:\n      rabbitmq:\n        image: rabbitmq:3\n",
    ),
    "a command in a workflow": (
        ".github/workflows/ci.yaml",
        "jobs:\n  t:\n    steps:\n      - run: |\n          rabbitmqctl add_vhost a\n",
    ),
    "broken YAML around it": ("service.yaml", "rabbitmq:\n  host: [h\na: }\n"),
    "a package among expressions": ("default.nix", "{ p }: { deps = [ (p.amqp.override { }) p.base ]; }\n"),
    "code of a script": ("run.sh", "#!/bin/sh\nfor v in $(rabbitmqctl list_vhosts); do echo $v; done\n"),
    "a module": ("s.cabal", "name: s\nversion: 1\nlibrary\n  exposed-modules: Shop.RabbitMQ\n  build-depends: base\n"),
}


def tree(write: Write, path: str, text: str) -> Path:
    extra: dict[str, str | bytes] = {"natsscan.toml": ""}
    if path.startswith("charts/s/") and not path.endswith("Chart.yaml"):
        extra["charts/s/Chart.yaml"] = "name: s\nversion: 1\n"
    return write({path: text.encode(), **extra}) / path


@pytest.mark.parametrize("case", [name for name, each in EDITED.items() if each[2] is not None])
def test_a_file_is_edited(natsscan: Command, write: Write, case: str) -> None:
    path, before, prepared, cleaned = EDITED[case]
    file = tree(write, path, before)
    assert natsscan("patch", ".", "--stage", "prepare", "--write").code == 0
    assert file.read_bytes().decode() == prepared
    assert natsscan("patch", ".", "--stage", "prepare", "--check").code == 0
    for stage in ("cut-over", "clean-up"):
        assert natsscan("patch", ".", "--stage", stage, "--unsafe", "--write").code == 0
    assert file.read_bytes().decode() == cleaned


@pytest.mark.parametrize("case", KEPT)
def test_a_file_is_left_alone(natsscan: Command, write: Write, case: str) -> None:
    path, before = KEPT[case]
    file = tree(write, path, before)
    run = natsscan("patch", ".", "--stage", "prepare", "--write")
    assert run.code == 0, run.err
    assert file.read_bytes().decode() == before
    assert "0 patches" in run.out


def test_a_compose_service_gives_way_to_one_that_runs_nats(natsscan: Command, write: Write) -> None:
    path, before, _, _ = EDITED["the service of a compose file that runs it"]
    file = tree(write, path, before)
    natsscan("patch", ".", "--write")
    text = file.read_text()
    assert text.startswith(before.partition("  app:")[0] + "  nats:\n    image: nats:")
    assert "    networks: [n]\n  app:" in text
    assert text.endswith("      - rabbitmq\n      - nats\n")
    assert "NATS_DEFAULT_USER" not in text
