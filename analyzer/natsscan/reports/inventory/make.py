from __future__ import annotations

from collections.abc import Callable

from natsscan.model.inventory import FileDiff, Inventory, ShownPatch
from natsscan.model.outcome import Outcome
from natsscan.model.patch import Patch
from natsscan.nats.order import migration_order
from natsscan.reports.patches import file_diffs

_HUNK = "@@ "


def make_inventory(outcome: Outcome) -> Inventory:
    """Return the inventory of an outcome. A checklist is in it if the outcome has one."""
    report = outcome.report
    return Inventory(
        report=report,
        mapping=outcome.mapping,
        patches=tuple(_shown(patch, outcome.read, outcome.redact) for patch in outcome.patches),
        order=migration_order(report.topology, report.to_migrate.findings),
        review=outcome.review,
    )


def _shown(patch: Patch, read: Callable[[str], bytes | None], redact: Callable[[str, str], str]) -> ShownPatch:
    diffs = file_diffs(patch, {path: read(path) for path in patch.paths}, lambda _: False)
    new, gone = {each.path for each in patch.creates}, {each.path for each in patch.removes}
    return ShownPatch(
        patch,
        tuple(
            FileDiff(path, () if path in gone else _lines(path, diff, redact), path in new, path in gone)
            for path, diff in diffs.items()
        ),
    )


def _lines(path: str, diff: bytes, redact: Callable[[str, str], str]) -> tuple[str, ...]:
    """Return the lines of a file's diff from its first hunk on; what stands above it is no part of the file."""
    lines = diff.decode(errors="replace").split("\n")[:-1]
    first = next((at for at, line in enumerate(lines) if line.startswith(_HUNK)), len(lines))
    return tuple(line[:1] + redact(path, line[1:].rstrip("\r")) for line in lines[first:])
