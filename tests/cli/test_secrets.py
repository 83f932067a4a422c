"""No secret is in anything that a scan prints, whatever the file it stands in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from natsscan.reports.formats import FORMATS
from tests.conftest import Command

Write = Callable[[dict[str, str | bytes]], Path]

FILES: dict[str, str | bytes] = {
    "rabbitmq.conf": "# rabbitmq\ndefault_user = joe\ndefault_pass = hunter7 hunter8\npassword = hunter7\nnonsense hunter7\n",
    "rabbit.ini.conf": "[rabbitmq]\npassword = hunter7\n",
    "rabbitmq.config": '[{rabbit, [{default_pass, <<"hunter7">>}, {password, "hunter7"}]}].',
    ".env": "RABBITMQ_PASSWORD=hunter7 hunter8\nRABBITMQ_URL=amqp://joe:hunter7@h\nX='rabbit hunter\n",
    "values.yaml": "rabbitmq:\n  password: hunter7\n  url: amqp://joe:hunter7@h\n  broken: [hunter\n",
    "package.yaml": "name: x\ndependencies: [amqp]\n# rabbitmq\npassword: *hunter7\nb: {\n",
    "definitions.json": '{"rabbit_version": "3", "users": [{"name": "joe", "password_hash": "hunter7"}], "x": }',
    "run.sh": "rabbitmqctl add_user joe hunter7\nrabbitmqadmin -u joe -p hunter7 list queues\npassword = hunter7 rabbit\n",
    "Makefile": "RABBITMQ_PASSWORD = hunter7 hunter8\nall:\n\tcurl -u joe:hunter7 http://rabbitmq:15672/api/users\n",
    "Dockerfile": "FROM rabbitmq:3\nENV RABBITMQ_DEFAULT_PASS hunter7\n",
    "README.md": "RabbitMQ: password = hunter7\n",
    "default.nix": '{ rabbitmq = { password = "hunter7"; url = "amqp://joe:hunter7@h"; }; }\n',
    "A.hs": 'module A where\nimport Network.AMQP\nc = openConnection "h" "/" "joe" "hunter7" -- password: hunter7\n'
    "d = ackEnv -- natssilent\n",
    "B.hs": "module B where\nimport Network.AMQP\nd = ackEnv -- natsscan: ignore[amqp-ack] password = hunter7\n",
}


SCANS = [("--format", name) for name in FORMATS if name != "github-review"]


@pytest.mark.parametrize("options", [*SCANS, ("--format", "text", "-v")], ids=" ".join)
def test_no_secret_is_printed(natsscan: Command, write: Write, options: tuple[str, ...]) -> None:
    write(FILES)
    run = natsscan(".", *options)

    assert run.code == 0, run.err
    assert [line for line in (run.out + run.err).splitlines() if "hunter7" in line or "hunter8" in line] == []


def test_every_file_of_that_test_is_reported_on(natsscan: Command, write: Write) -> None:
    write(FILES)
    report = natsscan(".", "--format", "json").json
    places = [
        *report["findings"],
        *(place.get("finding", place) for place in report["suppressed"]),
    ]

    assert {place["path"] for place in places} == FILES.keys()
    assert {problem["path"] for problem in report["coverage"]["problems"]} >= {"values.yaml", "package.yaml"}
