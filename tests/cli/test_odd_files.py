"""Things on disk that are no plain files: none holds a scan up, each is told, and the rest is reported."""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.conftest import COMMAND, Run, clean_environment, run_command

GOOD = 'module Good where\nimport qualified Network.AMQP as Q\nsend c = Q.publishMsg c "orders" "created"\n'
LOOP, OUT, IRREGULAR = (
    "a symbolic link that leads to itself",
    "a symbolic link that leads out of the project",
    "not a regular file",
)


@pytest.fixture(params=["git", "no git"])
def tree(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    root = tmp_path / "tree"
    root.mkdir()
    if request.param == "git":
        subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    else:
        (root / "cabal.project").write_text("")
    (root / "Good.hs").write_text(GOOD)
    yield root
    for folder in root.rglob("*"):
        if folder.is_dir() and not folder.is_symlink():
            folder.chmod(0o755)


def scan(tree: Path, *arguments: str) -> Run:
    return run_command(".", "--format", "json", *arguments, cwd=tree)


def scan_as_told(tree: Path, *arguments: str) -> Run:
    """Scan as somebody for whom permissions count."""
    done = subprocess.run(
        [COMMAND, ".", "--format", "json", *arguments],
        cwd=tree, capture_output=True, text=True, timeout=50, env=clean_environment(), preexec_fn=obey_permissions,
    )  # fmt: skip
    return Run(done.returncode, done.stdout, done.stderr)


def obey_permissions() -> None:
    """Give up what lets root read all there is (PR_CAPBSET_DROP of CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH)."""
    if sys.platform == "linux" and os.getuid() == 0:
        for capability in (1, 2):
            ctypes.CDLL(None).prctl(24, capability, 0, 0, 0)


def closed(path: Path) -> None:
    """Let nobody look at a path, or skip the test where that cannot be."""
    path.chmod(0)
    look = ["ls" if path.is_dir() else "cat", str(path)]
    if subprocess.run(look, capture_output=True, preexec_fn=obey_permissions).returncode == 0:
        pytest.skip("permissions do not count for root here")


def problems(run: Run) -> dict[str, str]:
    assert (run.code, run.err) == (0, "")
    found = json.loads(run.out)
    assert [each["operation"] for each in found["findings"] if each["path"] == "Good.hs"] == ["import", "publish"]
    return {each["path"]: each["reason"] for each in found["coverage"]["problems"]}


def test_links_pipes_devices_and_what_is_closed(tree: Path) -> None:
    is_git = (tree / ".git").exists()
    (tree / "Self.hs").symlink_to("Self.hs")
    (tree / "A.hs").symlink_to("B.hs")
    (tree / "B.hs").symlink_to("A.hs")
    (tree / "loop").mkdir()
    (tree / "loop/up").symlink_to("..")
    (tree / "Out.hs").symlink_to("/etc/passwd")
    (tree / "Nowhere.hs").symlink_to("nowhere")
    with (tree / "Big.hs").open("wb") as file:
        file.truncate(4 << 30)
    (tree / "Folder.hs").mkdir()
    os.mkfifo(tree / "Pipe.hs")
    with suppress(PermissionError):
        os.mknod(tree / "Device.hs", stat.S_IFCHR | 0o666, os.makedev(1, 5))
    with socket.socket(socket.AF_UNIX) as opened:
        before = Path.cwd()
        os.chdir(tree)  # a socket's path may have 107 bytes
        opened.bind("Socket.hs")
        os.chdir(before)
    for name in ("closed", "listed"):
        (tree / name).mkdir()
        (tree / name / "Secret.hs").write_text(GOOD)
    closed(tree / "closed")
    (tree / "listed").chmod(0o444)
    (tree / "Closed.hs").write_text(GOOD)
    closed(tree / "Closed.hs")
    there = {
        "Self.hs": LOOP,
        "A.hs": LOOP,
        "B.hs": LOOP,
        "Out.hs": OUT,
        "Big.hs": "4,294,967,296 bytes, over the limit of 5,000,000 (--max-file-size)",
        "Closed.hs": "permission denied",
        "closed": "folder: permission denied",
        "listed/Secret.hs": "permission denied",
    }
    irregular = {name: IRREGULAR for name in ("Pipe.hs", "Socket.hs", "Device.hs") if os.path.lexists(tree / name)}
    assert problems(scan_as_told(tree)) == (there if is_git else there | irregular)  # git lists no pipes


def replaced(name: str, make: Callable[[Path], object]) -> Callable[[Path], None]:
    def replace(tree: Path) -> None:
        path = tree / name
        if path.is_dir():
            shutil.rmtree(path)
        make(path)

    return replace


@pytest.mark.parametrize(
    "make",
    [
        replaced(".gitignore", Path.mkdir),
        replaced(".gitignore", lambda path: path.symlink_to(path.name)),
        replaced(".gitignore", lambda path: path.write_bytes(b"\xff\xfe\n!\nx\\\n[[:odd:]]\n")),
        replaced(".git", lambda path: path.write_text("gitdir: /nowhere\n")),
        replaced(".git", Path.mkdir),
        replaced(".git", os.mkfifo),
        replaced(".git", lambda path: path.symlink_to(path.name)),
    ],
    ids=["ignore folder", "ignore loop", "ignore no text", "gitfile", "git empty", "git pipe", "git loop"],
)
def test_what_git_is_told_by(tree: Path, make: Callable[[Path], None]) -> None:
    make(tree)
    assert problems(scan(tree)).keys() <= {".gitignore"}


def test_without_git_a_pipe_that_says_what_to_ignore_is_not_read(tree: Path) -> None:
    if (tree / ".git").exists():
        pytest.skip("git itself waits for such a pipe")
    os.mkfifo(tree / ".gitignore")
    assert problems(scan(tree)) == {".gitignore": IRREGULAR}


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo, lambda path: path.symlink_to(path.name)])
def test_configuration_and_rules_that_are_no_files(tree: Path, make: Callable[[Path], object]) -> None:
    (tree / "rules").mkdir()
    make(tree / "rules/own.yaml")
    run = scan(tree, "--rules", "rules")
    assert (run.code, run.err) == (2, "natsscan: rules/own.yaml: is no regular file; rule files are\n")
    make(tree / "natsscan.toml")
    run = scan(tree)
    assert run.code == 2
    assert (
        run.err == f"natsscan: {tree}/natsscan.toml: is no regular file; natsscan is configured by one of this name\n"
    )


def test_paths_that_may_not_be_looked_at(tree: Path) -> None:
    (tree / "closed").mkdir()
    closed(tree / "closed")
    run = scan_as_told(tree, "closed/Secret.hs")
    assert (run.code, run.err) == (2, "natsscan: closed/Secret.hs: cannot be read: permission denied\n")
    run = scan(tree, "--exclude", "!")
    assert run.code == 2 and run.err.count("\n") == 1 and "patterns are those of .gitignore" in run.err
