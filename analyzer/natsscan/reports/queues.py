"""The queues of a topology as a table: who fills them, who empties them, and what becomes of what nobody wants."""

from __future__ import annotations

from rich.table import Table

from natsscan.model.topology import SERVER_NAMED, Queue, Topology
from natsscan.reports.escape import visible
from natsscan.topology.flows import consumers_of, dead_letters_to, publishers_to, queue_names

_NOBODY = "-"


def queue_table(topology: Topology) -> Table:
    """Return a line for each queue that is declared or consumed."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("queue", "filled by", "emptied by", "dead letters to", "keeps"):
        table.add_column(name, overflow="fold")
    declared: dict[str, Queue] = {queue.name or SERVER_NAMED: queue for queue in topology.queues}
    for name in queue_names(topology):
        queue = declared.get(name)
        dead = queue.dead_letter if queue else None
        table.add_row(
            visible(name),
            visible(", ".join(_filled_by(topology, name)) or _NOBODY),
            visible(", ".join(sorted({c.service for c in consumers_of(topology, name)})) or _NOBODY),
            visible(dead[0] or "the default exchange") if dead else _NOBODY,
            visible(_kept(queue)) if queue else "declared elsewhere",
        )
    return table


def _filled_by(topology: Topology, name: str) -> list[str]:
    """Return the services that publish to a queue, and that dead letters of others come to it."""
    services = sorted({publisher.service for publisher in publishers_to(topology, name)})
    return [*services, "(dead letters)"] if dead_letters_to(topology, name) else services


def _kept(queue: Queue) -> str:
    """Return what a plain rewrite would have to keep of a queue, in a few words."""
    words = []
    if queue.properties.get("exclusive") == "true" or queue.properties.get("auto_delete") == "true":
        words.append("as long as its consumer")
    elif queue.properties.get("durable") == "false":
        words.append("until the broker restarts")
    words += [f"{key.removeprefix('x-')} {value}" for key, value in queue.arguments.items() if "dead-letter" not in key]
    return ", ".join(words) or "durable"
