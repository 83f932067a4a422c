"""What the commands have in common that write or use the layer with a library's API."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from natsscan.generate.haskell import COMPAT
from natsscan.model.errors import InputError

if TYPE_CHECKING:
    from natsscan.catalog.compat import Compat
    from natsscan.cli.opened import Opened
    from natsscan.pipeline.layer import Layer


def layer_rules(opened: Opened) -> Compat:
    """Return the rules of the layer. Raises InputError if there are none."""
    from natsscan.catalog.compat import compat_of

    rules = compat_of(opened.catalog.compat, COMPAT)
    if rules is None:
        raise InputError(f"no rule file of kind `compat` is about {COMPAT}; rules/nats/haskell-compat.yaml is")
    return rules


def counting_layer(opened: Opened) -> Opened:
    """Return what was opened with code that is on the layer already counting as code on the library itself."""
    return replace(opened, catalog=opened.catalog.with_layer(layer_rules(opened)))


def layer_of(opened: Opened, server_version: str | None, subjects: Path | None) -> Layer:
    """Scan and map the whole project, whatever is in scope, and make the layer for it.

    Code that is on the layer already counts. Raises InputError if nothing in the project uses the library.
    """
    from natsscan.cli.mapping import map_opened
    from natsscan.pipeline.layer import make_layer

    rules = layer_rules(opened)
    whole = replace(counting_layer(opened), project=replace(opened.project, scope=(".",)))
    found = map_opened(whole, server_version, subjects)
    made = make_layer(opened.project, opened.catalog, opened.options, rules, found.mapping, found.report.topology)
    if not made.facades:
        raise InputError(f"no module of {opened.project.root.name} imports {' or '.join(rules.modules)}")
    return made
