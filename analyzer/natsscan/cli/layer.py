"""What the commands have in common that write or use the layer with a library's API."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from natsscan.generate.haskell import COMPAT
from natsscan.model.errors import InputError

if TYPE_CHECKING:
    from natsscan.catalog.compat import Compat
    from natsscan.cli.mapping import Mapped
    from natsscan.cli.opened import Opened
    from natsscan.pipeline.layer import Layer


def layer_rules(opened: Opened) -> Compat:
    """Return the rules of the layer. Raises InputError if there are none."""
    from natsscan.catalog.compat import compat_of

    rules = compat_of(opened.catalog.compat, COMPAT)
    if rules is None:
        raise InputError(f"no rule file of kind `compat` is about {COMPAT}; rules/nats/haskell-compat.yaml is")
    return rules


def map_with_layer(
    opened: Opened,
    scope: tuple[str, ...],
    server_version: str | None,
    subjects: Path | None,
    found: Mapped | None = None,
) -> Mapped:
    """Scan and map some paths of a project, where code that is on the layer already counts as on the library itself.

    What was `found` before serves if it is about these paths and nothing in them is on the layer.
    """
    from natsscan.cli.mapping import map_opened

    rules = layer_rules(opened)
    new = frozenset(rules.modules.values())
    if (
        found is not None
        and found.report.scope == scope
        and new.isdisjoint(f.usage.symbol for f in found.report.findings)
    ):
        return found
    counting = replace(opened, project=replace(opened.project, scope=scope), catalog=opened.catalog.with_layer(rules))
    return map_opened(counting, server_version, subjects)


def layer_of(opened: Opened, server_version: str | None, subjects: Path | None, found: Mapped | None = None) -> Layer:
    """Scan and map the whole project, whatever is in scope, unless that was `found`, and make the layer for it."""
    from natsscan.pipeline.layer import make_layer

    mapped = map_with_layer(opened, (".",), server_version, subjects, found)
    rules, report = layer_rules(opened), mapped.report
    return make_layer(opened.project, opened.catalog, opened.options, rules, mapped.mapping, report.topology)
