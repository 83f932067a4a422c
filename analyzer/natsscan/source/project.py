from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from natsscan.model.errors import InputError
from natsscan.source.tree import DiskTree, Tree

PROJECT_FILES = ("natsscan.toml", "cabal.project", "stack.yaml")


@dataclass(frozen=True, slots=True)
class Project:
    """The tree a scan is about.

    `root` is the whole project, in which names are resolved (the context). `scope` holds the paths the user named,
    relative to the root with forward slashes, `.` for the root itself; findings are about these only. `tree` has the
    files: those under the root, or those of a commit.
    """

    root: Path
    scope: tuple[str, ...]
    tree: Tree

    def in_scope(self, path: str) -> bool:
        """Tell whether a path relative to the root lies under one of the scope's paths."""
        return any(part == "." or path == part or path.startswith(part + "/") for part in self.scope)


def open_project(paths: tuple[Path, ...]) -> Project:
    """Find the project around the paths a user named.

    The root is the git root, else the nearest folder upward that holds one of PROJECT_FILES, else the folder named.
    Raises InputError if a path does not exist or the paths belong to different projects.
    """
    resolved = []
    for path in paths:
        try:
            path.stat()
            resolved.append(path.resolve())
        except (FileNotFoundError, NotADirectoryError) as error:
            raise InputError(f"{path}: no such file or folder; name a path inside the code base to scan") from error
        except (OSError, ValueError) as error:
            reason = (isinstance(error, OSError) and error.strerror) or str(error)
            raise InputError(f"{path}: cannot be read: {reason.lower()}") from error
    roots = sorted({_root_of(path) for path in resolved})
    if len(roots) > 1:
        raise InputError(
            f"the paths belong to {len(roots)} projects ({', '.join(map(str, roots))}); scan each on its own"
        )
    scope = sorted({path.relative_to(roots[0]).as_posix() for path in resolved})
    return Project(roots[0], tuple(scope), DiskTree(roots[0]))


def _root_of(path: Path) -> Path:
    folder = path if path.is_dir() else path.parent
    folders = [folder, *folder.parents]
    for candidate in folders:
        if os.path.lexists(candidate / ".git"):
            return candidate
    for candidate in folders:
        if any((candidate / name).is_file() for name in PROJECT_FILES):
            return candidate
    return folder
