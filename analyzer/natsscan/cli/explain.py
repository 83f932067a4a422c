from __future__ import annotations

import sys
from difflib import get_close_matches
from pathlib import Path

import click

from natsscan.model.errors import InputError


@click.command("explain")
@click.argument("rule")
@click.option(
    "--rules", multiple=True, type=click.Path(path_type=Path), metavar="DIR", help="Rules of your own; repeatable."
)
def explain_command(rule: str, rules: tuple[Path, ...]) -> None:
    """Explain RULE: what it finds, what changes on NATS, what to do, with examples."""
    from natsscan.catalog.catalog import load_catalog
    from natsscan.reports.rules import render_page

    catalog = load_catalog(rules)
    found = catalog.rule(rule)
    if found is None:
        near = get_close_matches(rule, [known.id for known in catalog.rules], n=1)
        hint = f"did you mean {near[0]}?" if near else "natsscan rules lists them"
        raise InputError(f"no rule is called {rule}; {hint}")
    sys.stdout.write(render_page(found))
