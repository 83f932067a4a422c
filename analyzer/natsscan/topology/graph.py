"""A topology as a graph that pictures are drawn of."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from natsscan.model.topology import Topology
from natsscan.topology.flows import QueueFlow, queue_flows


class NodeKind(StrEnum):
    """What stands at a node; a service that does both is there twice, before the exchanges and behind the queues."""

    PUBLISHER = "publisher"
    EXCHANGE = "exchange"
    QUEUE = "queue"
    CONSUMER = "consumer"


@dataclass(frozen=True, slots=True, order=True)
class Node:
    """A node: `label` is its name, `detail` what else is worth a line in a picture."""

    kind: NodeKind
    label: str
    detail: str = ""


@dataclass(frozen=True, slots=True, order=True)
class Edge:
    """The way of messages from one node to another; `label` is the routing key or how they are settled."""

    source: Node
    target: Node
    label: str
    dead_letter: bool = False


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes and edges, sorted."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


def build_graph(topology: Topology) -> Graph:
    """Return the graph of a topology. Queues whose names differ in their holes only are one node."""
    exchanges = {
        exchange.name: Node(NodeKind.EXCHANGE, exchange.name, exchange.properties.get("exchange_type", ""))
        for exchange in topology.exchanges
        if exchange.name
    }
    queues = {_queue_node(flow): flow for flow in queue_flows(topology)}
    edges: set[Edge] = set()

    def exchange_node(name: str) -> Node:
        return exchanges.setdefault(name, Node(NodeKind.EXCHANGE, name, "declared elsewhere"))

    for publisher in topology.publishers:
        source = Node(NodeKind.PUBLISHER, publisher.service)
        if publisher.exchange:
            edges.add(Edge(source, exchange_node(publisher.exchange), publisher.routing_key))
    for passed in topology.exchange_bindings:
        edges.add(Edge(exchange_node(passed.source), exchange_node(passed.destination), passed.routing_key))
    for queue, flow in queues.items():
        for binding in flow.bindings:
            edges.add(Edge(exchange_node(binding.exchange), queue, binding.routing_key))
        for publisher in flow.publishers:
            if not publisher.exchange:
                edges.add(Edge(Node(NodeKind.PUBLISHER, publisher.service), queue, "by its name"))
        for consumer in flow.consumers:
            limit = f", prefetch {consumer.prefetch}" if consumer.prefetch else ""
            edges.add(Edge(queue, Node(NodeKind.CONSUMER, consumer.service), f"{consumer.ack}{limit}"))
        for declared in flow.declared:
            if declared.dead_letter and declared.dead_letter[0]:
                edges.add(Edge(queue, exchange_node(declared.dead_letter[0]), "dead letters", dead_letter=True))
    nodes = {*exchanges.values(), *queues, *(node for edge in edges for node in (edge.source, edge.target))}
    return Graph(tuple(sorted(nodes)), tuple(sorted(edges)))


def _queue_node(flow: QueueFlow) -> Node:
    arguments = flow.declared[-1].arguments if flow.declared else {}
    detail = ", ".join(f"{name.removeprefix('x-')} {text}" for name, text in arguments.items())
    return Node(NodeKind.QUEUE, flow.name, detail)
