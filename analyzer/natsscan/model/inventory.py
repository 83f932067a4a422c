"""The migration inventory: all that is known of a code base on its way from one messaging system to the other."""

from __future__ import annotations

from dataclasses import dataclass

from natsscan.model.checklist import Review
from natsscan.model.mapping import Mapping
from natsscan.model.order import Step
from natsscan.model.patch import Patch
from natsscan.model.report import Report


@dataclass(frozen=True, slots=True)
class FileDiff:
    """What a patch changes in one file: the lines of its hunks as a diff has them, with secrets struck out.

    Of a file that is removed it has none: nobody reviews them, and what they hold needs not be shown.
    """

    path: str
    lines: tuple[str, ...]
    is_new: bool = False
    is_removed: bool = False


@dataclass(frozen=True, slots=True)
class ShownPatch:
    """A patch and its diff, file by file; a manual one has none."""

    patch: Patch
    files: tuple[FileDiff, ...]


@dataclass(frozen=True, slots=True)
class Inventory:
    """A report, what it becomes on NATS, its patches, the order in which parts move, and a judged checklist if any."""

    report: Report
    mapping: Mapping
    patches: tuple[ShownPatch, ...]
    order: tuple[Step, ...]
    review: Review | None
