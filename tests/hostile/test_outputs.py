"""Whatever the scanned code says, no output does more than show it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import run_command
from tests.hostile import checks
from tests.hostile.tree import GIT, definitions, write_hostile

Check = Callable[[str], None]
BRANCH = "<evil-tag>@evil-user#666!666`$(evil)"


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tree, in a repository whose first commit has nothing of it."""
    root = tmp_path_factory.mktemp("hostile")
    git(root, "init", "-q", "-b", "main")
    git(root, "commit", "-q", "--allow-empty", "-m", "empty")
    git(root, "tag", "empty")
    write_hostile(root)
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "hostile")
    git(root, "branch", BRANCH)
    (root.parent / "definitions.json").write_text(definitions())
    return root


def git(root: Path, *arguments: str) -> None:
    who = ["-c", "user.name=a", "-c", "user.email=a@example.invalid", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *who, *arguments], cwd=root, check=True, env={"PATH": "/usr/bin:/bin", **GIT})


SCAN = {
    "json": checks.json_,
    "jsonl": checks.json_lines,
    "sarif": checks.json_,
    "rdjson": checks.json_,
    "github": checks.annotations,
    "gitlab": checks.json_,
    "csv": checks.csv_,
    "markdown": checks.markdown,
    "html": checks.html,
}
DIFF = {name: SCAN[name] for name in ("json", "sarif", "github", "markdown")} | {"github-review": checks.json_}


@pytest.mark.parametrize(
    ("command", "forms"),
    [(". -v --definitions ../definitions.json", SCAN), (f"diff empty {BRANCH} -v", DIFF)],
    ids=["scan", "diff"],
)
def test_what_has_many_formats(tree: Path, tmp_path: Path, command: str, forms: dict[str, Check]) -> None:
    outputs = [f"--output={name}={tmp_path / name}" for name in forms]
    run = run_command(*command.split(), *outputs, cwd=tree)
    assert run.code == 0, run.err
    checks.terminal(run.out + run.err)
    for name, check in forms.items():
        text = (tmp_path / name).read_text()
        assert "evil" in text
        check(text)


@pytest.mark.parametrize(
    ("arguments", "check"),
    [
        ("topology . --definitions ../definitions.json", checks.terminal),
        ("topology . --format json", checks.json_),
        ("topology . --format mermaid", checks.mermaid),
        ("topology . --format dot", checks.dot),
        ("topology . --format svg", checks.svg),
        ("inventory . --checklist tasks.md", checks.markdown),
        ("inventory . --format html --checklist tasks.md", checks.html),
        ("checklist . --checklist tasks.md -v", checks.terminal),
        ("checklist . --checklist tasks.md --format json", checks.json_),
        ("checklist . --checklist tasks.md --format markdown", checks.markdown),
        ("checklist . --checklist tasks.md --format html", checks.html),
        ("checklist . --checklist tasks.md --format csv", checks.csv_),
        ("checklist . --generate", checks.markdown),
        ("patch . --format json", checks.json_),
    ],
)
def test_what_is_printed(tree: Path, arguments: str, check: Check) -> None:
    run = run_command(*arguments.split(), cwd=tree)
    assert run.code == 0, run.err
    checks.terminal(run.err)
    assert "evil" in run.out
    check(run.out)


@pytest.mark.parametrize("arguments", ["map . -o", "generate all . -o", "generate haskell-service . -o"])
def test_what_is_written(tree: Path, tmp_path: Path, arguments: str) -> None:
    run = run_command(*arguments.split(), tmp_path, cwd=tree)
    assert run.code == 0, run.err
    checks.terminal(run.out + run.err)
    for path in tmp_path.rglob("*"):
        if path.is_file():
            checks.by_name(path.name, path.read_text())


@pytest.mark.parametrize(
    "arguments",
    [
        ".\x1b[31m",
        "--evil\x1b[31m .",
        "scan . --output \x1b[31m=x",
        "explain \u202e::error::##[error]",
        "diff ##[error]x\x1b",
    ],
)
def test_errors(tree: Path, arguments: str) -> None:
    run = run_command(*arguments.split(" "), cwd=tree)
    assert run.code == 2
    checks.terminal(run.out + run.err)
    assert run.err.count("\n") == 1
