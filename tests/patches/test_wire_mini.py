"""The bundled fixture, stage by stage: after each one charts render, files parse, and services find what they need."""

from __future__ import annotations

import importlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import WIRE_MINI, Command

SERVICES = ("background-worker", "brig", "cannon", "galley", "gundeck")
LOGIN = {"username": "guest", "password": "alpaca"}
OLD = {"secrets": {"rabbitmq": LOGIN}}
BOTH = {"secrets": {"rabbitmq": LOGIN, "nats": LOGIN}}
CA = {"tlsCaSecretRef": {"name": "ca", "key": "ca.pem"}}

Render = Callable[..., dict[str, str]]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the fixture that is a repository of its own."""
    root = tmp_path / "wire-mini"
    shutil.copytree(WIRE_MINI, root)
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "-c", "user.name=t", "-c", "user.email=t@example.test", "commit", "-qm", "as it was")
    return root


def git(root: Path, *arguments: str, stdin: bytes | None = None) -> bytes:
    done = subprocess.run(["git", *arguments], cwd=root, input=stdin, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


@pytest.fixture(scope="session")
def render() -> Render:
    try:
        helm = importlib.import_module("helm_python.chart")
    except ImportError as missing:
        assert not os.environ.get("CI"), "helm-python-sdk is needed where CI is set"
        pytest.skip(f"helm-python-sdk is not installed: {missing}")

    def call(folder: Path, values: dict[str, Any]) -> dict[str, str]:
        with helm.Chart.load(folder) as chart:
            return dict(chart.render(values=values, name="mini", namespace="test"))

    return call


def objects(manifests: dict[str, str], kind: str) -> list[dict[str, Any]]:
    texts = [text for name, text in manifests.items() if name.endswith(".yaml")]
    return [d for text in texts for d in yaml.safe_load_all(text) if d and d["kind"] == kind]


def config(manifests: dict[str, str], service: str) -> dict[str, Any]:
    (found,) = objects(manifests, "ConfigMap")
    return dict(yaml.safe_load(found["data"][f"{service}.yaml"]))


def pod(manifests: dict[str, str]) -> dict[str, Any]:
    (found,) = [*objects(manifests, "Deployment"), *objects(manifests, "StatefulSet")]
    return dict(found["spec"]["template"]["spec"])


def write(natsscan: Command, tree: Path, stage: str) -> None:
    run = natsscan("patch", tree, "--stage", stage, "--unsafe", "--write")
    assert run.code == 0, run.err


def parsed(tree: Path) -> None:
    """All YAML that was YAML is YAML, in compose services depend on services, and files mounted are there."""
    for path in sorted(tree.rglob("*.y*ml")):
        if "templates" not in path.parts:
            list(yaml.safe_load_all(path.read_bytes()))
    compose = yaml.safe_load((tree / "deploy/compose/docker-compose.yaml").read_text())
    for name, service in compose["services"].items():
        assert {*service.get("depends_on", ())} <= {*compose["services"]}, name
        for volume in service.get("volumes", ()):
            source = volume.partition(":")[0]
            there = source in compose.get("volumes", {}) or source.endswith("certificates")
            assert there or (tree / "deploy/compose" / source).exists(), f"{name}: {source}"


def test_after_prepare_services_have_both_brokers(natsscan: Command, tree: Path, render: Render) -> None:
    write(natsscan, tree, "prepare")
    parsed(tree)
    for service in SERVICES:
        folder = tree / "charts" / service
        before = render(WIRE_MINI / "charts" / service, OLD)
        manifests = render(folder, BOTH | {"config": {"nats": CA, "rabbitmq": CA}})
        section = config(manifests, service)
        assert (section["nats"]["host"], section["nats"]["port"]) == ("nats", 4222)
        assert section["nats"]["caCert"] == f"/etc/wire/{service}/nats-ca/ca.pem"
        assert not {"vHost", "adminHost", "adminPort"} & {*section["nats"]}
        assert section["rabbitmq"].items() >= config(before, service)["rabbitmq"].items()
        (container,) = pod(manifests)["containers"]
        env = {each["name"]: each.get("valueFrom") for each in container["env"]}
        reference = {"name": service, "key": "natsPassword", "optional": True}
        if service != "gundeck":  # its references are made in a loop, by a table of keys
            assert env["NATS_PASSWORD"] == {"secretKeyRef": reference}
        assert env["RABBITMQ_PASSWORD"]
        (secret,) = objects(manifests, "Secret")
        assert secret["data"]["natsPassword"] == secret["data"]["rabbitmqPassword"]
        assert {"nats-ca", "rabbitmq-ca"} <= {volume["name"] for volume in pod(manifests)["volumes"]}


def test_after_prepare_charts_render_without_anything_new_in_the_values(
    natsscan: Command, tree: Path, render: Render
) -> None:
    write(natsscan, tree, "prepare")
    for service in SERVICES:
        manifests = render(tree / "charts" / service, OLD)
        (secret,) = objects(manifests, "Secret")
        assert "natsPassword" not in secret["data"]
        assert config(manifests, service)["rabbitmq"]["host"] == "rabbitmq"
    external = render(tree / "charts/nats-external", {"addresses": ["192.0.2.1"]})
    (service_object,) = objects(external, "Service")
    assert service_object["metadata"]["name"] == "nats-external"
    assert service_object["spec"]["ports"][0]["port"] == 4222


def test_prepare_takes_nothing_away_and_is_made_once(natsscan: Command, tree: Path) -> None:
    before = snapshot(tree)
    write(natsscan, tree, "prepare")
    for path, data in before.items():
        left = iter(re.split(rb"[\s,{}\[\]]+", (tree / path).read_bytes()))
        missing = [word for word in re.split(rb"[\s,{}\[\]]+", data) if word not in left]
        assert not missing, f"{path}: {missing}"
    git(tree, "add", "-A")
    assert natsscan("patch", tree, "--stage", "prepare", "--check").code == 0
    write(natsscan, tree, "prepare")
    assert (
        git(tree, "status", "--porcelain").decode().splitlines()
        == git(tree, "diff", "--cached", "--name-status").decode().replace("\t", "  ").splitlines()
    )


def test_the_printed_diff_is_what_write_does(natsscan: Command, tree: Path) -> None:
    command = Path(sys.executable).with_name("natsscan")
    printed = subprocess.run([command, "patch", tree], capture_output=True, check=True).stdout
    assert b"\r\n" in printed
    git(tree, "apply", "-", stdin=printed)
    by_git = snapshot(tree)
    git(tree, "checkout", "-q", ".")
    git(tree, "clean", "-fdq")
    write(natsscan, tree, "prepare")
    assert snapshot(tree) == by_git


def snapshot(tree: Path) -> dict[str, bytes]:
    files = (path for path in tree.rglob("*") if path.is_file() and ".git" not in path.relative_to(tree).parts)
    return {path.relative_to(tree).as_posix(): path.read_bytes() for path in files}


def test_a_series_of_all_stages_applies_in_order_and_each_patch_alone(
    natsscan: Command, tree: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "series"
    run = natsscan("patch", tree, "--unsafe", "-o", folder)
    assert run.code == 0, run.err
    patches = sorted(folder.iterdir())
    assert len(patches) > 50
    stages = [path.name[5:].partition("-")[0] for path in patches]
    assert stages == sorted(stages, key=["prepare", "cut", "clean"].index)
    for path in patches:
        if "-prepare-" in path.name:
            git(tree, "apply", "--check", str(path))
    git(tree, "-c", "user.name=t", "-c", "user.email=t@example.test", "am", "-q", "--keep-cr", *map(str, patches))
    assert "RabbitMQ goes" in git(tree, "log", "-1", "--format=%s").decode()
    parsed(tree)


def test_clean_up_waits_for_prepare(natsscan: Command, tree: Path) -> None:
    run = natsscan("patch", tree, "--stage", "clean-up", "--unsafe")
    assert "charts/brig: RabbitMQ goes: 'charts/brig: NATS beside RabbitMQ' comes first, in prepare" in run.err


def test_after_clean_up_charts_render_without_the_old_broker(natsscan: Command, tree: Path, render: Render) -> None:
    write(natsscan, tree, "prepare")
    write(natsscan, tree, "cut-over")
    parsed(tree)
    write(natsscan, tree, "clean-up")
    parsed(tree)
    for service in SERVICES:
        manifests = render(tree / "charts" / service, {"secrets": {"nats": LOGIN}})
        assert "rabbitmq" not in config(manifests, service)
        assert config(manifests, service)["nats"]["port"] == 4222
    assert not (tree / "charts/rabbitmq").exists()
    assert not (tree / "charts/rabbitmq-external").exists()
    found = json.loads(natsscan(tree, "--format", "json").out)["findings"]
    left = {f["path"] for f in found if f["tier"] == "direct" and f["system"] == "rabbitmq"}
    released = {f"charts/integration/templates/{name}.yaml" for name in ("configmap", "pod")}
    assert {path for path in left if path.startswith("charts/")} == released
    assert not left & {
        "Makefile",
        "hack/bin/fill-queue.sh",
        "hack/bin/certificates.sh",
        "hack/bin/placeholder-values.sh",
    }
    assert "deploy/docker/broker/Dockerfile" not in left
    assert "for name in nats; do" in (tree / "hack/bin/certificates.sh").read_text()
    makefile = (tree / "Makefile").read_text()
    assert "brig galley nats nats-external wire-mini" in makefile
    assert ".PHONY: reset\nreset:\n\trm" in makefile
    assert not {path for path in left if path.endswith((".integration.yaml", "/default.nix")) and "services" in path}


def test_what_released_images_read_is_left_alone(natsscan: Command, tree: Path) -> None:
    before = {path: path.read_bytes() for path in (tree / "deploy/compose/federation-v0").iterdir()}
    for stage in ("prepare", "cut-over", "clean-up"):
        write(natsscan, tree, stage)
    assert {path: path.read_bytes() for path in (tree / "deploy/compose/federation-v0").iterdir()} == before
    services = yaml.safe_load((tree / "deploy/compose/docker-compose.yaml").read_text())["services"]
    assert {"rabbitmq", "nats"} <= {*services}
    variables = (tree / ".envrc").read_text()
    assert "export RABBITMQ_USERNAME_V0=" in variables and "NATS_USERNAME_V0" not in variables
    assert "export NATS_USERNAME=" in variables
    assert "export RABBITMQ_USERNAME=" in variables  # which the one of the released backend reads
    told = natsscan("patch", tree, "--stage", "cut-over").out.replace("\n#   ", " ")
    assert "which is not built from this tree" in told


def left_in_yaml(natsscan: Command, tree: Path) -> list[dict[str, Any]]:
    """What there is of the broker in YAML that says how to run things; packages are another matter."""
    found = natsscan(tree, "--format", "json").json["findings"]
    direct = [f for f in found if f["tier"] == "direct" and f["system"] == "rabbitmq"]
    others = ("stack.yaml", "package.yaml")
    return [f for f in direct if f["path"].endswith((".yaml", ".gotmpl")) and not f["path"].endswith(others)]


def test_after_all_stages_yaml_has_only_what_a_released_backend_needs(natsscan: Command, tree: Path) -> None:
    for stage in ("prepare", "cut-over", "clean-up"):
        write(natsscan, tree, stage)
        parsed(tree)
    patches = natsscan("patch", tree, "--format", "json").json["patches"]
    why = {answer: patch["reason"] for patch in patches for answer in patch["answers"]}
    known = ("not built from this tree", "released images", "still names it", "still reads it", "by an alias")
    # A setting that names no broker counts as long as something beside it does.
    known += ("does not name the broker",)
    left = {f["fingerprint"]: f for f in left_in_yaml(natsscan, tree)}
    assert left and not [f for print_, f in left.items() if not any(part in why[print_] for part in known)]
    services = yaml.safe_load((tree / "deploy/compose/docker-compose.yaml").read_text())["services"]
    assert {*services} == {"rabbitmq", "nats", "init_vhosts", "fake_sqs"}
    assert (tree / "deploy/compose/definitions.json").exists() and (tree / "deploy/compose/rabbitmq.conf").exists()


def test_without_the_released_backend_nothing_is_left_in_yaml(natsscan: Command, tree: Path, render: Render) -> None:
    shutil.rmtree(tree / "deploy/compose/federation-v0")
    (tree / "deploy/compose/federation-v0.yaml").unlink()
    shutil.rmtree(tree / "deploy/docker/broker")  # an image that is built with rabbitmq.conf in it
    for stage in ("prepare", "cut-over", "clean-up"):
        write(natsscan, tree, stage)
        parsed(tree)
        render(tree / "charts/integration", {})
    assert not left_in_yaml(natsscan, tree)
    compose = tree / "deploy/compose"
    assert not (compose / "definitions.json").exists() and not (compose / "rabbitmq.conf").exists()
    assert {*yaml.safe_load((compose / "docker-compose.yaml").read_text())["services"]} == {"nats", "fake_sqs"}
    pod_of_tests = render(tree / "charts/integration", {})["integration/templates/pod.yaml"]
    assert "initContainers" not in pod_of_tests and "nats-ca" in pod_of_tests
    releases = (tree / "hack/helmfile.yaml.gotmpl").read_text()
    for named in re.findall(r"- (\./helm_vars/\S+)", releases):
        assert (tree / "hack" / named).exists(), named
    for value in re.findall(r"\.Values\.(nats\w+)", (tree / "hack/helm_vars/values.yaml.gotmpl").read_text()):
        assert f"{value}:" in releases
