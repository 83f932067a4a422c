"""A baseline as a file that people review: by file, definition and rule, with counts."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from natsscan.catalog.yamlfile import YamlFile, yaml_text
from natsscan.model.baseline import Known
from natsscan.model.marks import BASELINE

_HEAD = f"""{BASELINE}
# Uses of the broker that are known, by file, definition or key, and rule. `natsscan PATH --baseline FILE` fails if
# there is one more, and if one of these is gone; `natsscan baseline PATH -o FILE --prune` takes out what is gone.
"""


class _Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: Literal[1]
    known: dict[str, dict[str, dict[str, Annotated[int, msgspec.Meta(ge=1)]]]]


def read_baseline(path: Path) -> tuple[Known, ...]:
    """Read a baseline. Raises InputError, with the line, for a file that is none."""
    document = YamlFile(path).convert(_Document)
    return tuple(
        sorted(
            Known(file, place, rule, count)
            for file, places in document.known.items()
            for place, rules in places.items()
            for rule, count in rules.items()
        )
    )


def write_baseline(baseline: Iterable[Known]) -> str:
    """Return the text of a baseline; equal baselines give equal texts, and one entry is a line of its own."""
    known = {
        path: {
            place: {entry.rule: entry.count for entry in same}
            for place, same in groupby(entries, key=lambda entry: entry.place)
        }
        for path, entries in groupby(sorted(baseline), key=lambda entry: entry.path)
    }
    document = {"version": 1, "known": known}
    return _HEAD + yaml_text(document, width=10_000, default_flow_style=None)
