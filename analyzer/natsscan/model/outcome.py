from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from natsscan.model.baseline import Known
    from natsscan.model.checklist import Review
    from natsscan.model.comparison import Comparison, State
    from natsscan.model.finding import Finding
    from natsscan.model.mapping import Mapping
    from natsscan.model.patch import Patch
    from natsscan.model.report import Report
    from natsscan.model.rule import RulePage


def _hidden(path: str, line: str) -> str:
    """Return nothing of a line: who makes an outcome says what may be shown."""
    del path, line
    return "***"


@dataclass(frozen=True)
class Outcome:
    """What the output formats are made of: a report, what it becomes on NATS, and the patches for it.

    `read` gives the bytes of a file of the tree that was scanned, None if there is none. `make_mapping` and
    `make_patches` are called once, by the first format that shows what they make: patches take as long as the scan.
    `states` tells how findings stand to a baseline or to the state before a change, by their fingerprints; it is empty
    if nothing was compared. `gone` are findings that are there no more, `stale` entries of a baseline
    that are. `comparison` is the change that is looked at,
    if one is. `review` is a checklist held against the tree, if there is one. `redact` returns a line of the file at a
    path with the secrets in it struck out. `make_rules` gives the rules about what is to be migrated, by their ids.
    """

    report: Report
    read: Callable[[str], bytes | None]
    make_mapping: Callable[[], Mapping]
    make_patches: Callable[[Mapping], tuple[Patch, ...]]
    states: dict[str, State] = field(default_factory=dict)
    gone: tuple[Finding, ...] = ()
    stale: tuple[Known, ...] = ()
    comparison: Comparison | None = None
    review: Review | None = None
    redact: Callable[[str, str], str] = _hidden
    make_rules: Callable[[], tuple[RulePage, ...]] = tuple

    @cached_property
    def mapping(self) -> Mapping:
        """What the messaging system becomes on NATS."""
        return self.make_mapping()

    @cached_property
    def patches(self) -> tuple[Patch, ...]:
        """The patches of all stages, tried."""
        return self.make_patches(self.mapping)
