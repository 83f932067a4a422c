from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from natsscan.model.coverage import Loss, Problem
from natsscan.source.leftovers import is_leftover

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
_SURROGATE = re.compile("[\ud800-\udfff]")


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
    listed = _git_files(root) if (root / ".git").exists() else None
    problems: list[Problem] = []
    return listing(listed if listed is not None else _walk(root, problems), exclude, problems)


def listing(names: Iterable[str], exclude: tuple[str, ...], problems: Iterable[Problem] = ()) -> Listing:
    """Sort paths into those that are scanned and those left out: in GENERATED_FOLDERS, or by a pattern.

    A name that is not UTF-8 is a problem: no report could name the file.
    """
    spec = _patterns(exclude) if exclude else None
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


def _git_files(root: Path) -> set[str] | None:
    """Ask git for the tracked and the untracked, not ignored files; None where git cannot answer.

    The scanned repository's own configuration must not run anything: its fsmonitor hook is switched off, and
    variables that would point git elsewhere are dropped.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    command = ["git", "-c", "core.fsmonitor=false", "-C", str(root), "ls-files", "-coz", "--exclude-standard"]
    try:
        done = subprocess.run(command, capture_output=True, check=False, env=environment | {"GIT_OPTIONAL_LOCKS": "0"})  # noqa: S603
    except OSError:
        return None
    if done.returncode != 0:
        return None
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
            lines = (Path(folder) / ".gitignore").read_text(errors="replace").splitlines()
            specs.append((prefix, _patterns(lines)))
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


def _ignored(path: str, specs: list[tuple[str, GitIgnoreSpec]]) -> bool:
    return any(spec.match_file(path.removeprefix(prefix)) for prefix, spec in specs)
