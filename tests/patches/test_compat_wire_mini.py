"""The bundled fixture on the route by a layer, stage by stage: what moves, what stays, and what nothing needs any more."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import WIRE_MINI, run_command
from tests.patches.test_wire_mini import SERVICES, Render, config, git, parsed, pod, render, snapshot

__all__ = ["render"]  # a fixture
STAGES = ("prepare", "cut-over", "clean-up")
STAND_IN = "libs/amqp-standin/"
LIBRARY = re.compile(rb"(?m)^import[^\n]*\bNetwork\.AMQP(?:\.Types|\.Lifted)?(?![\w.])")
PACKAGES = (".cabal", ".nix", "package.yaml", "stack.yaml", "cabal.project")


class Steps:
    """A copy of the fixture as each stage leaves it, and all patches as they were before the first one."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.patches = self._patches()
        self.findings: list[dict[str, Any]] = run_command(".", "--format", "json", cwd=root).json["findings"]
        run = run_command("generate", "haskell-amqp", ".", "-o", "../layer", cwd=root)
        assert run.code == 0, run.err
        self.written = snapshot(root.parent / "layer")
        self.after = {"": snapshot(root)}
        self.said: dict[str, str] = {}
        for stage in STAGES:
            run = self.patch("--stage", stage, "--write")
            self.said[stage] = run
            git(root, "add", "-A")
            git(root, "-c", "user.name=t", "-c", "user.email=t@example.test", "commit", "-qm", stage)
            self.after[stage] = snapshot(root)
            assert self.patch("--stage", stage, "--check").startswith(f"{stage}: 0 patches")

    def patch(self, *arguments: str) -> str:
        run = run_command("patch", ".", "--route", "compat", "--unsafe", *arguments, cwd=self.root)
        assert run.code in (0, 1), run.err
        return run.out

    def _patches(self) -> list[dict[str, Any]]:
        run = run_command("patch", ".", "--route", "compat", "--format", "json", cwd=self.root)
        found: list[dict[str, Any]] = run.json["patches"]
        return found

    def restore(self, stage: str) -> Path:
        """Put the tree back to what a stage left."""
        commits = git(self.root, "log", "--all", "--format=%h %s").decode().splitlines()
        commit = next(line.split()[0] for line in commits if line.endswith(f" {stage}"))
        git(self.root, "checkout", "-q", commit)
        return self.root


@pytest.fixture(scope="module")
def steps(tmp_path_factory: pytest.TempPathFactory) -> Steps:
    root = tmp_path_factory.mktemp("compat") / "wire-mini"
    shutil.copytree(WIRE_MINI, root)
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "-c", "user.name=t", "-c", "user.email=t@example.test", "commit", "-qm", "as it was")
    return Steps(root)


def test_every_module_of_the_library_moves_in_one_patch(steps: Steps) -> None:
    (move,) = [patch for patch in steps.patches if patch["title"].startswith("Haskell:")]
    assert (move["stage"], move["applicability"]) == ("cut-over", "unsafe")
    assert {*move["checks"].values()} == {"passed", "not run"}
    found = steps.findings
    importing = {f["path"] for f in found if f["rule"] == "amqp-import"}
    assert {edit["path"] for edit in move["edits"]} == {path for path in importing if not path.startswith(STAND_IN)}
    direct = [f for f in found if f["tier"] == "direct" and f["path"].endswith(".hs")]
    ours = [f for f in direct if f["rule"].startswith("amqp-") and not f["path"].startswith(STAND_IN)]
    assert len(ours) > 350
    assert {f["fingerprint"] for f in ours} == {*move["answers"]}


def test_nothing_but_names_changes_in_code(steps: Steps) -> None:
    before, after = steps.after["prepare"], steps.after["cut-over"]
    changed = {path for path in before if path.endswith(".hs") and before[path] != after[path]}
    for path in changed:
        assert after[path].replace(b"Network.NATS.Amqp", b"Network.AMQP") == before[path], path
    assert not [path for path, data in after.items() if LIBRARY.search(data) and not path.startswith(STAND_IN)]
    assert {path for path in before if path.startswith(STAND_IN)} == {
        path for path in after if path.startswith(STAND_IN)
    }
    assert not any(before[path] != after[path] for path in before if path.startswith(STAND_IN))


def test_each_package_has_the_layer_beside_the_library_and_then_alone(steps: Steps) -> None:
    def naming(stage: str, name: bytes) -> set[str]:
        pattern = re.compile(rb"(?<![\w-])" + name + rb"(?![\w-])")
        return {
            path
            for path, data in steps.after[stage].items()
            if path.endswith(PACKAGES) and not path.startswith(STAND_IN) and pattern.search(data)
        }

    library = naming("", rb"amqp")
    assert naming("prepare", rb"amqp") == library
    own = "libs/nats-amqp/nats-amqp.cabal"
    lists = {path for path in library if not path.endswith(("stack.yaml", "nix/default.nix"))}
    assert naming("prepare", rb"nats-amqp") >= {*lists, own, "cabal.project", "stack.yaml"}
    assert naming("cut-over", rb"amqp") == library
    assert naming("clean-up", rb"(?:amqp|amqp-\d[\d.]*|amqp-standin)") == set()
    assert not any(b"natskell" in data for path, data in steps.after["prepare"].items() if path.endswith(PACKAGES))
    assert b"libs/nats-amqp/" in steps.after["clean-up"]["cabal.project"]
    assert b"Network.AMQP.Extended" in steps.after["clean-up"]["libs/extended/extended.cabal"]
    assert b"tools/rabbitmq-consumer/" in steps.after["clean-up"]["cabal.project"]
    assert b"rabbitmq-consumer = hself" in steps.after["clean-up"]["nix/default.nix"]


def test_the_package_is_what_generate_writes(steps: Steps) -> None:
    there = steps.after["prepare"]
    assert steps.written == {
        path.removeprefix("libs/nats-amqp/"): data for path, data in there.items() if "libs/nats-amqp/" in path
    }


def test_programs_read_the_same_keys_about_nats(steps: Steps) -> None:
    before, after = steps.after[""], steps.after["clean-up"]
    for service in SERVICES:
        path = f"services/{service}/{service}.integration.yaml"
        for old, new in zip(yaml.safe_load_all(before[path]), yaml.safe_load_all(after[path]), strict=True):
            assert new == {**old, "rabbitmq": {**old["rabbitmq"], "port": 4222}}
    for path in (".envrc", "deploy/compose/.env", "services/gundeck/src/Gundeck/Options.hs"):
        assert after[path] == before[path]


def test_what_is_the_broker_stands_beside_and_goes(steps: Steps) -> None:
    prepared, done = steps.after["prepare"], steps.after["clean-up"]
    assert "charts/nats/Chart.yaml" in prepared and "charts/rabbitmq/Chart.yaml" in prepared
    assert "charts/nats/Chart.yaml" in done and "charts/rabbitmq/Chart.yaml" not in done
    assert "nats" in yaml.safe_load(prepared["deploy/compose/docker-compose.yaml"])["services"]
    assert b"natsUsername" not in b"".join(data for path, data in done.items() if path.startswith("charts/"))
    releases = done["hack/helmfile.yaml.gotmpl"]
    assert b"chart: nats/nats" in releases and b"  - name: rabbitmq\n" not in releases


@pytest.mark.parametrize("stage", STAGES)
def test_charts_render_after_each_stage(steps: Steps, stage: str, render: Render) -> None:
    root = steps.restore(stage)
    parsed(root)
    for service in SERVICES:
        manifests = render(root / "charts" / service, {"secrets": {"rabbitmq": {"username": "u", "password": "p"}}})
        section = config(manifests, service)["rabbitmq"]
        leads = (section["host"], section["port"])
        assert leads == (("rabbitmq", 5672) if stage == "prepare" else ("nats", 4222))
        assert section["vHost"] == "/"
        assert "nats" not in config(manifests, service)
        (container,) = pod(manifests)["containers"]
        assert "RABBITMQ_PASSWORD" in {each["name"] for each in container["env"]}


def test_no_code_of_the_library_is_left_for_people(steps: Steps) -> None:
    hand = [patch for patch in steps.patches if patch["applicability"] == "manual"]
    assert not [patch["title"] for patch in hand if re.search(r"\.hs:\d+: Network\.AMQP\b", patch["title"])]
    assert not [
        patch
        for patch in hand
        if patch["stage"] in ("dual-publish", "switch-consumers") and "Network.AMQP" in patch["title"]
    ]
    answered = {answer for patch in steps.patches for answer in patch["answers"]}
    found = steps.findings
    direct = {f["fingerprint"] for f in found if f["tier"] == "direct" and f["system"] == "rabbitmq"}
    assert direct <= answered
