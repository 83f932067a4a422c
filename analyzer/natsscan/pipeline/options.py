"""What a scan is told, and the parts it has: before anything is imported that does it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from natsscan.source.read import MAX_FILE_SIZE

# Is told a stage, how many files are done in it, and how many there are; zero where that is not known.
Progress = Callable[[str, int, int], None]


class Side(StrEnum):
    """A part of a scan."""

    OTHERS = "files that are no programs"
    PROGRAMS = "programs"


@dataclass(frozen=True, slots=True)
class ScanOptions:
    """What a user may set: files to leave out (`.gitignore` syntax), the largest file read in bytes, the broker's own.

    `definitions` are files that say what the broker itself holds. `alone` keeps a scan in its own process: others run
    beside it.
    """

    exclude: tuple[str, ...] = ()
    max_file_size: int = MAX_FILE_SIZE
    definitions: tuple[Path, ...] = ()
    alone: bool = False
