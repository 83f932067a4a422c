"""The queues of a topology as a table: who fills them, who empties them, and what becomes of what nobody wants."""

from __future__ import annotations

from rich.table import Table

from natsscan.catalog.escape import visible
from natsscan.model.topology import Queue, Topology
from natsscan.topology.flows import QueueFlow, queue_flows

_NOBODY = "-"


def queue_table(topology: Topology) -> Table:
    """Return a line for each queue that is declared or consumed."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("queue", "filled by", "emptied by", "dead letters to", "keeps"):
        table.add_column(name, overflow="fold")
    for flow in queue_flows(topology):
        queue = flow.declared[0] if flow.declared else None
        dead = queue.dead_letter if queue else None
        table.add_row(
            visible(flow.name),
            visible(", ".join(_filled_by(flow)) or _NOBODY),
            visible(", ".join(sorted({c.service for c in flow.consumers})) or _NOBODY),
            visible(dead[0] or "the default exchange") if dead else _NOBODY,
            visible(_kept(queue)) if queue else "declared elsewhere",
        )
    return table


def _filled_by(flow: QueueFlow) -> list[str]:
    """Return the services that publish to a queue, and that dead letters of others come to it."""
    services = sorted({publisher.service for publisher in flow.publishers})
    return [*services, "(dead letters)"] if flow.dead_letters else services


def _kept(queue: Queue) -> str:
    """Return what a plain rewrite would have to keep of a queue, in a few words."""
    words = []
    if queue.properties.get("exclusive") == "true" or queue.properties.get("auto_delete") == "true":
        words.append("as long as its consumer")
    elif queue.properties.get("durable") == "false":
        words.append("until the broker restarts")
    words += [f"{key.removeprefix('x-')} {value}" for key, value in queue.arguments.items() if "dead-letter" not in key]
    return ", ".join(words) or "durable"
