from __future__ import annotations

from dataclasses import dataclass

from natsscan.model.coverage import Coverage
from natsscan.model.finding import Finding, Suppressed
from natsscan.model.topology import Topology


@dataclass(frozen=True, slots=True)
class Report:
    """All that a scan has to say. `root` is the name of the project's folder; `scope` the paths it is about."""

    root: str
    scope: tuple[str, ...]
    rules_digest: str
    coverage: Coverage
    findings: tuple[Finding, ...]
    suppressed: tuple[Suppressed, ...]
    topology: Topology
