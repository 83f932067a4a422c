"""The formats that a report can be had in, by name. Each is imported only when it is used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from natsscan.model.outcome import Outcome

# Formats that show all there is: with the mapping and the patches, and a checklist if there is one.
INVENTORIES = ("markdown", "html")
FORMATS = ("text", "json", *INVENTORIES)


@dataclass(frozen=True, slots=True)
class Look:
    """How text is shown: how much of it (0 one line, 1 one screen, 2 all), how wide, and whether in colour."""

    detail: int = 2
    width: int | None = None
    colour: bool = False


def render(name: str, outcome: Outcome, look: Look) -> str:
    """Return an outcome in one of FORMATS."""
    if name == "json":
        from natsscan.reports import json

        return json.render(outcome.report, outcome.mapping)
    if name in INVENTORIES:
        return render_inventory(name, outcome)
    from natsscan.reports import text

    return text.render(outcome.report, text.Detail(look.detail), look.width, look.colour)


def render_inventory(name: str, outcome: Outcome, templates: Path | None = None) -> str:
    """Return an outcome in one of INVENTORIES, by templates of the user's where the folder `templates` has them.

    Raises InputError for a broken one.
    """
    from natsscan.reports.inventory import html, markdown
    from natsscan.reports.inventory.make import make_inventory

    inventory = make_inventory(outcome)
    return html.render(inventory, templates) if name == "html" else markdown.render(inventory, templates)
