from __future__ import annotations

from itertools import combinations
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from natsscan.reports.layout import Box, Label, Picture, place
from natsscan.reports.picture import svg
from natsscan.topology.graph import Edge, Graph, Node, NodeKind

SVG = "{http://www.w3.org/2000/svg}"
P, E, Q, C = NodeKind.PUBLISHER, NodeKind.EXCHANGE, NodeKind.QUEUE, NodeKind.CONSUMER


def graph(*edges: Edge) -> Graph:
    nodes = {node for edge in edges for node in (edge.source, edge.target)}
    return Graph(tuple(sorted(nodes)), tuple(sorted(edges)))


def large() -> Graph:
    """Thirty queues of three exchanges, with dead letters and long names."""
    dead = Node(E, "dead", "fanout")
    edges = []
    for at in range(30):
        exchange = Node(E, f"exchange-{at % 3}", "topic")
        queue = Node(Q, f"orders.of.a.region.with.a.long.name.{at}", "queue-type quorum" if at % 2 else "")
        edges += [
            Edge(Node(P, f"publisher-{at % 5}"), exchange, f"orders.{at}"),
            Edge(exchange, queue, f"orders.{at}.#"),
            Edge(queue, Node(C, f"consumer-{at % 7}"), "Ack, prefetch 10"),
            Edge(queue, dead, "dead letters", dead_letter=True),
        ]
    edges += [Edge(dead, Node(Q, "lost"), ""), Edge(Node(P, "direct"), Node(Q, "lost"), "by its name")]
    return graph(*edges)


def ring() -> Graph:
    a, b, c = (Node(E, name) for name in "abc")
    return graph(Edge(a, b, "x"), Edge(b, a, "y"), Edge(b, c, ""), Edge(c, c, "self"), Edge(c, Node(Q, "q"), ""))


def overlap(one: Box | Label, other: Box | Label) -> bool:
    apart = abs(one.x - other.x) >= (one.width + other.width) / 2
    return not apart and abs(one.y - other.y) < (one.height + other.height) / 2


def check(shown: Picture, of: Graph) -> None:
    assert {box.title.split(":")[0] for box in shown.boxes} >= {f"{n.kind} {n.label}" for n in of.nodes if n.label}
    assert len(shown.boxes) == len(of.nodes)
    for one, other in combinations((*shown.boxes, *shown.labels), 2):
        assert not overlap(one, other), f"{one} {other}"
    for item in (*shown.boxes, *shown.labels):
        assert item.x - item.width / 2 >= 0
        assert item.x + item.width / 2 <= shown.width
        assert item.y - item.height / 2 >= 0
        assert item.y + item.height / 2 <= shown.height
    sides = {(box.x + sign * box.width / 2, box.y) for box in shown.boxes for sign in (-1, 1)}
    for line in shown.lines:
        assert line.points[0] in sides
        assert line.points[-1] in sides
        for x, y in line.points[1:-1]:
            assert not any(abs(x - box.x) < box.width / 2 and abs(y - box.y) < box.height / 2 for box in shown.boxes)


@pytest.mark.parametrize("made", [large(), ring(), graph(Edge(Node(P, "a"), Node(Q, "b"), ""))])
def test_nothing_is_drawn_over_anything_else(made: Graph) -> None:
    check(place(made), made)


NODES = st.builds(Node, st.sampled_from(NodeKind), st.text("ab{.é漢", max_size=40), st.sampled_from(["", "topic"]))
EDGES = st.builds(Edge, NODES, NODES, st.text("xy.#", max_size=50), st.booleans())


@settings(deadline=None, max_examples=60)
@given(st.lists(EDGES, max_size=12), st.lists(NODES, max_size=4))
def test_any_graph_can_be_drawn(edges: list[Edge], alone: list[Node]) -> None:
    nodes = {node for edge in edges for node in (edge.source, edge.target)} | {*alone}
    made = Graph(tuple(sorted(nodes)), tuple(sorted({*edges})))
    check(place(made), made)
    ElementTree.fromstring(svg(made, "t"))


def test_the_picture_is_the_same_each_time() -> None:
    assert svg(large(), "t") == svg(large(), "t")


def test_lines_between_the_same_two_are_one_with_all_their_labels() -> None:
    source, target = Node(P, "shop"), Node(E, "orders")
    shown = place(graph(*(Edge(source, target, f"key.{at}") for at in range(5))))
    (label,) = shown.labels
    assert label.text == "key.0, key.1, +3 more"
    assert label.title.splitlines() == [f"key.{at}" for at in range(5)]
    assert len(shown.lines) == 1


def test_dead_letters_lead_back_and_are_drawn_otherwise() -> None:
    queue, dead = Node(Q, "jobs"), Node(E, "dead")
    shown = place(graph(Edge(queue, dead, "dead letters", dead_letter=True), Edge(dead, queue, "again")))
    back = next(line for line in shown.lines if line.dead_letter)
    assert back.points[0][0] > back.points[-1][0]
    assert 'class="line dead"' in svg(graph(Edge(queue, dead, "", dead_letter=True)), "t")


def test_names_are_only_text() -> None:
    name = '</text><script>alert("1")</script>&\x1b[31m\u202e'
    root = ElementTree.fromstring(svg(graph(Edge(Node(P, name), Node(Q, "q"), name)), name))
    assert not list(root.iter(f"{SVG}script"))
    assert any("<script>" in (text.text or "") or "<scri" in (text.text or "") for text in root.iter(f"{SVG}text"))
    assert any("\\x1b[31m\\u202e" in (title.text or "") for title in root.iter(f"{SVG}title"))


def test_nothing_found_is_said() -> None:
    assert "No exchange, queue, publisher or consumer found." in svg(Graph((), ()), "t")
