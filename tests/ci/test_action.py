"""The action for GitHub, its steps run as a runner runs them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.ci.conftest import ACTION, blocks, check_schema, environment, zizmor
from tests.conftest import REPOSITORY
from tests.diff.conftest import Repository
from tests.forges.conftest import serve
from tests.forges.fake_github import FakeGitHub
from tests.forges.server import TOKEN, FakeForge

__all__ = ["serve"]

_PINNED = re.compile(r"uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")


class Runner:
    """Runs the steps of the action in a folder: expressions filled in, output read from files, `uses` only noted."""

    def __init__(self, workspace: Path, temp: Path, event: dict[str, Any] | None = None, **env: str) -> None:
        self.workspace, self.temp, self.event, self.env = workspace, temp, event or {}, env
        self.summary, self.used, self.log = temp / "summary.md", list[str](), ""
        self.steps: dict[str, dict[str, str]] = {"python": {"python-path": sys.executable}}

    def run(self, skip: tuple[str, ...] = (), **inputs: str) -> int:
        """Run the action; return the exit code of the step that ended it, 0 if none did."""
        own = {name: self.fill(each.get("default", ""), {}) for name, each in ACTION["inputs"].items()}
        given = own | {name.replace("_", "-"): value for name, value in inputs.items()}
        for step in ACTION["runs"]["steps"]:
            if not self.holds(step.get("if", "true"), given) or step.get("id") in skip:
                continue
            if "uses" in step:
                self.used.append(step["uses"].split("@")[0])
                continue
            code = self.step(step, given)
            if code:
                return code
        return 0

    def step(self, step: dict[str, Any], inputs: dict[str, str]) -> int:
        output = self.temp / "output"
        output.write_text("")
        own = {name: self.fill(value, inputs) for name, value in step.get("env", {}).items()}
        runner = {
            "RUNNER_TEMP": str(self.temp),
            "GITHUB_OUTPUT": str(output),
            "GITHUB_STEP_SUMMARY": str(self.summary),
            "GITHUB_ACTION_PATH": str(REPOSITORY),
            "GITHUB_REPOSITORY": "acme/shop",
        }
        script = self.temp / "step.sh"
        script.write_text(step["run"])
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", script],
            cwd=self.workspace,
            env=environment(**runner, **self.env, **own),
            capture_output=True,
            text=True,
            check=False,
        )
        self.log += done.stdout + done.stderr
        pairs = (line.partition("=") for line in output.read_text().splitlines())
        self.steps[step["id"]] = {name: value for name, _, value in pairs}
        return done.returncode

    def fill(self, text: str, inputs: dict[str, str]) -> str:
        return re.sub(r"\$\{\{ (.*?) \}\}", lambda found: self.value(found[1], inputs), text)

    def holds(self, condition: str, inputs: dict[str, str]) -> bool:
        for part in condition.split(" && "):
            name, equals, wanted = part.partition(" == ")
            value = self.value(name, inputs)
            if value != wanted.strip("'") if equals else not value:
                return False
        return True

    def value(self, name: str, inputs: dict[str, str]) -> str:
        kind, *rest = name.split(".")
        if kind == "inputs":
            return inputs[rest[0]]
        if kind == "steps":
            return self.steps[rest[0]].get(rest[2], "")
        if name == "github.token":
            return TOKEN
        if kind == "github" and rest[0] == "event":
            found: Any = self.event
            for key in rest[1:]:
                found = (found or {}).get(key)
            return str(found or "")
        return name if name == "true" else pytest.fail(f"the runner does not know {name}")


@pytest.fixture
def temp(installed: Callable[[str], Path]) -> Path:
    return installed("natsscan")


def test_it_is_what_github_takes_and_safe() -> None:
    check_schema("github-actions", REPOSITORY / "action.yml")
    zizmor("auditor", REPOSITORY / "action.yml")


def test_no_input_is_put_into_a_script_and_others_are_pinned() -> None:
    assert [step["id"] for step in ACTION["runs"]["steps"] if "${{" in step.get("run", "")] == []
    lines = [line for line in (REPOSITORY / "action.yml").read_text().splitlines() if " uses:" in line]
    assert len(lines) == 2
    assert [line for line in lines if not _PINNED.search(line)] == []


def test_it_scans_and_tells_how_much_there_is(shop: Repository, temp: Path) -> None:
    runner = Runner(shop.root, temp)

    assert runner.run(("install",)) == 0, runner.log
    assert runner.steps["scan"] == {
        "sarif-file": str(temp / "natsscan.sarif"),
        "code": "0",
        "findings": "3",
        "remaining": runner.steps["scan"]["remaining"],
    }
    assert int(runner.steps["scan"]["remaining"]) > 0
    assert json.loads((temp / "natsscan.sarif").read_text())["version"] == "2.1.0"
    assert "AMQP in 1 service" in runner.log
    assert runner.used == ["actions/setup-python"]


def test_a_run_fails_after_all_else_is_done(shop: Repository, temp: Path) -> None:
    runner = Runner(shop.root, temp)

    assert runner.run(("install",), fail_on="error", upload_sarif="true") == 1
    assert runner.used == ["actions/setup-python", "github/codeql-action/upload-sarif"]
    assert runner.steps["scan"]["code"] == "1"


def test_what_a_baseline_does_not_have_is_annotated(shop: Repository, temp: Path) -> None:
    shop.write("natsscan-baseline.yaml", "")
    (shop.root / "natsscan-baseline.yaml").unlink()
    made = subprocess.run(
        [temp / "natsscan/bin/natsscan", "baseline", "."],
        cwd=shop.root,
        env=environment(),
        capture_output=True,
        check=True,
    )
    assert made.stderr == b""
    assert Runner(shop.root, temp).run(("install",), baseline="natsscan-baseline.yaml") == 0

    shop.edit("services/gundeck/src/Send.hs", ("newMsg\n", 'newMsg\nagain chan = publishMsg chan "a" "b" newMsg\n'))
    runner = Runner(shop.root, temp)
    assert runner.run(("install",), baseline="natsscan-baseline.yaml") == 1
    assert "::error file=services/gundeck/src/Send.hs,line=5,title=amqp-publish::" in runner.log


def test_input_is_words_and_nothing_else(shop: Repository, temp: Path) -> None:
    shop.write("other/B.hs", "module B where\n")
    runner = Runner(shop.root, temp)
    hostile = "$(touch made-1) `touch made-2` ; touch made-3 * services"

    assert runner.run(("install",), paths=hostile, args="--exclude *.md") == 2
    assert "natsscan: $(touch: no such file or folder" in runner.log
    assert list(shop.root.rglob("made-*")) == []
    assert runner.run(("install",), paths="other\nservices", args="--exclude *.md\n--no-strict") == 0, runner.log


def test_bad_input_ends_it_at_once(shop: Repository, temp: Path) -> None:
    runner = Runner(shop.root, temp)

    assert runner.run(("install",), fail_on="always", upload_sarif="true") == 2
    assert runner.used == ["actions/setup-python"]
    assert "'always' is not one of" in runner.log


def test_it_comments_on_pull_requests(shop: Repository, temp: Path, serve: Callable[[FakeForge], None]) -> None:
    base = shop.git("rev-parse", "HEAD").strip()
    shop.write("services/gundeck/src/More.hs", "module More where\nimport Network.AMQP\nx = ackEnv\n")
    forge = FakeGitHub({}, base, shop.commit())
    forge.patches = {"services/gundeck/src/More.hs": "@@ -0,0 +1,3 @@\n+a\n+b\n+c"}
    serve(forge)
    runner = Runner(shop.root, temp, {"pull_request": {"number": 7}}, GITHUB_API_URL=forge.url)

    assert runner.run(("install",), comment="true") == 0, runner.log
    assert "natsscan: 2 new findings" in forge.comments[0]["body"]
    assert forge.remarks
    assert TOKEN not in runner.log

    forge.is_read_only = True
    forge.comments.clear()
    assert runner.run(("install",), comment="true") == 0, runner.log
    assert "natsscan: 2 new findings" in runner.summary.read_text()


def test_without_a_pull_request_it_does_not_comment(shop: Repository, temp: Path) -> None:
    runner = Runner(shop.root, temp)

    assert runner.run(("install",), comment="true") == 0, runner.log
    assert "comment" not in runner.steps


@pytest.mark.usefixtures("registry")
def test_it_installs_itself(shop: Repository, tmp_path: Path) -> None:
    runner = Runner(shop.root, tmp_path, PYTHONPATH="")

    assert runner.run(comment="true") == 0, runner.log
    assert runner.steps["scan"]["findings"] == "3"
    check = "import natsscan.forges.api, natsscan; print(natsscan.__file__)"
    done = subprocess.run(
        [tmp_path / "natsscan/bin/python", "-c", check],
        capture_output=True,
        text=True,
        check=True,
        env=environment(PYTHONPATH=""),
    )
    assert done.stdout.startswith(str(tmp_path / "natsscan"))


def test_the_workflows_in_the_page_are_what_github_takes_and_safe(tmp_path: Path) -> None:
    workflows = [text for text in blocks("yaml") if "runs-on" in text]
    assert len(workflows) == 2
    for number, text in enumerate(workflows):
        (tmp_path / f"{number}.yml").write_text(text)
        check_schema("github-workflows", tmp_path / f"{number}.yml")
        zizmor("regular", tmp_path / f"{number}.yml")
        assert [line for line in text.splitlines() if " uses:" in line and not _PINNED.search(line)] == []


def test_the_page_gives_inputs_and_outputs_that_there_are() -> None:
    workflow = yaml.safe_load(next(text for text in blocks("yaml") if "acme/natsscan@" in text))
    (used,) = (step["with"] for job in workflow["jobs"].values() for step in job["steps"] if "acme" in step["uses"])
    assert used.keys() <= ACTION["inputs"].keys()
    page = (REPOSITORY / "docs" / "ci.md").read_text().partition("| input |")[2].partition("Without the action")[0]
    told = set(re.findall(r"^\| `([\w-]+)` \|", page, re.MULTILINE))
    assert told == ACTION["inputs"].keys() | ACTION["outputs"].keys()


def test_the_step_of_the_workflow_without_the_action_comments(
    shop: Repository, temp: Path, serve: Callable[[FakeForge], None]
) -> None:
    workflow = yaml.safe_load(next(text for text in blocks("yaml") if "pipx" in text))
    step = workflow["jobs"]["comment"]["steps"][1]
    words = step["run"].split(" ", 4)
    assert words[:4] == ["pipx", "run", "--spec", "'natsscan[bot]'"]
    forge = FakeGitHub({}, shop.git("rev-parse", "HEAD").strip(), shop.git("rev-parse", "HEAD").strip())
    serve(forge)
    env = environment(GITHUB_API_URL=forge.url, GITHUB_REPOSITORY="acme/shop", GITHUB_TOKEN=TOKEN, NUMBER="7")
    done = subprocess.run(
        ["bash", "-ec", words[4]],
        cwd=shop.root,
        env=env | {"PATH": f"{temp / 'natsscan/bin'}:{env['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("acme/shop#7: nothing to do\n", "")
