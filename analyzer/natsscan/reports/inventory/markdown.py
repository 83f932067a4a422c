"""The inventory as a document in Markdown, as forges and wikis render it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path

from markupsafe import escape

from natsscan import __version__
from natsscan.catalog.escape import visible
from natsscan.catalog.markdown import Safe, cell, code, prose_with_code
from natsscan.model.finding import Finding, Severity
from natsscan.model.inventory import FileDiff, Inventory, ShownPatch
from natsscan.model.patch import Applicability
from natsscan.model.span import Span
from natsscan.nats.artifacts.document import duration
from natsscan.reports.checklist import WORDS
from natsscan.reports.diagrams import mermaid
from natsscan.reports.fidelity import FIDELITY
from natsscan.reports.inventory.data import APPLICABILITY
from natsscan.reports.inventory.glossary import load_glossary, used_in
from natsscan.reports.inventory.parts import parts_of
from natsscan.reports.inventory.templates import Templates
from natsscan.reports.inventory.words import stream_traits
from natsscan.reports.topology import traits
from natsscan.reports.totals import by_service
from natsscan.topology.graph import Graph, build_graph

DOCUMENT = "inventory.md"
# Mermaid draws no more than that unless it is set up otherwise, and forges do not.
_MOST_ARROWS = 500
_MOST_TEXT = 50_000
_BAR = 20
_MOST_PLACES = 5


@dataclass(frozen=True, slots=True)
class Said:
    """What is said of one or several places of a file in the same words."""

    severity: Severity
    operation: str
    message: str
    findings: tuple[Finding, ...]


def render(inventory: Inventory, templates: Path | None = None) -> str:
    """Return the document. Raises InputError for a broken template in the folder `templates`."""
    own = Templates(templates)
    parts, report = parts_of(inventory), inventory.report
    terms = load_glossary(own.file("glossary.yaml"))
    filters: dict[str, Callable[..., object]] = {
        "c": code,
        "cell": cell,
        "html": _html,
        "diff": _diff,
        "places": places_of,
        "tasks": prose_with_code,
        "task_cell": partial(prose_with_code, span=cell),
        "duration": duration,
        "traits": traits,
        "stream_traits": stream_traits,
        "safe": Safe,
    }
    values = {
        "parts": parts,
        "report": report,
        "mapping": inventory.mapping,
        "review": inventory.review,
        "targets": " and ".join(report.targets.values()),
        "version": __version__,
        "picture": _picture(build_graph(report.topology)),
        "findings": _grouped(report.findings),
        "by_hand": _by_hand,
        "glossary": lambda text: used_in(terms, text),
        "bar": bar,
        "fidelity": FIDELITY,
        "applicability": APPLICABILITY,
        "manual": Applicability.MANUAL,
        "statuses": WORDS,
    }
    return own.render(DOCUMENT, filters, values)


def _picture(graph: Graph) -> Safe:
    """Return a graph as Mermaid; nothing if it has no arrows, or more than forges draw."""
    text = mermaid(graph)
    return Safe(text if 0 < len(graph.edges) <= _MOST_ARROWS and len(text) <= _MOST_TEXT else "")


def _grouped(findings: Iterable[Finding]) -> dict[str, dict[str, tuple[Said, ...]]]:
    """Group findings by service and file; what is said of several lines of a file is said once."""
    return {
        service: {
            path: _said(tuple(each)) for path, each in groupby(group, key=lambda finding: finding.usage.span.path)
        }
        for service, group in by_service(sorted(findings, key=lambda finding: finding.usage.span)).items()
    }


def _said(findings: Iterable[Finding]) -> tuple[Said, ...]:
    groups: dict[tuple[Severity, str, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.severity, finding.usage.operation.value, finding.message), []).append(finding)
    return tuple(Said(*key, tuple(each)) for key, each in groups.items())


def _by_hand(patches: Iterable[ShownPatch]) -> dict[str, list[int]]:
    """Return the lines of each file that patches without edits are about."""
    found: dict[str, set[int]] = {}
    for shown in patches:
        for span in shown.patch.at:
            found.setdefault(span.path, set()).add(span.line)
    return {path: sorted(found[path]) for path in sorted(found)}


def bar(part: int, whole: int) -> Safe:
    """Return a bar that shows how much of a whole there is."""
    full = _BAR * part // whole if whole else 0
    return Safe("█" * full + "░" * (_BAR - full))


def _html(text: object) -> Safe:
    """Return text for a line of HTML, where no Markdown is read: as code, in which nobody is mentioned."""
    return Safe(f"<code>{escape(visible(str(text)))}</code>")


def places_of(spans: Iterable[Span]) -> Safe:
    """Return places as code spans; of many the first."""
    spans = tuple(spans)
    shown = ", ".join(code(f"{span.path}:{span.line}") for span in spans[:_MOST_PLACES])
    return Safe(f"{shown} and {len(spans) - _MOST_PLACES} more" if len(spans) > _MOST_PLACES else shown)


def _diff(file: FileDiff) -> Safe:
    """Return the diff of a file in a fence that is longer than any in it.

    Of the lines around a change only the nearest are kept: GitHub renders no document of more than 512 KB.
    """
    changed = {at for at, line in enumerate(file.lines) if not line.startswith(" ")}
    lines = [visible(line) for at, line in enumerate(file.lines) if {at - 1, at, at + 1} & changed]
    longest = max((len(line) - len(line.lstrip("`")) for line in (each[1:].lstrip() for each in lines)), default=0)
    fence = "`" * max(3, longest + 1)
    return Safe("\n".join([f"{fence}diff", *lines, fence]))
