"""Names of files as people, editors and other systems make them: each is scanned, named, and edited under its name."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.conftest import COMMAND, clean_environment, run_command

VALUES = "port: 1\nrabbitmq:\n  host: rabbitmq\n  port: 5672\n"
NAMES = (
    "with space", " space before", "new\nline", "tab\there", 'quo"te', "apo'strophe", "back\\slash", "-rf", "--format=json",
    "con:", "a\u0301 NFD", "\u00e1 NFC", "\u202eright", "esc\x1b[31m", "$(id)", "{{x}}", "*", "[a-b]", "#", "!bang", "é" * 110,
    "b/../c".replace("/", "\u2215"), ".hidden", "a -> b", "a\rb", "bell\x07", "::error::x", "---", "/dev/null".replace("/", "\u2215"),
)  # fmt: skip


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "tree \u00e9\n-x"
    for at, name in enumerate(NAMES):
        folder = root / (name if at % 2 else f"services {at}")
        folder.mkdir(parents=True)
        (folder / f"{name}.yaml").write_text(VALUES)
    git(root, "init", "-q", "-b", "main")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "odd names")
    return root


def git(root: Path, *arguments: str, stdin: bytes = b"") -> bytes:
    who = ["-c", "user.name=a", "-c", "user.email=a@example.invalid", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", *who, *arguments], cwd=root, check=True, input=stdin, capture_output=True)
    return done.stdout


def contents(root: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in root.rglob("*.yaml") if ".git" not in path.relative_to(root).parts}


def test_each_is_scanned_and_edited_and_diffs_are_taken_by_git(tree: Path) -> None:
    run = run_command(".", "--format", "json", cwd=tree)
    assert {finding["path"].rpartition("/")[2] for finding in run.json["findings"]} == {
        f"{name}.yaml" for name in NAMES
    }
    plan = ("patch", ".", "--stage", "prepare")
    diff = subprocess.run([COMMAND, *plan], cwd=tree, capture_output=True, check=True, env=clean_environment()).stdout
    assert run_command(*plan, "--output", "../series", cwd=tree).code == 0
    assert run_command(*plan, "--write", cwd=tree).code == 0
    written = contents(tree)
    assert all(text != VALUES.encode() for text in written.values())
    git(tree, "checkout", "-q", ".")
    git(tree, "apply", stdin=diff)
    assert contents(tree) == written
    git(tree, "checkout", "-q", ".")
    git(tree, "am", "-q", "--keep-cr", *map(str, sorted((tree.parent / "series").iterdir())))
    assert contents(tree) == written


@pytest.mark.parametrize("name", ["--format=json.yaml", "new\nline.yaml", "con:.yaml"])
def test_they_are_given_as_they_are(tree: Path, name: str) -> None:
    path = next(tree.rglob(name))
    run = run_command("scan", "--format", "json", "--", path.name, cwd=path.parent)
    assert {finding["path"] for finding in run.json["findings"]} == {path.relative_to(tree).as_posix()}


@pytest.mark.parametrize("name", ["-o", "a b\n\x1b[31m", "é" * 120, "--"])
def test_files_are_written_under_them(tree: Path, name: str) -> None:
    for command in (("map", "."), ("patch", ".")):
        run = run_command(*command, f"--output={name}/{command[0]}", cwd=tree)
        assert (run.code, run.err) == (0, "")
        assert any((tree / name / command[0]).iterdir())
        assert "\x1b" not in run.out
    run = run_command("inventory", ".", f"--output={name}/inventory.md", cwd=tree)
    assert run.code == 0 and (tree / name / "inventory.md").is_file()
    assert "\x1b" not in run.out
