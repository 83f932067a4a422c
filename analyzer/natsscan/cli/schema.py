from __future__ import annotations

import sys

import click


@click.command("schema")
def schema_command() -> None:
    """Print the JSON Schema of `--format json`."""
    from natsscan.reports.json import schema

    sys.stdout.write(schema())
