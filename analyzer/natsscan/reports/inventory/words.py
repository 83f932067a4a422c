"""How the documents of an inventory put things."""

from __future__ import annotations

from collections.abc import Callable

from natsscan.model.mapping import StreamPlan
from natsscan.model.report import Report
from natsscan.model.span import Span


def excerpts(report: Report) -> Callable[[Span], str]:
    """Return what gives the line of code at a place, with secrets struck out; empty if no finding shows it."""
    lines = {(f.usage.span.path, f.usage.span.line): f.excerpt.strip() for f in report.findings}
    return lambda span: lines.get((span.path, span.line), "")


def stream_traits(stream: StreamPlan) -> str:
    """Return what a stream is like, in a few words."""
    config = stream.config
    replicas = config.get("num_replicas", 1)
    return ", ".join(
        [
            f"retention {config.get('retention', 'limits')}",
            f"storage {config.get('storage', 'file')}",
            f"{replicas} replica{'' if replicas == 1 else 's'}",
            f"discard {config.get('discard', 'old')} when full",
        ]
    )
