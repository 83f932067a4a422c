from __future__ import annotations

from dataclasses import dataclass, replace

from natsscan.model.coverage import Coverage
from natsscan.model.finding import Finding, Suppressed
from natsscan.model.natsuse import NatsUse
from natsscan.model.topology import Topology


@dataclass(frozen=True, slots=True)
class Report:
    """All that a scan has to say. `root` is the name of the project's folder; `scope` the paths it is about.

    `targets` are the systems that others are migrated to, each with what people call it; `nats` is what programs do on
    NATS already.
    """

    root: str
    scope: tuple[str, ...]
    rules_digest: str
    coverage: Coverage
    findings: tuple[Finding, ...]
    suppressed: tuple[Suppressed, ...]
    topology: Topology
    targets: dict[str, str]
    nats: NatsUse

    @property
    def to_migrate(self) -> Report:
        """The report without findings about the systems that others are migrated to."""
        return replace(self, findings=tuple(f for f in self.findings if f.system not in self.targets))

    def about(self, system: str) -> tuple[Finding, ...]:
        """Return the findings about one system."""
        return tuple(finding for finding in self.findings if finding.system == system)
