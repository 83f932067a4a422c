from __future__ import annotations

import sys

import click

from natsscan.cli.opened import open_store
from natsscan.model.errors import InputError
from natsscan.reports.words import number


@click.command("cache")
@click.argument("what", type=click.Choice(["info", "clear"]), default="info")
def cache_command(what: str) -> None:
    """Show or remove what scans keep for later ones.

    Nothing of it is needed: what is missing is worked out again. Results that were of no use for 30 days are removed,
    and the oldest when all have more than 500 MB.
    """
    store = open_store()
    if what == "info":
        count, size = store.sizes()
        told = f"{number(count, 'result')}, {size / 1e6:,.1f} MB of at most {store.max_bytes / 1e6:,.0f} MB"
    else:
        try:
            count, size = store.clear()
        except OSError as error:
            raise InputError(f"{store.root}: cannot be removed: {(error.strerror or str(error)).lower()}") from error
        told = f"{number(count, 'result')} removed, {size / 1e6:,.1f} MB"
    sys.stdout.write(f"{store.root}: {told}\n")
