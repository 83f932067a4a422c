"""Asking git: its objects are read, nothing is checked out, and nothing of the repository's own configuration runs."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from natsscan.model.coverage import Loss, Problem
from natsscan.model.errors import InputError
from natsscan.source.read import MAX_FILE_SIZE, too_large
from natsscan.source.tree import GivenTree

_LINK, _SUBMODULE = "120000", "160000"
# What git sets for its hooks; it would point elsewhere than at the repository that is asked about.
_HOOK_INDEX = "GIT_INDEX_FILE"
# What of git's variables is about how others are reached, and not about which repository is looked at.
_ABOUT_OTHERS = ("GIT_SSH", "GIT_SSL_", "GIT_HTTP_", "GIT_PROXY_", "GIT_CONFIG_")
_TRANSPORTS = "https:http:ssh:git:file"  # the others are programs that an address names
_NO_PROMPTS = {
    "GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "false", "SSH_ASKPASS": "false", "SSH_ASKPASS_REQUIRE": "never",
    "GCM_INTERACTIVE": "never",
}  # fmt: skip
_SSH = "ssh -oBatchMode=yes"
NOT_FETCHED = "git has not fetched its content"
NO_GIT = "git is not on PATH"


def tree_of(root: Path, revision: str, max_size: int = MAX_FILE_SIZE) -> GivenTree:
    """Return the files of a commit; those larger than `max_size` bytes are not read, links are left out.

    Raises InputError for a revision that git does not have, or whose list of files is not there.
    """
    commit = commit_of(root, revision)
    try:
        listed = git(root, ["ls-tree", "-r", "-l", "-z", "--full-tree", commit], need=True)
    except OSError as error:
        raise InputError(f"{revision}: git cannot list its files (git fsck tells why)") from error
    entries = []
    for entry in filter(None, listed.split("\0")):
        about, _, path = entry.partition("\t")
        mode, _, blob, size = about.split()
        entries.append((path, mode, blob, int(size) if size.isdigit() else 0))
    return GivenTree(dict(_contents(root, entries, max_size)))


def index_of(root: Path, max_size: int = MAX_FILE_SIZE) -> GivenTree:
    """Return the files as they are staged: what a commit made now would hold. In a hook it is the hook's own index."""
    listed = git(root, ["ls-files", "--stage", "-z", "--full-name", ":/"], own_index=True)
    entries = []
    for entry in filter(None, listed.split("\0")):
        about, _, path = entry.partition("\t")
        mode, blob, stage = about.split()
        if stage == "0":
            entries.append((path, mode, blob, 0))
    return GivenTree(dict(_contents(root, entries, max_size)))


def commit_of(root: Path, revision: str) -> str:
    """Return the id of the commit that a revision names; `A...B` is where both parted, as git has it.

    Raises InputError, with what to do about it, if git does not have it.
    """
    one, dots, other = revision.partition("...")
    try:
        if dots:
            ends = [commit_of(root, one or "HEAD"), commit_of(root, other or "HEAD")]
            found = git(root, ["merge-base", *ends]).strip()
            if not found:
                raise InputError(
                    f"{revision}: git finds no commit that both come from; in a shallow clone: git fetch --unshallow"
                )
            return found
        return git(root, ["rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}"], need=True).strip()
    except OSError as error:
        if "dubious ownership" in str(error):
            advice = f"git config --global --add safe.directory {root}"
            raise InputError(
                f"{root}: belongs to another user, and git does not look into it until: {advice}"
            ) from error
        if NO_GIT in str(error):
            raise InputError(f"{NO_GIT}; commits are read by it") from error
        hint = " (this clone is shallow: git fetch --deepen=N brings N commits more)" if is_shallow(root) else ""
        raise InputError(f"{revision}: git has no such commit here{hint}") from error


def date_of(root: Path, commit: str) -> str:
    """Return the day of a commit in UTC, `2026-11-26`; nothing if git cannot tell, or it is none of the calendar."""
    said = git(root, ["log", "-1", "--format=%ct", "--end-of-options", commit]).strip()
    try:
        return datetime.fromtimestamp(int(said), UTC).strftime("%Y-%m-%d")
    except (ValueError, OverflowError, OSError):
        return ""


def is_shallow(root: Path) -> bool:
    """Tell whether a repository has a part of its history only."""
    return git(root, ["rev-parse", "--is-shallow-repository"]).strip() == "true"


def git(root: Path, arguments: list[str], need: bool = False, own_index: bool = False) -> str:
    """Return what a git command prints, nothing if it fails. Raises OSError with git's own words if it is needed."""
    return os.fsdecode(git_bytes(root, arguments, need=need, own_index=own_index))


def git_bytes(
    root: Path, arguments: list[str], stdin: bytes = b"", need: bool = False, own_index: bool = False
) -> bytes:
    """Return the same as bytes. With `own_index` the index that git hands to its hooks is the one looked at."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("GIT_") or (own_index and name == _HOOK_INDEX)
    }
    own = {"GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": "", "LC_ALL": "C"}
    command = ["git", *_options("log.showSignature=false", "safe.bareRepository=all"), "-C", str(root), *arguments]
    try:
        done = subprocess.run(command, input=stdin, capture_output=True, check=False, env=environment | own)  # noqa: S603
    except FileNotFoundError as error:
        if need:
            raise OSError(NO_GIT) from error
        return b""
    if done.returncode != 0 and need:
        raise OSError(done.stderr.decode(errors="replace"))
    return done.stdout if done.returncode == 0 else b""


def git_remote(git_dir: Path, arguments: list[str], timeout: float) -> str:
    """Return what a git command prints that speaks to others on behalf of a repository of natsscan's own.

    The user's own configuration counts, with what it says of credentials and proxies; that of a folder around does not.
    Nobody is asked for anything, no hook is run, and no transport that is a program. Raises OSError with git's own
    words if it fails, and TimeoutError after `timeout` seconds.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("GIT_") or name.startswith(_ABOUT_OTHERS)
    }
    environment = kept | _NO_PROMPTS | {"GIT_ALLOW_PROTOCOL": _TRANSPORTS, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    options = _options("core.hooksPath=/dev/null", "maintenance.auto=false", "gc.auto=0")
    command = ["git", *options, f"--git-dir={git_dir}"]
    try:
        if "GIT_SSH" not in kept and "GIT_SSH_COMMAND" not in kept:
            asked = [*command, "config", "--get", "core.sshCommand"]
            found = subprocess.run(asked, capture_output=True, check=False, env=environment)  # noqa: S603
            environment |= {} if found.stdout.strip() else {"GIT_SSH_COMMAND": _SSH}
        with TemporaryFile() as out, TemporaryFile() as said:
            # Into files, since a pipe is open until helpers that stay in the background have ended as well.
            code = _run_alone([*command, *arguments], environment, out, said, timeout)
            out.seek(0)
            said.seek(0)
            if code != 0:
                raise OSError(said.read().decode(errors="replace"))
            return os.fsdecode(out.read())
    except FileNotFoundError as error:
        raise OSError(NO_GIT) from error


def _run_alone(command: list[str], environment: dict[str, str], out: IO[bytes], said: IO[bytes], timeout: float) -> int:
    """Run a command in a session of its own: there is no terminal where it could ask, and all of it can be ended."""
    running = subprocess.Popen(  # noqa: S603
        command, stdin=subprocess.DEVNULL, stdout=out, stderr=said, env=environment, start_new_session=True
    )
    try:
        return running.wait(timeout)
    except BaseException as error:
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()
        if isinstance(error, subprocess.TimeoutExpired):
            raise TimeoutError(f"git took longer than {timeout:.0f} seconds") from error
        raise


def _options(*settings: str) -> list[str]:
    return [word for setting in ("core.fsmonitor=false", *settings) for word in ("-c", setting)]


def _contents(
    root: Path, entries: Iterable[tuple[str, str, str, int]], max_size: int
) -> Iterator[tuple[str, bytes | Problem]]:
    """Yield paths with their bytes, or with what keeps them from being read; entries are path, mode, blob and size."""
    wanted: dict[str, str] = {}
    for path, mode, blob, size in entries:
        if mode == _SUBMODULE:
            yield path, Problem(path, 0, "a folder of its own repository (git submodule)", Loss.WHOLE)
        elif mode != _LINK and size > max_size:
            yield path, too_large(path, size, max_size)
        elif mode != _LINK:
            wanted[path] = blob
    blobs = dict(_blobs(root, list(dict.fromkeys(wanted.values()))))
    for path, blob in wanted.items():
        data = blobs.get(blob)
        yield path, data if data is not None else Problem(path, 0, NOT_FETCHED, Loss.WHOLE)


def _blobs(root: Path, names: list[str]) -> Iterator[tuple[str, bytes]]:
    """Yield blobs with their content; those that a partial clone has not fetched are left out."""
    data = git_bytes(root, ["cat-file", "--batch"], stdin="".join(f"{name}\n" for name in names).encode())
    at = 0
    for name in names:
        end = data.find(b"\n", at)
        if end < 0:
            return
        head = data[at:end].split()
        if head[-1] == b"missing":
            at = end + 1
            continue
        size = int(head[2])
        yield name, data[end + 1 : end + 1 + size]
        at = end + 1 + size + 1
