from __future__ import annotations

import sys
from pathlib import Path

import click


@click.command("rules")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "markdown"]),
    default="text",
    help="A list, or a manual with the page of every rule.  [default: text]",
)
@click.option(
    "--rules", multiple=True, type=click.Path(path_type=Path), metavar="DIR", help="Rules of your own; repeatable."
)
def rules_command(format_: str, rules: tuple[Path, ...]) -> None:
    """List the rules and the libraries natsscan knows."""
    from natsscan.catalog.catalog import load_catalog
    from natsscan.reports import manual
    from natsscan.reports.rules import render_list

    catalog = load_catalog(rules)
    sys.stdout.write(render_list(catalog) if format_ == "text" else manual.render_manual(catalog))
