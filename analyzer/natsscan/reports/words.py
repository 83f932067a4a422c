from __future__ import annotations


def number(count: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun: `1 file`, `2,000 files`; `plural` is given where it is not the noun with an s."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"
