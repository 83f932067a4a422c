from __future__ import annotations

import sys
from importlib import import_module

import click

# The module of each document's schema.
_SCHEMAS = {"report": "json", "diff": "json_diff", "fleet": "fleet.json"}


@click.command("schema")
@click.argument("document", type=click.Choice(list(_SCHEMAS)), default="report", metavar="[report|diff|fleet]")
def schema_command(document: str) -> None:
    """Print the JSON Schema of `--format json`, of a scan or of `natsscan diff`, or of what `natsscan fleet` writes."""
    sys.stdout.write(import_module(f"natsscan.reports.{_SCHEMAS[document]}").schema())
