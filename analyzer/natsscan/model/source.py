from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar, TypeVarTuple

Ts = TypeVarTuple("Ts")
T = TypeVar("T")


class FileKind(StrEnum):
    """What a file is to natsscan."""

    HASKELL = "haskell"
    PYTHON = "python"
    CABAL = "cabal"
    HPACK = "hpack"
    CABAL_PROJECT = "cabal-project"
    STACK = "stack"
    REQUIREMENTS = "requirements"
    PYPROJECT = "pyproject"
    SETUP_CFG = "setup-cfg"
    SETUP_PY = "setup-py"
    PIPFILE = "pipfile"
    CONDA = "conda"
    PYTHON_LOCK = "python-lock"
    NIX = "nix"
    YAML = "yaml"
    HELM_CHART = "helm-chart"
    HELM_VALUES = "helm-values"
    HELM_TEMPLATE = "helm-template"
    COMPOSE = "compose"
    DOCKERFILE = "dockerfile"
    SHELL = "shell"
    ENV = "env"
    MAKE = "make"
    BROKER_CONFIG = "broker-config"
    JSON = "json"
    DOCS = "docs"


# The kinds that are programs; the others configure, build, run or describe them.
PROGRAMS = frozenset({FileKind.HASKELL, FileKind.PYTHON})

# Those that say which packages Python code needs.
PYTHON_PACKAGING = frozenset(
    {
        FileKind.REQUIREMENTS,
        FileKind.PYPROJECT,
        FileKind.SETUP_CFG,
        FileKind.SETUP_PY,
        FileKind.PIPFILE,
        FileKind.CONDA,
        FileKind.PYTHON_LOCK,
    }
)


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file of the project: its path relative to the root with forward slashes, its kind and its bytes."""

    path: str
    kind: FileKind
    data: bytes

    def ask(self, question: Callable[[bytes, *Ts], T], *arguments: *Ts) -> T:
        """Return what a function says of the bytes. Who asks all files of a tree asks this way, and looks into few.

        The function is marked as a `question`, so that it can be noted, and asked again (`source/watch.py`).
        """
        return question(self.data, *arguments)
