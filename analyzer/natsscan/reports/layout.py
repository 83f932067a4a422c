"""Where the parts of a picture of a topology go: boxes in columns from left to right, labels on their lines.

A line is led through a point of its own in every column that it crosses, and through its label, so that nothing is
drawn over anything else. igraph (Sugiyama's method) orders and places what stands in a column.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from natsscan.catalog.escape import visible
from natsscan.topology.graph import Edge, Graph, Node, NodeKind

# All in px. A character of a monospaced font is 0.6 of its size wide, one of East Asian scripts twice that.
FONT_SIZE = 12
SMALL_FONT_SIZE = 10
_ASPECT = 0.6
_LONGEST = 34
_LABELS_SHOWN = 2
_MARGIN = 24
_PADDING = 14
_LINE = 16
_ROW_GAP = 10
_COLUMN_GAP = 36
# Lines that fan out to many need room to part in.
_FAN = 1.5
_WIDEST_FAN = 90

_FIRST = {NodeKind.PUBLISHER: 0, NodeKind.EXCHANGE: 1}


@dataclass(frozen=True, slots=True)
class Box:
    """A node: its middle, its size, its lines of text, the whole text to be shown on demand."""

    kind: NodeKind
    x: float
    y: float
    width: float
    height: float
    lines: tuple[str, ...]
    title: str


@dataclass(frozen=True, slots=True)
class Label:
    """The text on a line, with the middle and the size of the place it takes; `line` is the line's index."""

    x: float
    y: float
    width: float
    height: float
    text: str
    title: str
    line: int


@dataclass(frozen=True, slots=True)
class Line:
    """The way of messages, as the points that it goes through from source to target, horizontally in each of them.

    `source` and `target` are the indices of the boxes at its ends.
    """

    points: tuple[tuple[float, float], ...]
    dead_letter: bool
    source: int
    target: int


@dataclass(frozen=True, slots=True)
class Picture:
    """All that is drawn, and how large it is."""

    width: float
    height: float
    boxes: tuple[Box, ...] = ()
    labels: tuple[Label, ...] = ()
    lines: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class _Item:
    """What takes a place in a column: a node, a label, or the point where a line crosses the column."""

    column: int
    width: float
    height: float


def text_width(text: str, size: int) -> float:
    """Return how wide a text is in a monospaced font."""
    return size * _ASPECT * sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def shortened(text: str) -> str:
    """Return a text that fits into a box: of a long one the beginning and the end."""
    text = visible(text)
    if len(text) <= _LONGEST:
        return text
    head = _LONGEST // 2
    return f"{text[:head]}…{text[head + 1 - _LONGEST :]}"


def place(graph: Graph) -> Picture:
    """Return the picture of a graph. The same graph gives the same picture."""
    merged = _merged(graph.edges)
    columns = _columns(graph)
    lines_of = {node: _lines(node) for node in graph.nodes}
    items = [_Item(columns[node], *_size(node, lines_of[node])) for node in graph.nodes]
    index = {node: at for at, node in enumerate(graph.nodes)}
    edges: list[tuple[int, int]] = []
    ways: list[tuple[list[int], int | None, tuple[str, ...], bool]] = []
    for (source, target, dead_letter), labels in merged.items():
        first, last = sorted((index[source], index[target]), key=lambda at: (items[at].column, at != index[source]))
        way, label = _way(items, first, last, labels)
        edges += pairwise(way)
        ways.append((way if first == index[source] else way[::-1], label, labels, dead_letter))
    if not items:
        return Picture(0, 0)
    centres = _centres(items, _rows(items, edges))
    boxes = tuple(
        Box(node.kind, *centres[at], items[at].width, items[at].height, lines_of[node], _title(node))
        for at, node in enumerate(graph.nodes)
    )
    labels_at = tuple(
        Label(*centres[at], items[at].width, items[at].height, _label(labels), "\n".join(map(visible, labels)), line)
        for line, (_, at, labels, _) in enumerate(ways)
        if at is not None
    )
    lines = tuple(
        Line(tuple(_points(way, items, centres)), dead_letter, way[0], way[-1]) for way, _, _, dead_letter in ways
    )
    width = max(x + item.width / 2 for (x, _), item in zip(centres, items, strict=True)) + _MARGIN
    height = max(y + item.height / 2 for (_, y), item in zip(centres, items, strict=True)) + _MARGIN
    return Picture(width, height, boxes, labels_at, lines)


def _merged(edges: Iterable[Edge]) -> dict[tuple[Node, Node, bool], tuple[str, ...]]:
    """Return the edges, those between the same nodes as one with all their labels; none leads back to its node."""
    found: dict[tuple[Node, Node, bool], tuple[str, ...]] = {}
    for edge in edges:
        key = (edge.source, edge.target, edge.dead_letter)
        found[key] = (*found.get(key, ()), edge.label) if edge.label else found.get(key, ())
    return {key: labels for key, labels in found.items() if key[0] != key[1]}


def _columns(graph: Graph) -> dict[Node, int]:
    """Return the column of each node, every other one: between them are those of the labels.

    An exchange that gets messages from another one stands behind it, those that pass them round in a ring side by side.
    """
    depth = {node: _FIRST.get(node.kind, 0) for node in graph.nodes}
    between = [e for e in graph.edges if e.source.kind is e.target.kind is NodeKind.EXCHANGE and e.source != e.target]
    for _ in range(len({edge.target for edge in between})):
        for edge in between:
            if not _is_ring(edge, between):
                depth[edge.target] = max(depth[edge.target], depth[edge.source] + 1)
    last = max((depth[node] for node in graph.nodes if node.kind is NodeKind.EXCHANGE), default=0)
    for node in graph.nodes:
        if node.kind not in _FIRST:
            depth[node] = last + (1 if node.kind is NodeKind.QUEUE else 2)
    return {node: 2 * column for node, column in depth.items()}


def _is_ring(edge: Edge, edges: Sequence[Edge]) -> bool:
    """Tell whether an edge is part of a ring: its target leads back to its source."""
    reached = [edge.target]
    for node in reached:  # grows meanwhile
        reached += [other.target for other in edges if other.source == node and other.target not in reached]
    return edge.source in reached


def _way(items: list[_Item], first: int, last: int, labels: tuple[str, ...]) -> tuple[list[int], int | None]:
    """Return the items that a line goes through, and which of them is its label; adds those that are its own."""
    way, label = [first], None
    beside = items[first].column + 1
    for column in range(beside, items[last].column) or [beside]:  # nodes of one column are led past on the right
        width, height = 0.0, float(_ROW_GAP)
        if labels and label is None:
            label = len(items)
            width, height = text_width(_label(labels), SMALL_FONT_SIZE) + 8, float(SMALL_FONT_SIZE + 6)
        items.append(_Item(column, width, height))
        way.append(len(items) - 1)
    return [*way, last], label


def _rows(items: Sequence[_Item], edges: Sequence[tuple[int, int]]) -> list[float]:
    """Return where each item stands in its column, in rows; no two of a column are nearer than one row."""
    import igraph  # only pictures need it, and it has no types

    downwards = sorted(sorted(edge, key=lambda at: items[at].column) for edge in edges)
    graph = igraph.Graph(n=len(items), edges=downwards, directed=True)
    placed = graph.layout_sugiyama(layers=[item.column for item in items], maxiter=200)
    return [float(x) for x, _ in placed.coords[: len(items)]]


def _centres(items: Sequence[_Item], rows: Sequence[float]) -> list[tuple[float, float]]:
    """Return the middle of each item. A row is as high as it must be for no two items of a column to touch."""
    members: dict[int, list[int]] = {}
    for at, item in enumerate(items):
        members.setdefault(item.column, []).append(at)
    row = 1.0
    for column in members.values():
        column.sort(key=lambda at: rows[at])
        for above, below in pairwise(column):
            need = (items[above].height + items[below].height) / 2 + _ROW_GAP
            row = max(row, need / max(rows[below] - rows[above], 0.01))
    x, middles = float(_MARGIN), dict[int, float]()
    for number in sorted(members):
        width = max(items[at].width for at in members[number])
        most = max(len(members[number]), len(members.get(number + 1, ())))
        middles[number] = x + width / 2
        x += width + _COLUMN_GAP + min(most * _FAN, _WIDEST_FAN)
    top = min(rows[at] * row - items[at].height / 2 for at in range(len(items)))
    return [(middles[item.column], rows[at] * row - top + _MARGIN) for at, item in enumerate(items)]


def _points(
    way: Sequence[int], items: Sequence[_Item], centres: Sequence[tuple[float, float]]
) -> Iterator[tuple[float, float]]:
    """Yield the points that a line goes through: the sides of what is on its way, left to right or right to left."""
    forward = items[way[0]].column <= items[way[-1]].column
    back = items[way[0]].column == items[way[-1]].column
    for at in way:
        (x, y), half = centres[at], items[at].width / 2
        near, far = ((x - half, y), (x + half, y)) if forward else ((x + half, y), (x - half, y))
        if back and at == way[-1]:
            near = x + half, y
        if at != way[0]:
            yield near
        if at != way[-1] and (far != near or at == way[0]):
            yield far


def _size(node: Node, lines: tuple[str, ...]) -> tuple[float, float]:
    widths = [text_width(line, FONT_SIZE if at == 0 else SMALL_FONT_SIZE) for at, line in enumerate(lines)]
    slant = 2 * _PADDING if node.kind is NodeKind.EXCHANGE else _PADDING
    return max(widths) + _PADDING + slant, _LINE * len(lines) + 12


def _lines(node: Node) -> tuple[str, ...]:
    return tuple(shortened(text) for text in (node.label, node.detail) if text) or ("",)


def _title(node: Node) -> str:
    return visible(f"{node.kind} {node.label}" + (f": {node.detail}" if node.detail else ""))


def _label(labels: tuple[str, ...]) -> str:
    text = shortened(", ".join(labels[:_LABELS_SHOWN]))
    return text if len(labels) <= _LABELS_SHOWN else f"{text}, +{len(labels) - _LABELS_SHOWN} more"
