from __future__ import annotations

from natsscan.model.mapping import Fidelity

# How people call what becomes of a property.
FIDELITY = {
    Fidelity.NONE: "lost",
    Fidelity.APPROX: "changed",
    Fidelity.CONFIG: "kept by configuration",
    Fidelity.EXACT: "the same",
}


def number(count: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun: `1 file`, `2,000 files`; `plural` is given where it is not the noun with an s."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"
