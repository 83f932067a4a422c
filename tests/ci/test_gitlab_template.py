"""The template for GitLab, its jobs run as a runner runs them."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.ci.conftest import blocks, check_schema, environment
from tests.conftest import REPOSITORY
from tests.diff.conftest import Repository
from tests.forges.conftest import serve
from tests.forges.fake_gitlab import FakeGitLab
from tests.forges.server import TOKEN, FakeForge

__all__ = ["serve"]

TEMPLATE = REPOSITORY / "ci" / "gitlab.yml"


def jobs(**inputs: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the inputs that there are, and the template with them filled in, as GitLab does before it reads it."""
    header, body = TEMPLATE.read_text().split("\n---\n")
    known = yaml.safe_load(header)["spec"]["inputs"]
    given = {name: each["default"] for name, each in known.items()} | inputs
    return known, yaml.safe_load(re.sub(r"\$\[\[ inputs\.([\w-]+) \]\]", lambda found: given[found[1]], body))


def run(job: str, shop: Repository, builds: Path, setup: bool = False, **env: str) -> subprocess.CompletedProcess[str]:
    inputs = {name: env.pop(name) for name in ("paths", "args", "package") if name in env}
    body = jobs(**inputs)[1]
    base = body[body[job]["extends"]]
    own = base["variables"] | {"CI_BUILDS_DIR": str(builds), "CI_PROJECT_ID": "acme/shop"} | env
    prepare = base["before_script"] if setup else ['export PATH="$CI_BUILDS_DIR/natsscan-venv/bin:$PATH"']
    script = "\n".join(["set -eo pipefail", *prepare, *body[job]["script"]])
    return subprocess.run(
        ["bash", "-c", script], cwd=shop.root, env=environment(**own), capture_output=True, text=True, check=False
    )


@pytest.fixture
def builds(installed: Callable[[str], Path]) -> Path:
    return installed("natsscan-venv")


def test_it_is_what_gitlab_takes(tmp_path: Path) -> None:
    (tmp_path / "filled.yml").write_text(yaml.safe_dump(jobs()[1]))
    (tmp_path / "header.yml").write_text(TEMPLATE.read_text().split("\n---\n")[0])
    check_schema("gitlab-ci", tmp_path / "filled.yml", tmp_path / "header.yml")


def test_no_input_is_put_into_a_script() -> None:
    body = yaml.safe_load(TEMPLATE.read_text().split("\n---\n")[1])
    scripts = [line for job in body.values() for part in ("before_script", "script") for line in job.get(part, ())]
    assert len(scripts) == 6
    assert [line for line in scripts if "$[[" in line] == []


def test_code_quality(shop: Repository, builds: Path) -> None:
    done = run("natsscan", shop, builds, args="--exclude *.md", paths="services .")

    assert done.returncode == 0, done.stderr
    report = json.loads((shop.root / "gl-code-quality-report.json").read_text())
    assert {each["location"]["path"] for each in report} == {"services/gundeck/src/Send.hs"}
    artifact = jobs()[1]["natsscan"]["artifacts"]["reports"]["codequality"]
    assert (shop.root / artifact).is_file()


def test_comments(shop: Repository, builds: Path, serve: Callable[[FakeForge], None]) -> None:
    base = shop.git("rev-parse", "HEAD").strip()
    shop.write("services/gundeck/src/More.hs", "module More where\nimport Network.AMQP\nx = ackEnv\n")
    path = "services/gundeck/src/More.hs"
    forge = FakeGitLab({path: (path, "@@ -0,0 +1,3 @@\n+a\n+b\n+c")}, base, shop.commit())
    serve(forge)

    done = run(
        "natsscan-comment",
        shop,
        builds,
        CI_API_V4_URL=f"{forge.url}/api/v4",
        CI_MERGE_REQUEST_IID="7",
        GITLAB_TOKEN=TOKEN,
    )
    assert done.returncode == 0, done.stderr
    assert "natsscan: 2 new findings" in forge.bodies()[0]
    assert TOKEN not in done.stdout + done.stderr


@pytest.mark.usefixtures("registry")
def test_it_installs_what_it_is_told(shop: Repository, tmp_path: Path) -> None:
    builds = tmp_path / "builds"
    builds.mkdir()
    done = run("natsscan", shop, builds, setup=True, package=f"{REPOSITORY}[bot]", PYTHONPATH="")

    assert done.returncode == 0, done.stderr
    assert (builds / "natsscan-venv/bin/natsscan").is_file()
    assert (shop.root / "gl-code-quality-report.json").is_file()


def test_the_page_includes_it_with_inputs_that_there_are(tmp_path: Path) -> None:
    text = next(text for text in blocks("yaml") if "include:" in text)
    (tmp_path / "page.yml").write_text(text)
    check_schema("gitlab-ci", tmp_path / "page.yml")
    (include,) = yaml.safe_load(text)["include"]
    assert include["inputs"].keys() <= jobs()[0].keys()
    assert (REPOSITORY / include["file"].lstrip("/")) == TEMPLATE
