"""What functions say of properties that must survive, and how each is kept."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from natsscan.model.mapping import Fidelity, Gap


def gap_texts(gaps: Iterable[Gap], shown: Callable[[str], str], fits: Callable[[str], bool]) -> list[str]:
    """Return a text for each gap, with as many sentences of its advice as fit; `shown` makes text fit its place."""
    found: list[str] = []
    for gap in {gap.rule: gap for gap in gaps}.values():
        value = f" {gap.value}" if gap.value.isdigit() and gap.value not in gap.property else ""
        kept = gap.feature or ("nothing keeps it" if gap.fidelity is Fidelity.NONE else "")
        text = shown(f"{gap.property}{value}{': ' if kept else ''}{kept}.")
        for sentence in re.split(r"(?<=[.?!]) +(?=[A-Z`])", gap.advice):
            longer = f"{text} {shown(sentence)}"
            if not fits(longer):
                break
            text = longer
        found.append(text)
    return found
