"""The hooks, by pre-commit itself."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.ci.conftest import blocks, environment
from tests.conftest import REPOSITORY
from tests.diff.conftest import Repository

PRE_COMMIT = Path(sys.executable).with_name("pre-commit")
HOOKS = yaml.safe_load((REPOSITORY / ".pre-commit-hooks.yaml").read_text())


def test_they_are_what_pre_commit_takes() -> None:
    done = subprocess.run(
        [PRE_COMMIT, "validate-manifest", REPOSITORY / ".pre-commit-hooks.yaml"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert [hook["id"] for hook in HOOKS] == ["natsscan", "natsscan-diff"]


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_the_project_is_looked_at_as_a_whole_and_not_changed(hook: dict[str, object]) -> None:
    assert hook["pass_filenames"] is False
    assert hook["require_serial"] is True
    assert "--write" not in str(hook["entry"])


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """This project as pre-commit gets it, with what is not committed yet."""
    found = Repository(tmp_path_factory.mktemp("source") / "natsscan")
    listed = subprocess.run(
        ["git", "-C", REPOSITORY, "ls-files", "-z", "-c", "-o", "--exclude-standard"], capture_output=True, check=True
    ).stdout
    for name in filter(None, os.fsdecode(listed).split("\0")):
        file = REPOSITORY / name
        if file.is_file() and not name.startswith(("tests/", "fixtures/")):
            target = found.root / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.read_bytes())
    found.commit()
    return found


@pytest.mark.usefixtures("registry")
def test_the_configuration_in_the_page_lets_good_commits_pass_and_no_bad_ones(
    shop: Repository, source: Repository, tmp_path: Path
) -> None:
    config = yaml.safe_load(next(text for text in blocks("yaml") if "repos:" in text))
    assert [hook["id"] for hook in config["repos"][0]["hooks"]] == [hook["id"] for hook in HOOKS]
    config["repos"][0] |= {"repo": str(source.root), "rev": source.git("rev-parse", "HEAD").strip()}
    shop.write(".pre-commit-config.yaml", yaml.safe_dump(config))
    shop.write("natsscan.toml", 'baseline = "natsscan-baseline.yaml"\n')
    subprocess.run(
        [PRE_COMMIT.with_name("natsscan"), "baseline", ".", "-o", "natsscan-baseline.yaml"],
        cwd=shop.root, env=environment(), check=True, capture_output=True,
    )  # fmt: skip
    shop.commit()

    def hooks() -> tuple[int, str]:
        done = subprocess.run(
            [PRE_COMMIT, "run", "--color=never"],
            cwd=shop.root,
            env=environment(PRE_COMMIT_HOME=str(tmp_path / "hooks"), PYTHONPATH=""),
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    shop.write("README.md", "A shop.\n")
    shop.git("add", "-A")
    code, said = hooks()
    assert code == 0, said
    assert said.count("Passed") == 2

    shop.write("services/gundeck/src/More.hs", "module More where\nimport Network.AMQP\nx = ackEnv\n")
    shop.git("add", "-A")
    shop.write("services/gundeck/src/More.hs", "module More where\n")  # what is staged counts
    code, said = hooks()
    assert code == 1
    assert "natsscan diff" in said and "Failed" in said.partition("natsscan diff")[2]
    assert "services/gundeck/src/More.hs:3" in said

    shop.git("reset", "-q", "--hard")
    shop.git("rm", "-q", "services/gundeck/src/Send.hs")
    code, said = hooks()
    assert "natsscan diff" in said and "Skipped" not in said.partition("natsscan diff")[2]
