"""A topology as text that other programs draw: Mermaid, which forges and wikis render, and Graphviz's DOT."""

from __future__ import annotations

from natsscan.catalog.escape import visible
from natsscan.topology.graph import Graph, Node, NodeKind

_MERMAID = {
    NodeKind.PUBLISHER: ('(["', '"])'),
    NodeKind.EXCHANGE: ('{{"', '"}}'),
    NodeKind.QUEUE: ('[("', '")]'),
    NodeKind.CONSUMER: ('(["', '"])'),
}
_DOT = {
    NodeKind.PUBLISHER: "shape=box, style=rounded",
    NodeKind.EXCHANGE: "shape=hexagon",
    NodeKind.QUEUE: "shape=cylinder",
    NodeKind.CONSUMER: "shape=box, style=rounded",
}


def mermaid(graph: Graph) -> str:
    """Return a graph as a Mermaid flowchart, from left to right."""
    names = _names(graph)
    lines = ["flowchart LR"]
    for node in graph.nodes:
        before, after = _MERMAID[node.kind]
        text = "<br/>".join(_mermaid_text(part) for part in (node.label, node.detail) if part)
        lines.append(f"  {names[node]}{before}{text}{after}")
    for edge in graph.edges:
        arrow = "-.->" if edge.dead_letter else "-->"
        label = f'|"{_mermaid_text(edge.label)}"|' if edge.label else ""
        lines.append(f"  {names[edge.source]} {arrow}{label} {names[edge.target]}")
    return "\n".join(lines) + "\n"


def dot(graph: Graph) -> str:
    """Return a graph in Graphviz's language."""
    names = _names(graph)
    lines = ["digraph topology {", "  rankdir=LR;", '  node [fontname="Helvetica"]; edge [fontname="Helvetica"];']
    for node in graph.nodes:
        text = "\\n".join(_dot_text(part) for part in (node.label, node.detail) if part)
        lines.append(f'  {names[node]} [label="{text}", {_DOT[node.kind]}];')
    for edge in graph.edges:
        style = ", style=dashed" if edge.dead_letter else ""
        lines.append(f'  {names[edge.source]} -> {names[edge.target]} [label="{_dot_text(edge.label)}"{style}];')
    return "\n".join([*lines, "}"]) + "\n"


def _names(graph: Graph) -> dict[Node, str]:
    return {node: f"{node.kind[0]}{at}" for at, node in enumerate(graph.nodes, start=1)}


def _mermaid_text(text: str) -> str:
    """Return a text as a Mermaid label shows it: what Mermaid would read as its own is written as an entity."""
    return "".join(f"#{ord(character)};" if character in '"#<>&`|' else character for character in visible(text))


def _dot_text(text: str) -> str:
    return visible(text).replace("\\", "\\\\").replace('"', '\\"')
