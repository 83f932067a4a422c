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
    """Explain RULE: what it finds, what changes on NATS, what to do, with examples.

    RULE is that of a finding, or of a property that `map` and `diff` tell of.
    """
    from natsscan.catalog.catalog import load_catalog
    from natsscan.reports.manual import render_gap
    from natsscan.reports.rules import render_page

    catalog = load_catalog(rules)
    found = catalog.rule(rule)
    gaps = catalog.target.known
    if found is None and rule not in gaps:
        near = get_close_matches(rule, [*(known.id for known in catalog.rules), *gaps], n=1)
        hint = f"did you mean {near[0]}?" if near else "natsscan rules lists them"
        raise InputError(f"no rule is called {rule}; {hint}")
    sys.stdout.write(render_gap(gaps[rule]) if found is None else render_page(found))
