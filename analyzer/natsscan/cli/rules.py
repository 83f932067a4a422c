from __future__ import annotations

import sys
from pathlib import Path

import click


@click.command("rules")
@click.option(
    "--rules", multiple=True, type=click.Path(path_type=Path), metavar="DIR", help="Rules of your own; repeatable."
)
def rules_command(rules: tuple[Path, ...]) -> None:
    """List the rules and the libraries natsscan knows."""
    from natsscan.catalog.catalog import load_catalog
    from natsscan.reports.rules import render_list

    sys.stdout.write(render_list(load_catalog(rules)))
