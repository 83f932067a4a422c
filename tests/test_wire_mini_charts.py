"""The bundled fixture around its Haskell: charts render with Helm's own renderer, and every format is what it says."""

from __future__ import annotations

import base64
import importlib
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import KEYS, WIRE_MINI

CHARTS = WIRE_MINI / "charts"
SERVICES = ("background-worker", "brig", "cannon", "galley", "gundeck")
SECRETS = {"secrets": {"rabbitmq": {"username": "guest", "password": "alpaca"}}}
CA = {"name": "some-secret", "key": "ca.pem"}

Render = Callable[..., dict[str, str]]


def under_templates(path: Path) -> bool:
    return "templates" in path.relative_to(WIRE_MINI).parts


def files(*patterns: str) -> list[Path]:
    found = {path for pattern in patterns for path in WIRE_MINI.rglob(pattern) if path.is_file()}
    return sorted(path for path in found if not under_templates(path))


def names(path: Path) -> str:
    return path.relative_to(WIRE_MINI).as_posix()


YAML_FILES = files("*.yaml", "*.yml")
JSON_FILES = files("*.json")
SHELL_FILES = files("*.sh", ".envrc")


def documents(text: str) -> list[Any]:
    return [document for document in yaml.safe_load_all(text) if document is not None]


def one(manifests: dict[str, str], kind: str) -> dict[str, Any]:
    """The only object of a kind."""
    found = [d for name, text in manifests.items() if name.endswith(".yaml") for d in documents(text)]
    (only,) = [d for d in found if d["kind"] == kind]
    return dict(only)


def workload(manifests: dict[str, str], service: str) -> dict[str, Any]:
    return one(manifests, "StatefulSet" if service == "cannon" else "Deployment")


def config(manifests: dict[str, str], service: str) -> dict[str, Any]:
    return dict(yaml.safe_load(one(manifests, "ConfigMap")["data"][f"{service}.yaml"]))


def environment(container: dict[str, Any]) -> dict[str, Any]:
    return {entry["name"]: entry.get("value", entry.get("valueFrom")) for entry in container["env"]}


@pytest.fixture(scope="session")
def render() -> Render:
    """Render the chart in a folder with values, as `helm template` does."""
    try:
        helm = importlib.import_module("helm_python.chart")
    except ImportError as missing:
        assert not os.environ.get("CI"), "helm-python-sdk is needed where CI is set"
        pytest.skip(f"helm-python-sdk is not installed: {missing}")

    def call(folder: Path, values: dict[str, Any] | None = None) -> dict[str, str]:
        with helm.Chart.load(folder) as chart:
            return dict(chart.render(values=values or {}, name="mini", namespace="test"))

    return call


@pytest.fixture
def umbrella(tmp_path: Path) -> Path:
    """The chart of everything with its dependencies beside it, as `helm dependency build` leaves them."""
    root = tmp_path / "wire-mini"
    shutil.copytree(CHARTS / "wire-mini", root)
    for dependency in yaml.safe_load((root / "Chart.yaml").read_text())["dependencies"]:
        source = (CHARTS / "wire-mini" / dependency["repository"].removeprefix("file://")).resolve()
        metadata = yaml.safe_load((source / "Chart.yaml").read_text())
        assert (metadata["name"], metadata["version"]) == (dependency["name"], dependency["version"])
        shutil.copytree(source, root / "charts" / dependency["name"])
    return root


@pytest.mark.parametrize("chart", sorted(path.name for path in CHARTS.iterdir()))
def test_every_chart_renders_to_objects_with_a_kind_and_a_name(render: Render, chart: str) -> None:
    manifests = render(CHARTS / chart, SECRETS)
    assert manifests
    for name, text in manifests.items():
        for document in documents(text) if name.endswith(".yaml") else []:
            assert document["kind"], name
            assert document["metadata"]["name"], name


@pytest.mark.parametrize("service", SERVICES)
def test_the_service_finds_the_broker_in_its_configuration(render: Render, service: str) -> None:
    section = config(render(CHARTS / service, SECRETS), service)["rabbitmq"]
    assert (section["host"], section["port"], section["vHost"]) == ("rabbitmq", 5672, "/")
    assert section["enableTls"] is False
    assert "caCert" not in section


@pytest.mark.parametrize("service", SERVICES)
def test_another_host_and_port_reach_the_service(render: Render, service: str) -> None:
    values = SECRETS | {"config": {"rabbitmq": {"host": "elsewhere", "port": 5671, "vHost": "mine"}}}
    section = config(render(CHARTS / service, values), service)["rabbitmq"]
    assert (section["host"], section["port"], section["vHost"]) == ("elsewhere", 5671, "mine")


@pytest.mark.parametrize("service", SERVICES)
def test_the_credentials_come_from_the_secret_of_the_service(render: Render, service: str) -> None:
    manifests = render(CHARTS / service, SECRETS)
    (container,) = workload(manifests, service)["spec"]["template"]["spec"]["containers"]
    env = environment(container)
    data = one(manifests, "Secret")["data"]
    for variable, key, clear in (
        ("USERNAME", "rabbitmqUsername", b"guest"),
        ("PASSWORD", "rabbitmqPassword", b"alpaca"),
    ):
        assert env[f"RABBITMQ_{variable}"] == {"secretKeyRef": {"name": service, "key": key}}
        assert base64.b64decode(data[key]) == clear


@pytest.mark.parametrize("service", SERVICES)
def test_a_certificate_authority_is_mounted_where_the_configuration_says(render: Render, service: str) -> None:
    values = SECRETS | {"config": {"rabbitmq": {"enableTls": True, "tlsCaSecretRef": CA}}}
    manifests = render(CHARTS / service, values)
    pod = workload(manifests, service)["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert {"name": "rabbitmq-ca", "secret": {"secretName": "some-secret"}} in pod["volumes"]
    (mount,) = [m["mountPath"] for m in container["volumeMounts"] if m["name"] == "rabbitmq-ca"]
    section = config(manifests, service)["rabbitmq"]
    assert section["caCert"] == f"{mount}ca.pem"
    assert "tlsCaSecretRef" not in section


@pytest.mark.parametrize("service", ["brig", "galley"])
def test_without_federation_there_is_no_broker(render: Render, service: str) -> None:
    manifests = render(CHARTS / service, SECRETS | {"config": {"enableFederation": False}})
    assert "rabbitmq" not in config(manifests, service)
    assert "RABBITMQ" not in str(workload(manifests, service))


def test_options_that_never_name_the_broker_reach_the_services(render: Render) -> None:
    worker = config(render(CHARTS / "background-worker", SECRETS), "background-worker")
    assert worker["backgroundJobs"] == {"concurrency": 8, "maxAttempts": 3}
    assert worker["backendNotificationPusher"]["pushBackoffMaxWait"] == 300_000_000
    cannon = config(render(CHARTS / "cannon", SECRETS), "cannon")
    assert (cannon["maxConnections"], cannon["maxChannels"]) == (100, 500)
    values = SECRETS | {"config": {"cellsEventQueue": "cells"}}
    gundeck = config(render(CHARTS / "gundeck", values), "gundeck")
    assert gundeck["settings"] == {"notificationTTL": 2_419_200, "cellsEventQueue": "cells"}


def test_a_broker_elsewhere_gets_a_name(render: Render) -> None:
    manifests = render(CHARTS / "rabbitmq-external", {"addresses": ["192.0.2.1"]})
    service, endpoints = one(manifests, "Service"), one(manifests, "Endpoints")
    assert service["metadata"]["name"] == endpoints["metadata"]["name"] == "rabbitmq-external"
    assert service["spec"]["clusterIP"] == "None"
    assert endpoints["subsets"] == [{"addresses": [{"ip": "192.0.2.1"}], "ports": [{"name": "main", "port": 5672}]}]


def test_the_umbrella_has_all_services_and_points_them_to_the_external_broker(render: Render, umbrella: Path) -> None:
    manifests = render(umbrella, dict.fromkeys(SERVICES, SECRETS))
    for service in SERVICES:
        below = f"wire-mini/charts/{service}/"
        section = config({k: v for k, v in manifests.items() if k.startswith(below)}, service)["rabbitmq"]
        assert section["host"] == "rabbitmq-external"
    assert any("kind: Endpoints" in text for text in manifests.values())
    without = render(umbrella, dict.fromkeys(SERVICES, SECRETS) | {"broker": {"enabled": False}})
    assert not any("kind: Endpoints" in text for text in without.values())


def test_the_test_pod_has_credentials_for_every_old_backend(render: Render) -> None:
    manifests = render(CHARTS / "integration", {"config": {"versions": [0, 1, 2]}})
    (container,) = one(manifests, "Pod")["spec"]["containers"]
    env = environment(container)
    for version in range(3):
        assert env[f"RABBITMQ_USERNAME_V{version}"] == "guest"
        assert env[f"RABBITMQ_PASSWORD_V{version}"]["secretKeyRef"]["name"] == f"rabbitmq-v{version}"
        assert env[f"RABBITMQ_URI_V{version}"].startswith(f"amqp://$(RABBITMQ_USERNAME_V{version}):")
    assert config(manifests, "integration")["rabbitmq-v2"]["port"] == 5672
    (initial,) = one(manifests, "Pod")["spec"]["initContainers"]
    assert "--request PUT https://rabbitmq:15671/api/vhosts/d1.example.test" in initial["command"][-1]


@pytest.mark.parametrize("path", YAML_FILES, ids=names)
def test_yaml_loads(path: Path) -> None:
    list(yaml.safe_load_all(path.read_bytes()))


@pytest.mark.parametrize("path", JSON_FILES, ids=names)
def test_json_loads(path: Path) -> None:
    assert json.loads(path.read_bytes())


@pytest.mark.parametrize("path", SHELL_FILES, ids=names)
def test_bash_accepts_the_script(path: Path) -> None:
    done = subprocess.run(["bash", "-n", path], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_compose_has_a_healthy_broker_before_anything_that_needs_it() -> None:
    compose = yaml.safe_load((WIRE_MINI / "deploy/compose/docker-compose.yaml").read_text())
    services = compose["services"]
    assert set(services) == {"rabbitmq", "init_vhosts", "queue-head", "fake_sqs"}
    assert services["rabbitmq"]["image"].startswith("rabbitmq:")
    assert services["rabbitmq"]["healthcheck"]["test"][1] == "rabbitmq-diagnostics"
    assert services["init_vhosts"]["depends_on"] == {"rabbitmq": {"condition": "service_healthy"}}
    assert services["queue-head"]["depends_on"] == ["rabbitmq", "init_vhosts"]
    for mount in services["rabbitmq"]["volumes"][:2]:
        assert (WIRE_MINI / "deploy/compose" / mount.partition(":")[0]).is_file()


def test_the_old_backend_gets_credentials_by_a_merge() -> None:
    old = yaml.safe_load((WIRE_MINI / "deploy/compose/federation-v0.yaml").read_text())["services"]
    assert set(old) == {"brig-v0", "galley-v0", "background-worker-v0"}
    for service in old.values():
        assert service["environment"]["RABBITMQ_USERNAME"] == "${RABBITMQ_USERNAME}"
        folder = service["volumes"][0].partition(":")[0]
        assert (WIRE_MINI / "deploy/compose" / folder).is_dir()


def test_the_ways_to_write_yaml_are_all_there() -> None:
    gundeck = (WIRE_MINI / "services/gundeck/gundeck.integration.yaml").read_bytes()
    assert gundeck.count(b"\r\n") == gundeck.count(b"\n") > 0
    galley = (WIRE_MINI / "services/galley/galley.integration.yaml").read_text()
    assert [d["rabbitmq"]["vHost"] for d in documents(galley)] == ["backend-a", "backend-b"]
    assert (WIRE_MINI / "services/brig/brig.integration.yaml").read_text().startswith("{")
    tests = yaml.safe_load((WIRE_MINI / "services/integration.yaml").read_text())
    assert tests["rabbitmq-v0"] == tests["rabbitmq"] | {"vHost": "federation-v0"}


def test_the_answer_key_stands_where_it_says() -> None:
    key = yaml.safe_load((KEYS / "wire-mini-surfaces.yaml").read_text())
    wrong = [row["path"] for row in key["files"] + key["decoy_files"] if not (WIRE_MINI / row["path"]).is_file()]
    for section, field in (("config_keys", "text"), ("config_values", "value"), ("env_vars", "text")):
        for row in key[section]:
            line = (WIRE_MINI / row["file"]).read_text().splitlines()[row["line"] - 1]
            text = row.get(field) or row.get("key", row.get("name")).rpartition(".")[2]
            if text not in line:
                wrong.append(f"{row['file']}:{row['line']}: {text}")
    for row in key["k8s_refs"]:
        line = (WIRE_MINI / row["file"]).read_text().splitlines()[row["line"] - 1]
        if row["value"] not in line:
            wrong.append(f"{row['file']}:{row['line']}: {row['value']}")
    assert wrong == []
    assert {name: len(key[name]) for name in key["counts"]} == key["counts"]
