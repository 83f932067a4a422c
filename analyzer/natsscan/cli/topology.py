from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from natsscan.cli.options import Given, scan_options

if TYPE_CHECKING:
    from natsscan.model.report import Report

FORMATS = ("text", "json", "mermaid", "dot", "svg")


@click.command("topology")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH...")
@click.option("--format", "format_", type=click.Choice(FORMATS), default="text", help="What to print.  [default: text]")
@scan_options
def topology_command(
    paths: tuple[Path, ...],
    format_: str,
    given: Given,
) -> None:
    """Show the messaging system that the code under PATHs describes.

    Exchanges, queues, bindings, publishers and consumers, each with the lines that say so; as a picture with
    `--format svg`, `mermaid` or `dot`.
    """
    from natsscan.cli.opened import open_paths, scan_opened

    report = scan_opened(open_paths(paths, given))
    sys.stdout.write(_render(report, format_))


def _render(report: Report, format_: str) -> str:
    if format_ == "json":
        from natsscan.reports import json

        return json.render_topology(report.topology, report.nats)
    if format_ == "text":
        from natsscan.reports import nats, topology

        on_nats = nats.render(report.nats, report.topology)
        return topology.render(report.topology) + (f"\n{on_nats}" if on_nats else "")
    from natsscan.reports import diagrams, picture
    from natsscan.topology.graph import build_graph

    graph = build_graph(report.topology)
    if format_ == "svg":
        return picture.svg(graph, f"The messaging system of {report.root}")
    return diagrams.mermaid(graph) if format_ == "mermaid" else diagrams.dot(graph)
