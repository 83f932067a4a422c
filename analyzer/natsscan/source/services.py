from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath

_PACKAGE_FILES = ("package.yaml",)
_PACKAGE_SUFFIXES = (".cabal",)
# At the top of a project, these are about its tools more often than about a package.
_BELOW_THE_TOP = ("Pipfile", "pyproject.toml", "requirements.txt", "setup.cfg", "setup.py")


class Services:
    """Tells which service or library of a project a file belongs to: the package around it.

    `paths` are all files of the project. A package is a folder with a cabal or hpack file, or below the top one that
    says what Python code needs; it is named by its folder, or by its whole path where two folders share a name.
    """

    def __init__(self, paths: Iterable[str], project: str) -> None:
        self._project = project
        folders = {str(PurePosixPath(path).parent) for path in paths if _makes_package(path)}
        names: dict[str, list[str]] = {}
        for folder in folders:
            names.setdefault(PurePosixPath(folder).name, []).append(folder)
        self._names = {folder: name if len(same) == 1 else folder for name, same in names.items() for folder in same}

    def of(self, path: str) -> str:
        """Return the service of a file; outside of all packages it is the file's top folder, at the top the project."""
        folder = PurePosixPath(path).parent
        for candidate in (folder, *folder.parents):
            if str(candidate) in self._names:
                return self._names[str(candidate)] or self._project
        return folder.parts[0] if folder.parts else self._project


def _makes_package(path: str) -> bool:
    folder, _, name = path.rpartition("/")
    return name in _PACKAGE_FILES or name.endswith(_PACKAGE_SUFFIXES) or (bool(folder) and name in _BELOW_THE_TOP)
