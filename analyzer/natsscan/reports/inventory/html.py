"""The inventory as one page that needs nothing else."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from natsscan import __version__
from natsscan.catalog.escape import visible
from natsscan.model.inventory import Inventory
from natsscan.model.patch import Applicability
from natsscan.nats.artifacts.document import duration
from natsscan.reports.checklist import WORDS
from natsscan.reports.checklist_files import with_code
from natsscan.reports.fidelity import FIDELITY
from natsscan.reports.inventory.data import APPLICABILITY, facets, page_data
from natsscan.reports.inventory.glossary import load_glossary, used_in
from natsscan.reports.inventory.ids import Ids
from natsscan.reports.inventory.parts import parts_of
from natsscan.reports.inventory.templates import Templates
from natsscan.reports.inventory.words import excerpts, stream_traits
from natsscan.reports.layout import FONT_SIZE, SMALL_FONT_SIZE, place
from natsscan.reports.picture import hexagon, path, px
from natsscan.reports.topology import traits
from natsscan.topology.graph import NodeKind, build_graph

PAGE = "inventory.html"
_SERVICES = (NodeKind.PUBLISHER, NodeKind.CONSUMER)


def render(inventory: Inventory, templates: Path | None = None) -> str:
    """Return the page. Raises InputError for a broken template in the folder `templates`."""
    own = Templates(templates)
    parts, report = parts_of(inventory), inventory.report
    graph, ids = build_graph(report.topology), Ids(parts)
    terms = load_glossary(own.file("glossary.yaml"))
    picture = place(graph)
    shown = [ids.of("service" if n.kind in _SERVICES else n.kind.value, n.label) for n in graph.nodes]
    nodes = [(at, box, id_) for at, (box, id_) in enumerate(zip(picture.boxes, shown, strict=True))]
    filters: dict[str, Callable[..., object]] = {
        "px": px,
        "path": path,
        "hexagon": hexagon,
        "code": with_code,
        "duration": duration,
        "sha256": digest,
        "traits": traits,
        "visible": visible,
        "stream_traits": stream_traits,
    }
    values = {
        "parts": parts,
        "report": report,
        "mapping": inventory.mapping,
        "review": inventory.review,
        "targets": " and ".join(report.targets.values()),
        "version": __version__,
        "picture": picture,
        "nodes": sorted(nodes, key=lambda each: (each[1].x, each[1].y)),  # as people read them
        "font_size": FONT_SIZE,
        "small": SMALL_FONT_SIZE,
        "id_of": ids.of,
        "line_at": excerpts(report),
        "data": page_data(inventory),
        "facets": facets(inventory),
        "glossary": lambda text: used_in(terms, text),
        "fidelity": FIDELITY,
        "applicability": APPLICABILITY,
        "manual": Applicability.MANUAL,
        "statuses": WORDS,
    }
    return own.render(PAGE, filters, values)


def digest(text: str) -> str:
    """Return the digest by which a policy lets a script run."""
    return b64encode(sha256(text.encode()).digest()).decode()
