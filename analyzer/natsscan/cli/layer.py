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
    from natsscan.model.report import Report
    from natsscan.patches.python.layer import PythonLayer
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
    if found is not None and found.report.scope == scope and not is_on_layer(opened, found.report):
        return found
    catalog = opened.catalog.with_layer(rules).with_python_layer()
    counting = replace(opened, project=replace(opened.project, scope=scope), load=lambda: catalog, store=None)
    return map_opened(counting, server_version, subjects)


def is_on_layer(opened: Opened, report: Report) -> bool:
    """Tell whether some of the code that was scanned is on a layer already."""
    from natsscan.catalog.compat import compat_of

    rules = compat_of(opened.catalog.compat, COMPAT)
    new, moved = frozenset(rules.modules.values() if rules is not None else ()), moved_ids(opened)
    return any(f.usage.symbol in new or f.usage.library in moved for f in report.findings)


def moved_ids(opened: Opened) -> frozenset[str]:
    """Return the ids of the libraries for Python that the package with their APIs has."""
    return frozenset(opened.catalog.python.moved)


def python_layer_of(
    opened: Opened, server_version: str | None, subjects: Path | None, found: Mapped | None = None
) -> PythonLayer | None:
    """Return the package for the Python code of the whole project, and what that does; None if nothing there needs it.

    What was `found` before serves if it is about the whole project.
    """
    from natsscan.pipeline.python_layer import make_python_layer, needs_python_layer

    rules = next(iter(opened.catalog.python_compat), None)
    if rules is None or not needs_python_layer(opened.project, opened.catalog, opened.options, rules):
        return None
    mapped = map_with_layer(opened, (".",), server_version, subjects, found)
    return make_python_layer(
        opened.project, opened.catalog, opened.options, rules, mapped.mapping, mapped.report.topology
    )


def layer_of(opened: Opened, server_version: str | None, subjects: Path | None, found: Mapped | None = None) -> Layer:
    """Scan and map the whole project, whatever is in scope, unless that was `found`, and make the layer for it."""
    from natsscan.pipeline.layer import make_layer

    mapped = map_with_layer(opened, (".",), server_version, subjects, found)
    rules, report = layer_rules(opened), mapped.report
    return make_layer(opened.project, opened.catalog, opened.options, rules, mapped.mapping, report.topology)
