"""What is made of shell scripts, makefiles and Dockerfiles, and where nothing may be: a file after each stage."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.test_bad_input import Write
from tests.conftest import Command

MQ = 'mq() {\n\trabbitmqadmin declare queue name="$1"\n}\n'

# Path, the file before, after prepare, after cut-over of that, and after clean-up; None is no file.
EDITED: dict[str, tuple[str, str, str, str, str | None]] = {
    "a word in an array": (
        "a.sh",
        "charts=(fake-aws rabbitmq 'größe') # unsere\necho ${charts[@]}\n",
        "charts=(fake-aws rabbitmq nats 'größe') # unsere\necho ${charts[@]}\n",
        "charts=(fake-aws rabbitmq nats 'größe') # unsere\necho ${charts[@]}\n",
        "charts=(fake-aws nats 'größe') # unsere\necho ${charts[@]}\n",
    ),
    "the first of an array": ("a.sh", "a=(rabbitmq b)\n", *["a=(rabbitmq nats b)\n"] * 2, "a=(nats b)\n"),
    "an array in lines, with comments in every gap": (
        "a.sh",
        'a=(\n  # one\n  b # two\n  "rabbitmq" # three\n  # four\n)\n',
        *['a=(\n  # one\n  b # two\n  "rabbitmq" # three\n  "nats"\n  # four\n)\n'] * 2,
        'a=(\n  # one\n  b # two\n  "nats"\n  # four\n)\n',
    ),
    "a word that has its twin": ("a.sh", *["a=(rabbitmq nats)\n"] * 3, "a=(nats)\n"),
    "a loop over several": (
        "a.sh",
        "for n in a rabbitmq; do\n\tstart $n\ndone\n",
        *["for n in a rabbitmq nats; do\n\tstart $n\ndone\n"] * 2,
        "for n in a nats; do\n\tstart $n\ndone\n",
    ),
    "a loop over one, which would do the same thing twice": (
        "a.sh",
        *["for n in rabbitmq; do\n  cp $n key.pem\ndone\n"] * 2,
        *["for n in nats; do\n  cp $n key.pem\ndone\n"] * 2,
    ),
    "assignments with the comment above them": (
        "a.sh",
        "# a\nA=1\n\n# the rabbitmq of tests\nRABBITMQ_USERNAME=guest # who\nexport RABBITMQ_PASSWORD=x\nB=2\n",
        *[
            "# a\nA=1\n\n# the rabbitmq of tests\nRABBITMQ_USERNAME=guest # who\nexport RABBITMQ_PASSWORD=x\n\n"
            "# the nats of tests\nNATS_USERNAME=guest # who\nexport NATS_PASSWORD=x\nB=2\n"
        ]
        * 2,
        "# a\nA=1\n\n# the nats of tests\nNATS_USERNAME=guest # who\nexport NATS_PASSWORD=x\nB=2\n",
    ),
    "CRLF, no end of the last line": (
        "a.sh",
        "A=1\r\nRABBITMQ_HOST=h",
        *["A=1\r\nRABBITMQ_HOST=h\r\nNATS_HOST=h"] * 2,
        "A=1\r\nNATS_HOST=h",
    ),
    "variables that nobody has set yet": (
        "a.sh",
        'set -u\nRABBITMQ_URI="amqp://$RABBITMQ_USERNAME@$HOST:5672"\n',
        *[
            'set -u\nRABBITMQ_URI="amqp://$RABBITMQ_USERNAME@$HOST:5672"\n'
            'NATS_URI="nats://${NATS_USERNAME:-}@$HOST:4222"\n'
        ]
        * 2,
        'set -u\nNATS_URI="nats://${NATS_USERNAME:-}@$HOST:4222"\n',
    ),
    "what virtual hosts are for": ("a.sh", *["A=1\nRABBITMQ_VHOST=/\n"] * 3, "A=1\n"),
    "commands with a variable of the broker": (
        "a.sh",
        'certs a\n\n# rabbitmq\nRABBITMQ="$ROOT/rabbitmq/certs"\ngen "$RABBITMQ" rabbitmq.example.com\n',
        *[
            'certs a\n\n# rabbitmq\nRABBITMQ="$ROOT/rabbitmq/certs"\ngen "$RABBITMQ" rabbitmq.example.com\n\n'
            '# nats\nNATS="$ROOT/nats/certs"\ngen "$NATS" nats.example.com\n'
        ]
        * 2,
        'certs a\n\n# nats\nNATS="$ROOT/nats/certs"\ngen "$NATS" nats.example.com\n',
    ),
    "a command that names it": (
        "a.sh",
        *["docker compose up -d rabbitmq # start\n"] * 2,
        *["docker compose up -d nats # start\n"] * 2,
    ),
    "a function that calls it, and who calls that": (
        "a.sh",
        *[f"build\n\n# makes a queue\n{MQ}\nmq one\nmq two\ndeploy\n"] * 3,
        "build\n\ndeploy\n",
    ),
    "a loop that waits for it": (
        "a.sh",
        *["build\nuntil rabbitmqctl await_startup; do\n  sleep 1\ndone\n"] * 3,
        "build\n",
    ),
    "a variable that only calls of it read": (
        "a.sh",
        *['host="${RABBITMQ_HOST:-h}"\nrabbitmqadmin --host "$host" list queues\nmake\n'] * 3,
        "make\n",
    ),
    "a script of nothing else": (
        "a.sh",
        *[f"#!/bin/sh\n# fills\nset -e\n{MQ}for n in $(seq 3); do\n  mq $n\ndone\necho done\n"] * 3,
        None,
    ),
    "values in a here-document": (
        "a.sh",
        "helm up -f - <<EOF\nrabbitmq:\n  user: u # who\n  password: $RABBITMQ_PASSWORD\n  x: ${Y}\nEOF\n",
        *[
            "helm up -f - <<EOF\nrabbitmq:\n  user: u # who\n  password: $RABBITMQ_PASSWORD\n  x: ${Y}\n"
            "nats:\n  user: u # who\n  password: ${NATS_PASSWORD:-}\n  x: ${Y}\nEOF\n"
        ]
        * 2,
        "helm up -f - <<EOF\nnats:\n  user: u # who\n  password: ${NATS_PASSWORD:-}\n  x: ${Y}\nEOF\n",
    ),
    "values that the shell leaves alone": (
        "a.sh",
        "cat <<'EOF'\nrabbitmq:\n  password: $RABBITMQ_PASSWORD\nEOF\n",
        *["cat <<'EOF'\nrabbitmq:\n  password: $RABBITMQ_PASSWORD\nnats:\n  password: $NATS_PASSWORD\nEOF\n"] * 2,
        "cat <<'EOF'\nnats:\n  password: $NATS_PASSWORD\nEOF\n",
    ),
    "a list of make, in lines": (
        "Makefile",
        "A := a \\\n\trabbitmq \\\n\tb\nB = c \\\n  rabbitmq\nall:\n\tls\n",
        *["A := a \\\n\trabbitmq \\\n\tnats \\\n\tb\nB = c \\\n  rabbitmq nats\nall:\n\tls\n"] * 2,
        "A := a \\\n\tnats \\\n\tb\nB = c \\\n  nats\nall:\n\tls\n",
    ),
    "a list of make with CRLF": (
        "Makefile",
        "A := a rabbitmq\r\nall:\r\n\tls\r\n",
        *["A := a rabbitmq nats\r\nall:\r\n\tls\r\n"] * 2,
        "A := a nats\r\nall:\r\n\tls\r\n",
    ),
    "variables of make": (
        "Makefile",
        "export RABBITMQ_USERNAME ?= guest # who\nONE := rabbitmq\nall:\n\tls\n",
        "export RABBITMQ_USERNAME ?= guest # who\nexport NATS_USERNAME ?= guest # who\nONE := rabbitmq\nall:\n\tls\n",
        "export RABBITMQ_USERNAME ?= guest # who\nexport NATS_USERNAME ?= guest # who\nONE := nats\nall:\n\tls\n",
        "export NATS_USERNAME ?= guest # who\nONE := nats\nall:\n\tls\n",
    ),
    "a target that only calls it, and what needs that": (
        "Makefile",
        *[
            "all: a clean-mq b\n\tls\n\n# takes it all away\n.PHONY: clean-mq other\nclean-mq:\n"
            "\t@rabbitmqadmin -V $(V) list queues \\\n\t  | xargs -I{} echo $@ {}\n\n# another\nother: x\n"
            "\tmake clean-mq\n\t$(MAKE) y\n\n.PHONY: rabbit-reset\nrabbit-reset: clean-mq\n"
        ]
        * 3,
        "all: a b\n\tls\n\n# takes it all away\n.PHONY: other\n\n# another\nother: x\n\t$(MAKE) y\n",
    ),
    "a command in a recipe": (
        "Makefile",
        *["up: c\n\t$(COMPOSE) up --wait rabbitmq\n\techo $$c\n"] * 2,
        *["up: c\n\t$(COMPOSE) up --wait nats\n\techo $$c\n"] * 2,
    ),
    "a Dockerfile of the broker": ("Dockerfile", *["# ours\nFROM rabbitmq:3\nENV A=b\nEXPOSE 5672\n"] * 3, None),
    "a stage of the broker among others": (
        "Dockerfile",
        "# one\nFROM rabbitmq:3 AS mq\nRUN rabbitmqctl status\n\n# two\nFROM alpine\nENV RABBITMQ_USERNAME=guest\nRUN ls\n",
        *[
            "# one\nFROM rabbitmq:3 AS mq\nRUN rabbitmqctl status\n\n# two\nFROM alpine\n"
            "ENV RABBITMQ_USERNAME=guest\nENV NATS_USERNAME=guest\nRUN ls\n"
        ]
        * 2,
        "# two\nFROM alpine\nENV NATS_USERNAME=guest\nRUN ls\n",
    ),
    "a package among others": (
        "Dockerfile",
        *["FROM debian\nRUN apt-get install -y \\\n    rabbitmq-server \\\n    curl && ls\n"] * 3,
        "FROM debian\nRUN apt-get install -y \\\n    curl && ls\n",
    ),
}

# Path, a file in which nothing may be changed in any stage, and what people are told of it.
KEPT = {
    "a command among others": ("a.sh", "rabbitmqctl status && deploy\n", "in one command with something else"),
    "a result that is used": ("a.sh", "v=$(rabbitmqctl list_vhosts)\ndeploy $v\n", "still uses what it defines"),
    "a function that something else calls": ("a.sh", f"build\n{MQ}x && mq two\n", "still uses what it defines"),
    "all of a branch": (
        "a.sh",
        "if x; then\n  rabbitmqctl status\nelse\n  deploy\nfi\n",
        "Nothing would be left in the block",
    ),
    "a name that is taken": ("a.sh", "NATS=5\nRABBITMQ=6\necho $NATS\n", "for something else already"),
    "a name without a counterpart": ("a.sh", 'run --vhost "$RABBITMQ_VHOST"\n', "no counterpart"),
    "files of the broker": ("a.sh", "cp rabbitmq.conf /etc/rabbitmq/\n", "names files of the broker"),
    "an image that needs a command": ("a.sh", "docker run -d rabbitmq:3.13\n", "started with -js"),
    "text that is no YAML": ("a.sh", "psql <<EOF\ninsert into a values ('rabbitmq');\nEOF\n", "that is no YAML"),
    "a script that is cut off": ("a.sh", "if x; then\nRABBITMQ_A=1\n", "cannot be read to its end"),
    "a script with a word in it for people": ("a.sh", "# rabbitmq was here\nmake\n", ""),
    "a target called so that does more": ("Makefile", "a:\n\tls\nrabbit-up:\n\tstart\n", "rename it"),
    "the first target": ("Makefile", "all:\n\trabbitmqctl status\nb: all\n", "Nothing would be left of the recipe"),
    "a definition of make": ("Makefile", "define X\nrabbitmq\nendef\n", "a definition or a directive"),
    "a justfile": ("justfile", "up:\n  docker compose up rabbitmq\n", "justfiles"),
    "a stage that others take from": (
        "Dockerfile",
        "FROM rabbitmq:3 AS mq\nFROM alpine\nCOPY --from=mq /a /b\n",
        "Another stage takes something from it",
    ),
    "a package alone": ("Dockerfile", "FROM debian\nRUN apt-get install -y amqp-tools\n", "No package takes its place"),
    "files in an image": ("Dockerfile", "FROM alpine\nCOPY rabbitmq.conf /etc/rabbitmq/\n", "It copies files"),
}

STAGES = ("prepare", "cut-over", "clean-up")


def is_script(path: Path) -> bool:
    if not path.is_file() or path.suffix != ".sh":
        return True
    return subprocess.run(["bash", "-n", path], capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("case", EDITED)
def test_a_script_is_edited(natsscan: Command, write: Write, case: str) -> None:
    path, before, *after = EDITED[case]
    file = write({path: before.encode(), "natsscan.toml": ""}) / path
    for stage, text in zip(STAGES, after, strict=True):
        assert natsscan("patch", ".", "--stage", stage, "--unsafe", "--write").code == 0
        assert (file.read_bytes().decode() if file.exists() else None) == text
        assert is_script(file)
        assert natsscan("patch", ".", "--stage", stage, "--unsafe", "--check").code == 0


@pytest.mark.parametrize("case", KEPT)
def test_a_script_is_left_alone(natsscan: Command, write: Write, case: str) -> None:
    path, before, told = KEPT[case]
    file = write({path: before.encode(), "natsscan.toml": ""}) / path
    assert told in natsscan("patch", ".", "--stage", "cut-over").out.replace("\n#   ", " ")
    for stage in STAGES:
        run = natsscan("patch", ".", "--stage", stage, "--unsafe", "--write")
        assert run.code == 0, run.err
    assert file.read_bytes().decode() == before


@pytest.mark.parametrize(
    ("text", "is_safe"),
    [
        ("RABBITMQ_HOST=h\n", True),
        ("a=(b rabbitmq)\n", True),
        ("RABBITMQ_HOST=$(find rabbitmq)\n", False),
        ('RABBITMQ=r\nstart "$RABBITMQ"\n', False),
        ("for n in a rabbitmq; do\n  start $n\ndone\n", False),
    ],
)
def test_only_what_runs_nothing_is_safe(natsscan: Command, write: Write, text: str, is_safe: bool) -> None:
    write({"a.sh": text, "natsscan.toml": ""})
    patches = natsscan("patch", ".", "--stage", "prepare", "--format", "json").json["patches"]
    assert [patch["applicability"] for patch in patches] == ["safe" if is_safe else "unsafe"]


def test_clean_up_waits_for_what_runs_too(natsscan: Command, write: Write) -> None:
    write({"a.sh": 'RABBITMQ=r\nstart "$RABBITMQ"\n', "natsscan.toml": ""})
    run = natsscan("patch", ".", "--stage", "clean-up", "--unsafe")
    assert "comes first, in prepare" in run.err


def test_calls_are_told_with_commands_and_subjects_of_nats(natsscan: Command, write: Write) -> None:
    calls = "rabbitmqadmin publish routing_key=jobs payload=x\ncurl -X PUT http://rabbitmq:15672/api/vhosts/a\nmake\n"
    write({"a.sh": calls, "natsscan.toml": ""})
    told = natsscan("patch", ".", "--stage", "cut-over").out.replace("\n#   ", " ")
    assert "`nats pub SUBJECT PAYLOAD` sends a message" in told
    assert "nothing makes a virtual host" in told


def test_a_scan_loads_no_grammar_of_the_shell() -> None:
    code = "import sys, natsscan.cli.main, natsscan.pipeline.scan; sys.exit('tree_sitter_bash' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
