from __future__ import annotations

import os
from pathlib import Path


def user_folder(name: str) -> Path:
    """Return the folder of this name among what natsscan keeps for a user: in $XDG_CACHE_HOME, else in ~/.cache."""
    named = Path(os.environ.get("XDG_CACHE_HOME", ""))
    base = named if named.is_absolute() else Path(os.path.expanduser("~")) / ".cache"  # noqa: PTH111 - never raises
    return base / "natsscan" / name
