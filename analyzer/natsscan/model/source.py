from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class FileKind(StrEnum):
    """What a file is to natsscan."""

    HASKELL = "haskell"


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file of the project: its path relative to the root with forward slashes, its kind and its bytes."""

    path: str
    kind: FileKind
    data: bytes
