"""Selectors for the metrics of prometheus-nats-exporter, under its own names and those of the chart."""

from __future__ import annotations

from natsscan.generate.text import quoted, regex


def core(name: str) -> str:
    """Return the selector of a server's metric: `varz_mem`."""
    return "{" + f'__name__=~"(gnatsd|nats)_{name}"' + "}"


def js(name: str, more: str = "", stream: str = "", consumer: str = "") -> str:
    """Return the selector of a metric of JetStream, of one stream and of consumers whose name has a shape.

    Only the leader of a consumer knows what waits and what is not settled.
    """
    labels = [f'__name__=~"(jetstream|nats)_{name}"']
    labels += [more] if more else []
    labels += [f"stream_name=~{quoted(regex(stream))}"] if stream else []
    labels += [f"consumer_name=~{quoted(regex(consumer))}"] if consumer else []
    labels += ['is_consumer_leader="true"'] if name.startswith("consumer_") else []
    return "{" + ",".join(labels) + "}"
