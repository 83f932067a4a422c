"""What stands beside files while they are written, and stays there if the process is killed."""

from __future__ import annotations

import os
import re
from hashlib import blake2b
from pathlib import Path

# What is to take a file's place, what the file was before, and which files of a folder are written together.
NEW, OLD = "natsscan-new", "natsscan-old"
RECORD = ".natsscan-unfinished"
_LEFTOVER = re.compile(rf"{re.escape(RECORD)}|\..+\.(?:{NEW}|{OLD})", re.DOTALL)
_LONGEST = 200  # bytes of a name; file systems take 255


def is_leftover(name: str) -> bool:
    """Tell whether a file of this name is one of these."""
    return _LEFTOVER.fullmatch(name) is not None


def beside(target: Path, what: str) -> Path:
    """Return the NEW or OLD of a file. Names that are too long to stand in the middle are told by a digest."""
    name = os.fsencode(target.name)
    middle = target.name if len(name) <= _LONGEST else blake2b(name, digest_size=16).hexdigest()
    return target.with_name(f".{middle}.{what}")
