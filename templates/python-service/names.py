"""Values in subjects and names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any


def _filled(value: Any, holes: Mapping[str, str]) -> Any:
    """Return a configuration with the holes of its names filled."""
    if isinstance(value, dict):
        return {name: _filled(each, holes) for name, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, holes) for each in value]
    return re.sub(r"\{([^{}]*)\}", lambda hole: holes.get(hole[1], hole[0]), value) if isinstance(value, str) else value


def _token(word: str) -> str:
    """Return a value as one token of a subject: all but letters, digits, `_` and `-` is escaped, dots too."""
    return re.sub(rb"[^A-Za-z0-9_-]", lambda each: b"=%02X" % each[0][0], word.encode()).decode() or "=0"


def _words(key: str) -> str:
    """Return a value as tokens of a subject, one for each of its words between dots."""
    return ".".join(map(_token, key.split(".")))


def _below(root: str, key: str) -> str:
    """Return the subject of a whole routing key; the empty one has no word."""
    return f"{root}.{_words(key)}" if key else root
