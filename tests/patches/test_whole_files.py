"""What goes as a whole, what is added as a whole, and what something that stays still needs."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.cli.test_bad_input import Write
from tests.conftest import Command
from tests.patches.test_yaml_edits import BROKER, COMPOSE, stages

ALL = ("prepare", "cut-over", "clean-up")
CONF = "listeners.tcp.default = 5672\nconsumer_timeout = 1800000\n"
MOUNTS = (
    f"{BROKER}    volumes:\n      - ./rabbitmq.conf:/etc/rabbitmq/rabbitmq.conf\n      - ./plugins:/etc/plugins:ro\n"
)
OTHER = "services:\n  app:\n    build: .\n"
HELMFILE = (
    "environments:\n  default:\n    values:\n      - env.yaml\nreleases:\n  - name: rabbitmq # ours\n    namespace: n\n"
    "    chart: bitnami/rabbitmq\n    version: 1.0.0\n    values:\n      - rabbitmq.yaml\n  - name: app\n"
    "    chart: elsewhere/app\n    needs:\n      - n/rabbitmq\n    values:\n      - app.yaml\n"
)
VALUES = "auth:\n  password: {{ .Values.rabbitmqPassword }}\n  tls:\n    existingSecret: rabbitmq-cert\n"
RELEASES: dict[str, str | bytes] = {
    "natsscan.toml": "",
    "env.yaml": "rabbitmqPassword: p\n",
    "helmfile.yaml": HELMFILE,
    "rabbitmq.yaml": VALUES,
    "app.yaml": "secrets:\n  rabbitmq: {password: x}\n",
}


def files(root: Path) -> set[str]:
    return {path.name for path in root.iterdir()} - {"natsscan.toml"}


def reasons(natsscan: Command) -> str:
    return natsscan("patch", ".", "--stage", "cut-over").out.replace("\n#   ", " ")


def test_what_only_the_broker_is_given_goes_with_it(natsscan: Command, write: Write) -> None:
    root = write({"natsscan.toml": "", COMPOSE: MOUNTS, "rabbitmq.conf": CONF, "plugins": "[x].\n", "other": "y\n"})
    stages(natsscan, *ALL)
    assert files(root) == {COMPOSE, "other"}
    assert [*yaml.safe_load((root / COMPOSE).read_text())["services"]] == ["nats"]


@pytest.mark.parametrize(
    ("path", "text", "is_held"),
    [
        ("Dockerfile", "FROM scratch\nCOPY rabbitmq.conf /etc/x\n", True),
        ("deploy/Dockerfile", "FROM scratch\nCOPY other/rabbitmq.conf /etc/x\n", False),
        ("deploy/Dockerfile", "FROM scratch\nCOPY rabbitmq.conf /etc/x\n", True),
        ("bin/run.sh", '#!/bin/sh\nexec x --with "$ROOT/rabbitmq.conf"\n', True),
        ("bin/run.sh", "#!/bin/sh\nexec x --with ../rabbitmq.conf\n", True),
        ("bin/run.sh", "#!/bin/sh\n# as in ../rabbitmq.conf\nexec x\n", False),
        ("bin/run.sh", "#!/bin/sh\nexec x --with old/rabbitmq.conf my-rabbitmq.conf rabbitmq.conf.bak\n", False),
        ("README.md", "See [it](rabbitmq.conf).\n", False),
        ("CHANGELOG", "rabbitmq.conf is new\n", False),
    ],
)
def test_a_file_that_something_names_stays(
    natsscan: Command, write: Write, path: str, text: str, is_held: bool
) -> None:
    root = write({"natsscan.toml": "", "rabbitmq.conf": CONF, path: text})
    assert (f"{path} still names it." in reasons(natsscan)) == is_held
    stages(natsscan, *ALL)
    assert (root / "rabbitmq.conf").exists() == is_held


def test_a_configuration_with_credentials_is_written_for_nats(natsscan: Command, write: Write) -> None:
    write({"natsscan.toml": "", "rabbitmq.conf": f"{CONF}default_user = guest\n"})
    assert "natsscan map writes nats-server.conf" in reasons(natsscan)
    write({"rabbitmq.conf": CONF})
    assert "natsscan map writes nats-server.conf" not in reasons(natsscan)


def test_a_release_of_the_broker_gives_way_to_one_with_values_of_its_own(natsscan: Command, write: Write) -> None:
    root = write(RELEASES)
    stages(natsscan, "prepare")
    text = (root / "helmfile.yaml").read_text()
    assert "repositories:\n  - name: nats\n    url: https://nats-io.github.io/k8s/helm/charts\n\nreleases:\n" in text
    assert "  - name: nats\n    namespace: n\n    chart: nats/nats\n" in text
    assert "      - n/rabbitmq\n      - n/nats\n" in text
    release = yaml.safe_load(text)["releases"][1]
    assert release["values"] == ["./nats.yaml"]
    assert yaml.safe_load((root / "nats.yaml").read_text())["config"]["nats"]["tls"]["secretName"] == "nats-cert"
    stages(natsscan, "cut-over", "clean-up")
    assert files(root) == {"env.yaml", "helmfile.yaml", "nats.yaml", "app.yaml"}
    after = yaml.safe_load((root / "helmfile.yaml").read_text())
    assert [each["name"] for each in after["releases"]] == ["nats", "app"]
    assert (root / "env.yaml").read_text() == "natsPassword: p\n"


def test_a_value_that_a_template_still_reads_stays(natsscan: Command, write: Write) -> None:
    root = write({**RELEASES, "app.yaml": "image: {{ .Values.rabbitmqPassword }}\n"})
    stages(natsscan, "prepare", "clean-up")
    assert (root / "env.yaml").read_text() == "rabbitmqPassword: p\nnatsPassword: p\n"
    assert "app.yaml still reads it." in reasons(natsscan)


def test_values_below_the_name_of_the_chart_beside(natsscan: Command, write: Write) -> None:
    chart = "name: rabbitmq\nversion: 1.0.0\ndependencies:\n  - {name: rabbitmq, version: 1.0.0, repository: https://x.test}\n"
    write({**RELEASES, "helmfile.yaml": HELMFILE.replace("bitnami/", "./charts/"), "charts/rabbitmq/Chart.yaml": chart})
    root = write({"charts/rabbitmq/values.yaml": "rabbitmq: {}\n"})
    stages(natsscan, "prepare")
    assert yaml.safe_load((root / "nats.yaml").read_text())["server"]["config"]["jetstream"]["enabled"] is True
    assert "chart: ./charts/nats\n" in (root / "helmfile.yaml").read_text()


def test_clean_up_waits_for_the_lines_to_switch(natsscan: Command, write: Write) -> None:
    write({"natsscan.toml": "", "service.yaml": "rabbitmq: &mq\n  host: h\nbroker: *mq\n"})
    stages(natsscan, "prepare")
    told = natsscan("patch", ".", "--stage", "clean-up", "--unsafe").err
    assert "'service.yaml: NATS in the place of RabbitMQ' comes first, in cut-over" in told
