from __future__ import annotations

import sys

import click


@click.command("schema")
@click.argument("document", type=click.Choice(["report", "diff"]), default="report", metavar="[report|diff]")
def schema_command(document: str) -> None:
    """Print the JSON Schema of `--format json`, of a scan or of `natsscan diff`."""
    from natsscan.reports import json, json_diff

    sys.stdout.write(json.schema() if document == "report" else json_diff.schema())
