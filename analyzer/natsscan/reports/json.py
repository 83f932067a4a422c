"""The JSON report, which other programs depend on. Its schema is generated from the structs here.

Within `schema_version` 1 fields are added but none is removed or changes its meaning.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from natsscan import __version__
from natsscan.catalog.escape import json_text
from natsscan.model.comparison import State
from natsscan.model.coverage import KindCoverage, Loss
from natsscan.model.finding import Category, Finding, Severity, Suppressed
from natsscan.model.mapping import Mapping
from natsscan.model.natsuse import NatsUse
from natsscan.model.outcome import Outcome
from natsscan.model.report import Report
from natsscan.model.source import FileKind
from natsscan.model.topology import Topology
from natsscan.model.usage import Argument, Operation, Provenance, Tier
from natsscan.reports.json_topology import TopologyEntry, topology_entry
from natsscan.reports.mapping import MappingEntry, mapping_entry
from natsscan.reports.place import Place
from natsscan.reports.totals import Totals, by_service, count


class Tool(msgspec.Struct, frozen=True):
    """What made the report; `rules_digest` changes when any rule does."""

    name: Literal["natsscan"]
    version: str
    rules_digest: str


class ProblemEntry(msgspec.Struct, frozen=True):
    """Something that could not be seen, or that people should look at; `line` is 0 where none is known."""

    path: str
    line: int
    loss: Loss
    reason: str


class CoverageEntry(msgspec.Struct, frozen=True):
    """What the scan looked at; `excluded` counts files left out by the name of the folder they are in."""

    files: dict[FileKind, KindCoverage]
    excluded: dict[str, int]
    problems: list[ProblemEntry]


class ArgumentEntry(msgspec.Struct, frozen=True):
    """An argument as written, where its value comes from, its run-time parts and where it stands.

    `values` are what it evaluates to: several if the code leaves open which, none if no more is known than the text.
    """

    text: str
    provenance: Provenance
    values: list[str]
    holes: list[str]
    at: list[Place]


class FindingEntry(msgspec.Struct, frozen=True):
    """A finding; `system` is the messaging system that it is about.

    Lines and columns count from 1, columns in code points, the end column exclusive.
    """

    fingerprint: str
    rule: str
    category: Category
    severity: Severity
    effort: int
    tier: Tier
    operation: Operation
    is_call: bool
    symbol: str
    library: str
    system: str
    definition: str | None
    service: str
    path: str
    line: int
    column: int
    end_line: int
    end_column: int
    message: str
    arguments: dict[str, ArgumentEntry]


class SuppressedEntry(msgspec.Struct, frozen=True):
    """A finding that a comment in the code sets aside; `line` is the comment's."""

    line: int
    reason: str
    finding: FindingEntry


class TotalsEntry(msgspec.Struct, frozen=True):
    """Findings about what is to be migrated counted, overall and per service.

    `targets` counts those about each system that others are migrated to, by its id, if there are any.
    """

    overall: Totals
    services: dict[str, Totals]
    targets: dict[str, Totals]


class StaleEntry(msgspec.Struct, frozen=True):
    """Uses that a baseline knows and that are gone: of one rule, in one definition or of one key, and how many."""

    path: str
    place: str
    rule: str
    count: int


class BaselineEntry(msgspec.Struct, frozen=True):
    """The report held against a baseline: fingerprints of findings that it does not know, and what is gone."""

    new: list[str]
    stale: list[StaleEntry]


class ReportDocument(msgspec.Struct, frozen=True):
    """The whole report. `root` is the name of the project's folder; all paths are relative to that folder."""

    schema_version: Literal[1]
    tool: Tool
    root: str
    scope: list[str]
    coverage: CoverageEntry
    findings: list[FindingEntry]
    suppressed: list[SuppressedEntry]
    topology: TopologyEntry
    mapping: MappingEntry
    totals: TotalsEntry
    baseline: BaselineEntry | None = None


def render(outcome: Outcome) -> str:
    """Return the report as JSON, indented, with a final newline; equal reports give equal text."""
    made = document(outcome.report, outcome.mapping)
    if outcome.states or outcome.stale:
        made = msgspec.structs.replace(made, baseline=_baseline(outcome))
    return json_text(made)


def render_topology(topology: Topology, nats: NatsUse) -> str:
    """Return the messaging system alone as JSON, in the shape that it has in the report."""
    return json_text(topology_entry(topology, nats))


def document(report: Report, mapping: Mapping) -> ReportDocument:
    """Return the report in the shape of the contract."""
    coverage = report.coverage
    return ReportDocument(
        schema_version=1,
        tool=tool(report),
        root=report.root,
        scope=list(report.scope),
        coverage=CoverageEntry(
            files=coverage.files,
            excluded=coverage.excluded,
            problems=[ProblemEntry(item.path, item.line, item.loss, item.reason) for item in coverage.problems],
        ),
        findings=[finding_entry(finding) for finding in report.findings],
        suppressed=[_suppressed(item) for item in report.suppressed],
        topology=topology_entry(report.topology, report.nats),
        mapping=mapping_entry(mapping),
        totals=totals_entry(report),
    )


def totals_entry(report: Report) -> TotalsEntry:
    """Return the totals of a report."""
    to_migrate = report.to_migrate.findings
    return TotalsEntry(
        overall=count(to_migrate),
        services={service: count(findings) for service, findings in by_service(to_migrate).items()},
        targets={system: count(found) for system in report.targets if (found := report.about(system))},
    )


def tool(report: Report) -> Tool:
    """Return what made a report."""
    return Tool("natsscan", __version__, report.rules_digest)


def schema() -> str:
    """Return the JSON Schema (draft 2020-12) of the report."""
    return json_schema(ReportDocument, "natsscan report, schema_version 1")


def json_schema(document: type[msgspec.Struct], title: str) -> str:
    """Return the JSON Schema (draft 2020-12) of a document."""
    generated: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        **msgspec.json.schema(document),
    }
    return msgspec.json.format(msgspec.json.encode(generated, order="deterministic"), indent=2).decode() + "\n"


def finding_entry(finding: Finding) -> FindingEntry:
    """Return a finding in the shape that it has in every JSON output."""
    usage, span = finding.usage, finding.usage.span
    return FindingEntry(
        fingerprint=finding.fingerprint,
        rule=finding.rule,
        category=finding.category,
        severity=finding.severity,
        effort=finding.effort,
        tier=usage.tier,
        operation=usage.operation,
        is_call=usage.is_call,
        symbol=usage.symbol,
        library=usage.library,
        system=finding.system,
        definition=usage.definition,
        service=usage.service,
        path=span.path,
        line=span.line,
        column=span.column,
        end_line=span.end_line,
        end_column=span.end_column,
        message=finding.message,
        arguments={argument.name: _argument(argument) for argument in usage.arguments},
    )


def _argument(argument: Argument) -> ArgumentEntry:
    at = [Place(argument.span.path, argument.span.line)] if argument.span else []
    values = list(argument.value.texts) if argument.value else []
    holes = [hole.key or hole.name for hole in argument.value.holes] if argument.value else []
    return ArgumentEntry(argument.text, argument.provenance, values, holes, at)


def _baseline(outcome: Outcome) -> BaselineEntry:
    new = [f.fingerprint for f in outcome.report.findings if outcome.states.get(f.fingerprint) is State.NEW]
    return BaselineEntry(new, [StaleEntry(each.path, each.place, each.rule, each.count) for each in outcome.stale])


def _suppressed(item: Suppressed) -> SuppressedEntry:
    return SuppressedEntry(item.line, item.reason, finding_entry(item.finding))
