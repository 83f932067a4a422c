"""A topology as a graph that pictures are drawn of."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from natsscan.model.topology import SERVER_NAMED, Topology
from natsscan.topology.flows import bindings_of, consumers_of, publishers_to, queue_names
from natsscan.topology.shapes import shape


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
    details = {
        shape(queue.name or SERVER_NAMED): ", ".join(f"{k.removeprefix('x-')} {v}" for k, v in queue.arguments.items())
        for queue in topology.queues
    }
    queues = {shape(name): Node(NodeKind.QUEUE, name, details.get(shape(name), "")) for name in queue_names(topology)}
    edges: set[Edge] = set()

    def exchange_node(name: str) -> Node:
        return exchanges.setdefault(name, Node(NodeKind.EXCHANGE, name, "declared elsewhere"))

    for publisher in topology.publishers:
        source = Node(NodeKind.PUBLISHER, publisher.service)
        if publisher.exchange:
            edges.add(Edge(source, exchange_node(publisher.exchange), publisher.routing_key))
    for passed in topology.exchange_bindings:
        edges.add(Edge(exchange_node(passed.source), exchange_node(passed.destination), passed.routing_key))
    for known_as, queue in queues.items():
        for binding in bindings_of(topology, queue.label):
            edges.add(Edge(exchange_node(binding.exchange), queue, binding.routing_key))
        for publisher in publishers_to(topology, queue.label):
            if not publisher.exchange:
                edges.add(Edge(Node(NodeKind.PUBLISHER, publisher.service), queue, "by its name"))
        for consumer in consumers_of(topology, queue.label):
            limit = f", prefetch {consumer.prefetch}" if consumer.prefetch else ""
            edges.add(Edge(queue, Node(NodeKind.CONSUMER, consumer.service), f"{consumer.ack}{limit}"))
        for declared in topology.queues:
            if shape(declared.name or SERVER_NAMED) == known_as and declared.dead_letter and declared.dead_letter[0]:
                edges.add(Edge(queue, exchange_node(declared.dead_letter[0]), "dead letters", dead_letter=True))
    nodes = {*exchanges.values(), *queues.values(), *(node for edge in edges for node in (edge.source, edge.target))}
    return Graph(tuple(sorted(nodes)), tuple(sorted(edges)))
