"""Every example in the documents is run: what they show is what a user gets.

A `console` block is a session in a copy of the bundled example, which is a git repository with two commits. A line with
`$` is run; what follows has to be printed, and `...` stands for any lines. Blocks of one document go on from each other.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY, WIRE_MINI
from tests.diff.conftest import Repository

DOCUMENTS = sorted((REPOSITORY / "docs").glob("*.md"))
_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_ANYTHING = "..."
JOBS = "services/background-worker/src/Wire/BackgroundWorker/Jobs/Consumer.hs"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_example_is_what_a_user_gets(document: Path, tmp_path: Path) -> None:
    sessions = _BLOCK.findall(document.read_text())
    if not sessions:
        pytest.skip("no example in it")
    shutil.copytree(WIRE_MINI, tmp_path / "wire-mini")
    repository = Repository(tmp_path / "wire-mini")
    repository.commit("as it was")
    repository.edit(JOBS, ("Done -> ackEnv envelope", "Done -> pure ()"), ("qos chan 0 concurrency False", "pure ()"))
    repository.commit("faster jobs")
    for session in sessions:
        for command, shown in _steps(session):
            printed = _run(command, repository.root)
            assert _fits(shown, printed), f"{document.name}: $ {command}\n{printed}"


def test_every_document_is_linked_from_the_readme() -> None:
    readme = (REPOSITORY / "README.md").read_text()
    assert [path.name for path in DOCUMENTS if f"docs/{path.name}" not in readme] == []


def test_every_file_that_a_document_links_is_there() -> None:
    missing = []
    for document in [*DOCUMENTS, REPOSITORY / "README.md", REPOSITORY / "CONTRIBUTING.md"]:
        text = re.sub(r"`[^`\n]*`|^    .*$", "", document.read_text(), flags=re.MULTILINE)
        targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text)
        missing += [f"{document.name}: {each}" for each in targets if not (document.parent / each).exists()]
    assert missing == []


def _steps(session: str) -> list[tuple[str, list[str]]]:
    steps: list[tuple[str, list[str]]] = []
    for line in session.splitlines():
        if line.startswith("$ "):
            steps.append((line[2:], []))
        else:
            steps[-1][1].append(line)
    return steps


def _run(command: str, folder: Path) -> list[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    names = ("CI", "NO_COLOR", "FORCE_COLOR", "COLUMNS", "TERM")
    clean = {name: value for name, value in os.environ.items() if name not in names and not name.startswith("GIT_")}
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=clean | {"PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.stdout.rstrip("\n").split("\n") if done.stdout else []


def _fits(shown: list[str], printed: list[str]) -> bool:
    """Tell whether lines are those shown, where `...` stands for any number of them, inside a line for any text."""
    if not shown:
        return not printed
    if shown[0] == _ANYTHING:
        return any(_fits(shown[1:], printed[at:]) for at in range(len(printed) + 1))
    if not printed:
        return False
    pattern = ".*".join(map(re.escape, shown[0].split(_ANYTHING)))
    return re.fullmatch(pattern, printed[0]) is not None and _fits(shown[1:], printed[1:])
