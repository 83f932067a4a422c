from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable

from natsscan.model.source import FileKind

_NAMES = {
    ".envrc": FileKind.ENV,
    "Chart.yaml": FileKind.HELM_CHART,
    "Chart.yml": FileKind.HELM_CHART,
    "Containerfile": FileKind.DOCKERFILE,
    "Dockerfile": FileKind.DOCKERFILE,
    "GNUmakefile": FileKind.MAKE,
    "Makefile": FileKind.MAKE,
    "Pipfile": FileKind.PIPFILE,
    "Pipfile.lock": FileKind.PYTHON_LOCK,
    "cabal.project": FileKind.CABAL_PROJECT,
    "cabal.project.local": FileKind.CABAL_PROJECT,
    "justfile": FileKind.MAKE,
    "makefile": FileKind.MAKE,
    "package.yaml": FileKind.HPACK,
    "pdm.lock": FileKind.PYTHON_LOCK,
    "poetry.lock": FileKind.PYTHON_LOCK,
    "pylock.toml": FileKind.PYTHON_LOCK,
    "pyproject.toml": FileKind.PYPROJECT,
    "rabbitmq.config": FileKind.BROKER_CONFIG,
    "requirements.yaml": FileKind.HELM_CHART,
    "setup.cfg": FileKind.SETUP_CFG,
    "setup.py": FileKind.SETUP_PY,
    "stack.yaml": FileKind.STACK,
    "uv.lock": FileKind.PYTHON_LOCK,
}
_SUFFIXES = {
    ".adoc": FileKind.DOCS,
    ".bash": FileKind.SHELL,
    ".cabal": FileKind.CABAL,
    ".chs": FileKind.HASKELL,
    ".conf": FileKind.BROKER_CONFIG,
    ".gotmpl": FileKind.HELM_VALUES,
    ".hs": FileKind.HASKELL,
    ".hs-boot": FileKind.HASKELL,
    ".hsc": FileKind.HASKELL,
    ".json": FileKind.JSON,
    ".lhs": FileKind.HASKELL,
    ".md": FileKind.DOCS,
    ".mk": FileKind.MAKE,
    ".nix": FileKind.NIX,
    ".py": FileKind.PYTHON,
    ".pyi": FileKind.PYTHON,
    ".rst": FileKind.DOCS,
    ".sh": FileKind.SHELL,
    ".tpl": FileKind.HELM_TEMPLATE,
    ".txt": FileKind.DOCS,
    ".yaml": FileKind.YAML,
    ".yml": FileKind.YAML,
    ".zsh": FileKind.SHELL,
}
_COMPOSE = re.compile(r"^(docker-)?compose([.-].*)?\.ya?ml$")
_VALUES = re.compile(r"^values([.-].*)?\.ya?ml$")
_ENV = re.compile(r"^\.env(\..+)?$|\.env$")
_REQUIREMENTS = re.compile(r"(?:^|/)(?:requirements/[^/]+|[^/]*(?:requirements|constraints)[^/]*)\.(?:txt|in)$")
_CONDA_LOCK = re.compile(r"(?:^|[-_.])conda-lock\.ya?ml$")
_CONDA = re.compile(r"(?:^|[-_.])(?:environment|conda)[^/]*\.ya?ml$|^meta\.yaml$")

_TEMPLATED = frozenset({FileKind.YAML, FileKind.HELM_TEMPLATE, FileKind.DOCS, FileKind.HELM_VALUES})


def is_package(path: str) -> bool:
    """Tell whether a file is one that describes a Haskell package, by its name."""
    return path.endswith(".cabal") or path.rpartition("/")[2] == "package.yaml"


def is_helmfile(path: str) -> bool:
    """Tell whether a file is one that helmfile reads, by its name or that of its folder."""
    folder, _, name = path.rpartition("/")
    named = "helmfile" in name or folder.rpartition("/")[2] == "helmfile.d"
    return named and name.endswith((".yaml", ".yml", ".gotmpl"))


def is_document(path: str) -> bool:
    """Tell whether a file is there for people to read, by its name."""
    is_text = _SUFFIXES.get(posixpath.splitext(path)[1]) is FileKind.DOCS and not _REQUIREMENTS.search(path)
    return is_text or "changelog" in path.lower()


class Kinds:
    """Tells the kind of a file by its path and by the chart it belongs to; `paths` are all files of the project."""

    def __init__(self, paths: Iterable[str]) -> None:
        split = (path.rpartition("/") for path in paths)
        self._charts = {folder for folder, _, name in split if name in ("Chart.yaml", "Chart.yml")}

    def of(self, path: str) -> FileKind | None:
        """Return the kind of a file, None if natsscan does not read such files."""
        name = path.rpartition("/")[2]
        kind = _NAMES.get(name) or (_SUFFIXES.get(name[name.rfind(".") :]) if "." in name else None)
        if kind is None and _ENV.search(name):
            return FileKind.ENV
        if kind is None and name.startswith(("Dockerfile.", "Makefile.")):
            return FileKind.DOCKERFILE if name.startswith("Docker") else FileKind.MAKE
        if kind in _TEMPLATED and self._is_template(path):
            return FileKind.HELM_TEMPLATE
        if kind is FileKind.YAML and _COMPOSE.match(name):
            return FileKind.COMPOSE
        if kind is FileKind.YAML and _VALUES.match(name):
            return FileKind.HELM_VALUES
        if kind in (None, FileKind.DOCS) and _REQUIREMENTS.search(path):
            return FileKind.REQUIREMENTS
        if kind is FileKind.YAML and _CONDA.search(name):
            return FileKind.PYTHON_LOCK if _CONDA_LOCK.search(name) else FileKind.CONDA
        if kind is FileKind.HELM_CHART and name == "requirements.yaml" and path.rpartition("/")[0] not in self._charts:
            return FileKind.YAML
        return kind

    def chart_of(self, path: str) -> str:
        """Return the folder of the chart that a file is in, empty for none."""
        folder = path.rpartition("/")[0]
        while folder and folder not in self._charts:
            folder = folder.rpartition("/")[0]
        return folder

    def named(self, path: str) -> str | None:
        """Return the chart at a path, or else the only one that is called so; None if there is none."""
        name = path.rpartition("/")[2]
        same = [folder for folder in self._charts if folder.rpartition("/")[2] == name]
        return path if path in self._charts else same[0] if len(same) == 1 else None

    def _is_template(self, path: str) -> bool:
        at = path.find("templates/")
        while at >= 0:
            if (at == 0 or path[at - 1] == "/") and path[: max(at - 1, 0)] in self._charts:
                return True
            at = path.find("templates/", at + 1)
        return False
