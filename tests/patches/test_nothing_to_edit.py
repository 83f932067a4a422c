"""What looks like the broker's and is not, or is somebody else's: no stage changes a byte of it."""

from __future__ import annotations

import pytest

from tests.cli.test_bad_input import Write
from tests.conftest import Command

KEPT = {
    "a comment in YAML": ("service.yaml", "# rabbitmq: old\na: 1 # amqp\n"),
    "a comment between keys, CRLF": ("service.yaml", "a: 1\r\n# rabbitmq was here\r\nb: 2\r\n"),
    "a word inside another": ("service.yaml", "champs: 1\nexamples: [lamp, camp]\n"),
    "another broker": ("service.yaml", "redis:\n  host: r\nkafka:\n  host: k\n"),
    "another broker in braces": ("service.yaml", "a: {redis: {host: r}, nats: {host: n}}\n"),
    "NATS alone": ("service.yaml", "nats:\n  host: n\n  port: 4222\n"),
    "a port that is only a number": ("service.yaml", "size: 5672\nlimit: 15672\n"),
    "prose in a block": ("service.yaml", "text: |\n  We moved on.\n  Nothing of it is left.\n"),
    "a template without it": (
        "charts/s/templates/c.yaml",
        "{{- with .Values.redis }}\nredis: {{ .host }}\n{{- end }}\n",
    ),
    "a comment of a template": ("charts/s/templates/c.yaml", "{{/* rabbitmq */}}\na: {{ .Values.a }}\n"),
    "values of another chart": ("charts/s/values.yaml", "postgresql:\n  auth: {username: guest}\n"),
    "a compose file without it": (
        "docker-compose.yaml",
        "services:\n  db:\n    image: postgres:16\n    ports: ['5432:5432']\n",
    ),
    "a workflow without it": (".github/workflows/ci.yaml", "jobs:\n  t:\n    steps:\n      - run: make test\n"),
    "a comment in a script": ("run.sh", "#!/bin/sh\n# rabbitmqctl list_queues\necho done\n"),
    "a message in a script": ("run.sh", "#!/bin/sh\necho 'no broker here'\ncurl https://example.test/api/health\n"),
    "an API of somebody else": ("run.sh", "#!/bin/sh\ncurl -u a:b -X PUT https://example.test/api/vhosts/x\n"),
    "a script with other tools": ("run.sh", "#!/bin/sh\nfor q in a b; do redis-cli del $q; done\n"),
    "a script that does not close a quote": ("run.sh", "#!/bin/sh\nRABBITMQ='x\necho $RABBITMQ\n"),
    "a comment in a makefile": ("Makefile", "# rabbitmq\nall:\n\techo done\n"),
    "targets of other things": ("Makefile", "CHARTS := redis postgres\n.PHONY: clean\nclean:\n\trm -rf dist\n"),
    "a comment in a Dockerfile": ("Dockerfile", "# FROM rabbitmq:3\nFROM debian:12\nRUN true\n"),
    "another image": ("Dockerfile", "FROM redis:7\nEXPOSE 6379\n"),
    "variables of other things": (".envrc", "export REDIS_HOST=r\nexport NATS_HOST=n\n"),
    "a commented variable": (".envrc", "# export RABBITMQ_HOST=h\nexport A=1\n"),
    "packages of other things": (
        "s.cabal",
        "name: s\nversion: 1\nlibrary\n  build-depends: base, amqp-utils-not, text\n",
    ),
    "a comment in a cabal file": ("s.cabal", "name: s\nversion: 1\nlibrary\n  -- amqp\n  build-depends: base\n"),
    "a comment in Nix": ("a.nix", "{ pkgs }: {\n  # rabbitmqadmin\n  x = [ pkgs.jq ];\n}\n"),
    "a text in Nix": ("a.nix", '{ }: { description = "talks to a broker"; }\n'),
    "a document": ("docs/old.md", "# RabbitMQ\n\nrabbitmq: as it was\n"),
}


@pytest.mark.parametrize("case", KEPT)
def test_no_stage_changes_it(natsscan: Command, write: Write, case: str) -> None:
    path, text = KEPT[case]
    file = write({path: text.encode(), "charts/s/Chart.yaml": "name: s\nversion: 1\n", "natsscan.toml": ""}) / path
    for stage in ("prepare", "cut-over", "clean-up"):
        run = natsscan("patch", ".", "--stage", stage, "--unsafe", "--write")
        assert run.code == 0, run.err
        assert file.read_bytes().decode() == text
