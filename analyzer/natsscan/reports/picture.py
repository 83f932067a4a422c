"""A topology as a picture: one SVG that needs nothing else."""

from __future__ import annotations

from itertools import pairwise

from natsscan.catalog.escape import visible
from natsscan.catalog.templates import environment
from natsscan.reports.layout import FONT_SIZE, SMALL_FONT_SIZE, Box, Line, place, text_width
from natsscan.topology.graph import Graph, NodeKind

_LEGEND_GAP = 34
_EMPTY = "No exchange, queue, publisher or consumer found."
_SLANT = 10


def svg(graph: Graph, title: str) -> str:
    """Return a graph as SVG. Names are those of scanned code: all text is escaped."""
    picture = place(graph)
    templates = environment(html=True, final_newline=True)
    templates.filters |= {"hexagon": hexagon, "path": path, "px": px}
    kinds = [kind for kind in NodeKind if any(box.kind is kind for box in picture.boxes)]
    legend = [(kind, 24 + at * 120) for at, kind in enumerate(kinds)]
    return templates.get_template("topology.svg").render(
        picture=picture,
        title=visible(title),
        empty=_EMPTY,
        legend=legend,
        dead_letters=24 + len(kinds) * 120 if any(line.dead_letter for line in picture.lines) else None,
        width=max(picture.width, 24 + (len(kinds) + 1) * 120, text_width(_EMPTY, FONT_SIZE) + 48),
        height=picture.height + _LEGEND_GAP + (24 if not picture.boxes else 0),
        font_size=FONT_SIZE,
        small=SMALL_FONT_SIZE,
    )


def px(number: float) -> str:
    """Return a length as SVG has it."""
    return f"{number:.1f}".removesuffix(".0")


def hexagon(box: Box) -> str:
    """Return the corners of a box with pointed sides."""
    half, top, bottom = box.width / 2, box.y - box.height / 2, box.y + box.height / 2
    outer, inner = (box.x - half, box.x + half), (box.x - half + _SLANT, box.x + half - _SLANT)
    above, below = [(x, top) for x in inner], [(x, bottom) for x in reversed(inner)]
    corners = [(outer[0], box.y), *above, (outer[1], box.y), *below]
    return " ".join(f"{px(x)},{px(y)}" for x, y in corners)


def path(line: Line) -> str:
    """Return the path of a line: between its points it bends, and is horizontal in each of them."""
    start = line.points[0]
    pieces = [f"M{px(start[0])} {px(start[1])}"]
    for (x, y), (to_x, to_y) in pairwise(line.points):
        middle = (x + to_x) / 2
        bend = f"C{px(middle)} {px(y)} {px(middle)} {px(to_y)} {px(to_x)} {px(to_y)}"
        pieces.append(bend if y != to_y else f"H{px(to_x)}")
    return " ".join(pieces)
