"""A fleet as one page that needs nothing else, and stays usable when it is large."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

from natsscan import __version__
from natsscan.catalog.escape import visible
from natsscan.model.fleet import Fleet
from natsscan.model.mapping import Fidelity
from natsscan.reports.fleet import burndown
from natsscan.reports.fleet.data import page_data
from natsscan.reports.fleet.parts import parts_of
from natsscan.reports.fleet.picture import draw
from natsscan.reports.fleet.templates import templates
from natsscan.reports.fleet.words import answer, kept
from natsscan.reports.inventory.html import digest
from natsscan.reports.layout import FONT_SIZE, SMALL_FONT_SIZE
from natsscan.reports.picture import hexagon, path, px

PAGE = "fleet.html"
_HEAVIEST = 12
_SHOWN = 8
_MOST_DAYS = 60


def render(fleet: Fleet) -> str:
    """Return the page."""
    parts = parts_of(fleet)
    drawn = draw(parts)
    nodes = [
        (at, box, _part("repository", name))
        for at, (box, name) in enumerate(zip(drawn.picture.boxes, drawn.names, strict=True))
    ]
    filters: dict[str, Callable[..., object]] = {
        "px": px,
        "path": path,
        "hexagon": hexagon,
        "sha256": digest,
        "commas": lambda count: f"{count:,}",
        "part": _part,
    }
    values = {
        "fleet": fleet,
        "parts": parts,
        "answer": answer(parts),
        "kept": kept(parts),
        "lost": parts.properties(Fidelity.NONE),
        "heaviest": parts.heaviest(_HEAVIEST),
        "shown": _SHOWN,
        "charts": burndown.charts(fleet.history),
        "chart_width": burndown.WIDTH,
        "chart_height": burndown.HEIGHT,
        "history": fleet.history[-_MOST_DAYS:],
        "unread": [each for each in parts.repositories if each.scanned.unread],
        "drawn": drawn,
        "picture": drawn.picture,
        "nodes": sorted(nodes, key=lambda each: (each[1].x, each[1].y)),  # as people read them
        "font_size": FONT_SIZE,
        "small": SMALL_FONT_SIZE,
        "data": page_data(parts),
        "version": __version__,
    }
    return templates().render(PAGE, filters, values)


def _part(kind: str, name: str) -> str:
    """Return what the page calls a repository or a queue in its address."""
    return f"{kind}:{quote(visible(name), safe='')}"
