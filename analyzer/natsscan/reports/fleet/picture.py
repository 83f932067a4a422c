"""Which repositories send to which, as a picture that people can still read: it shows the busiest of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from natsscan.reports.fleet.parts import Parts
from natsscan.reports.layout import Picture, place
from natsscan.reports.words import number
from natsscan.topology.graph import Edge, Graph, Node, NodeKind

_MOST_BOXES = 40
# Each line takes a row of its own: a picture of more of them would be too high to be read.
_MOST_WAYS = 60


@dataclass(frozen=True, slots=True)
class Drawn:
    """The picture, the repository of each box, and what is left out: repositories, and ways between two of them."""

    picture: Picture
    names: tuple[str, ...]
    left_out: int
    ways_left_out: int


def draw(parts: Parts) -> Drawn:
    """Return the picture: who sends is on the left, who gets on the right; who does both is there twice."""
    busy: Counter[str] = Counter()
    for (source, target), queues in parts.sends.items():
        busy[source] += queues
        busy[target] += queues
    shown: list[tuple[str, str]] = []
    boxes: set[tuple[NodeKind, str]] = set()
    for source, target in sorted(
        parts.sends, key=lambda pair: (-busy[pair[0]] - busy[pair[1]], -parts.sends[pair], pair)
    ):
        more = boxes | {(NodeKind.PUBLISHER, source), (NodeKind.CONSUMER, target)}
        if len(more) <= _MOST_BOXES and len(shown) < _MOST_WAYS:
            boxes = more
            shown.append((source, target))
    edges = [
        Edge(
            Node(NodeKind.PUBLISHER, source),
            Node(NodeKind.CONSUMER, target),
            number(parts.sends[source, target], "queue"),
        )
        for source, target in shown
    ]
    nodes = tuple(sorted({node for edge in edges for node in (edge.source, edge.target)}))
    drawn = {name for pair in shown for name in pair}
    return Drawn(
        picture=place(Graph(nodes, tuple(sorted(edges)))),
        names=tuple(node.label for node in nodes),
        left_out=len(busy.keys() - drawn),
        ways_left_out=len(parts.sends) - len(shown),
    )
