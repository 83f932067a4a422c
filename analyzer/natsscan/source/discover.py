from __future__ import annotations

import os
import re
import subprocess
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from natsscan.model.coverage import Loss, Problem
from natsscan.model.errors import InputError
from natsscan.source.leftovers import is_leftover
from natsscan.source.read import read_file

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

# Folders that hold what a build or a package manager made, not what people wrote.
GENERATED_FOLDERS = frozenset(
    {
        ".cabal-sandbox", ".direnv", ".eggs", ".git", ".hg", ".ipynb_checkpoints", ".mypy_cache", ".pytest_cache",
        ".ruff_cache", ".stack-work", ".svn", ".tox", ".venv", "__pycache__", "dist-newstyle", "node_modules",
        "site-packages", "third-party", "third_party", "vendor", "vendored",
    }
)  # fmt: skip
# Left over from a run that was killed while it wrote files.
UNFINISHED = "unfinished"
# What stands for bytes of a name that are no UTF-8 (os.fsdecode).
_PATIENCE = 60  # seconds; git waits for ever for a `.gitignore` that is a pipe
_SURROGATE = re.compile("[\ud800-\udfff]")
_UNOPENED = re.compile(rb"^warning: could not open directory '(?P<folder>.*)': (?P<why>[A-Za-z ]+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Listing:
    """The files of a project, as paths relative to the root, sorted.

    `excluded` maps each path left out to why: the name of a generated folder, `exclude`, or UNFINISHED.
    """

    paths: tuple[str, ...]
    excluded: dict[str, str]
    problems: tuple[Problem, ...]


def list_files(root: Path, exclude: tuple[str, ...] = ()) -> Listing:
    """List the files under `root`: those git tracks or would track, else all that no `.gitignore` leaves out.

    GENERATED_FOLDERS and the patterns in `exclude` (`.gitignore` syntax) are left out.
    """
    problems: list[Problem] = []
    listed = _git_files(root, problems) if os.path.lexists(root / ".git") else None
    return listing(listed if listed is not None else _walk(root, problems), exclude, problems)


def listing(names: Iterable[str], exclude: tuple[str, ...], problems: Iterable[Problem] = ()) -> Listing:
    """Sort paths into those that are scanned and those left out: in GENERATED_FOLDERS, or by a pattern.

    A name that is not UTF-8 is a problem: no report could name the file. Raises InputError for a pattern that is none.
    """
    try:
        spec = _patterns(exclude) if exclude else None
    except ValueError as error:
        raise InputError(f"--exclude: {error}; patterns are those of .gitignore") from error
    kept: list[str] = []
    excluded: dict[str, str] = {}
    unnamed: list[Problem] = []
    for name in names:
        folder = next((part for part in name.split("/")[:-1] if part in GENERATED_FOLDERS), None)
        if folder is not None:
            excluded[name] = folder
        elif is_leftover(name.rpartition("/")[2]):
            excluded[name] = UNFINISHED
        elif spec is not None and spec.match_file(name):
            excluded[name] = "exclude"
        elif not name.isascii() and _SURROGATE.search(name):
            shown = os.fsencode(name).decode(errors="backslashreplace")
            unnamed.append(Problem(shown, 0, "its name is not UTF-8; rename it", Loss.WHOLE))
        else:
            kept.append(name)
    return Listing(tuple(sorted(kept)), excluded, (*problems, *unnamed))


def _git_files(root: Path, problems: list[Problem]) -> set[str] | None:
    """Ask git for the tracked and the untracked, not ignored files; None where git cannot answer.

    Folders that it may not look into become problems.

    The scanned repository's own configuration must not run anything: its fsmonitor hook is switched off, and
    variables that would point git elsewhere are dropped.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    command = ["git", "-c", "core.fsmonitor=false", "-C", str(root), "ls-files", "-coz", "--exclude-standard"]
    own = {"GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    try:
        done = subprocess.run(command, capture_output=True, check=False, env=environment | own, timeout=_PATIENCE)  # noqa: S603
    except OSError:
        return None
    except subprocess.TimeoutExpired:
        said = f"git did not list the files in {_PATIENCE} seconds; they are listed without it"
        problems.append(Problem(".git", 0, said, Loss.NONE))
        return None
    if done.returncode != 0:
        return None
    for found in _UNOPENED.finditer(done.stderr):
        where = os.fsencode(os.fsdecode(found["folder"])).decode(errors="backslashreplace").rstrip("/")
        problems.append(Problem(where, 0, f"folder: {found['why'].decode().lower()}", Loss.WHOLE))
    return {os.fsdecode(name) for name in done.stdout.split(b"\0") if name}


def _walk(root: Path, problems: list[Problem]) -> Iterator[str]:
    """Yield the files below `root`, obeying every `.gitignore` on the way and following no link."""

    def unreadable(error: OSError) -> None:
        where = PurePosixPath(os.path.relpath(error.filename, root)).as_posix()
        problems.append(Problem(where, 0, f"folder: {(error.strerror or 'unreadable').lower()}", Loss.WHOLE))

    ignores: dict[str, list[tuple[str, GitIgnoreSpec]]] = {}
    for folder, folders, files in os.walk(root, onerror=unreadable):
        relative = os.path.relpath(folder, root)
        prefix = "" if relative == "." else relative.replace(os.sep, "/") + "/"
        specs = list(ignores.get(prefix.rstrip("/").rpartition("/")[0], [])) if prefix else []
        if ".gitignore" in files:
            told = read_file(root, f"{prefix}.gitignore")
            if isinstance(told, Problem):
                problems.append(told)
            lines = told.decode(errors="replace").splitlines() if isinstance(told, bytes) else []
            specs.append((prefix, _patterns(filter(_is_pattern, lines))))
        ignores[prefix.rstrip("/")] = specs
        links = [name for name in folders if (Path(folder) / name).is_symlink()]
        folders[:] = sorted(
            name
            for name in folders
            if name != ".git" and name not in links and not _ignored(prefix + name + "/", specs)
        )
        yield from (prefix + name for name in sorted([*files, *links]) if not _ignored(prefix + name, specs))


def _patterns(lines: Iterable[str]) -> GitIgnoreSpec:
    from pathspec import GitIgnoreSpec  # git itself says of most trees what is left out

    return GitIgnoreSpec.from_lines(lines)


def _is_pattern(line: str) -> bool:
    """Tell whether a line of `.gitignore` can be a pattern; git passes over what is none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of `re`, about what somebody may mean
            _patterns([line])
    except ValueError:
        return False
    return True


def _ignored(path: str, specs: list[tuple[str, GitIgnoreSpec]]) -> bool:
    return any(spec.match_file(path.removeprefix(prefix)) for prefix, spec in specs)
