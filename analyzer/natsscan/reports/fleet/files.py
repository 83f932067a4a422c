"""The files in which a fleet is told."""

from __future__ import annotations

from natsscan.model.fleet import Fleet
from natsscan.reports.fleet import html, json, markdown


def render_files(fleet: Fleet) -> dict[str, bytes]:
    """Return the files that show a fleet, by name: a page, a document and data for programs."""
    texts = {
        "inventory.html": html.render(fleet),
        "inventory.json": json.render(fleet),
        "inventory.md": markdown.render(fleet),
    }
    return {name: text.encode() for name, text in texts.items()}
