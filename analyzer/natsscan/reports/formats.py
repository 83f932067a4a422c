"""The formats that a report can be had in, by name. Each is imported only when it is used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from natsscan.model.outcome import Outcome

# Formats that show all there is: with the mapping and the patches, and a checklist if there is one.
INVENTORIES = ("markdown", "html")
FORMATS = (
    *("text", "json", "jsonl", "sarif", "rdjson", "github", "github-review", "gitlab", "csv"),
    *INVENTORIES,
)


@dataclass(frozen=True, slots=True)
class Look:
    """How text is shown: how much of it (0 one line, 1 one screen, 2 all), how wide, and whether in colour."""

    detail: int = 2
    width: int | None = None
    colour: bool = False


def render(name: str, outcome: Outcome, look: Look) -> str:
    """Return an outcome in one of FORMATS; of a change, if it is about one."""
    match name:
        case "json":
            from natsscan.reports import json, json_diff

            return json_diff.render(outcome.comparison) if outcome.comparison else json.render(outcome)
        case "sarif":
            from natsscan.reports.sarif import log

            return log.render(outcome)
        case "jsonl":
            from natsscan.reports import jsonl

            return jsonl.render(outcome)
        case "rdjson":
            from natsscan.reports import rdjson

            return rdjson.render(outcome)
        case "github":
            from natsscan.reports import github

            return github.render(outcome)
        case "gitlab":
            from natsscan.reports import gitlab

            return gitlab.render(outcome)
        case "csv":
            from natsscan.reports import csv_table

            return csv_table.render(outcome)
        case "github-review":
            from natsscan.reports import github_review

            return github_review.render(outcome)
        case "markdown" if outcome.comparison:
            from natsscan.reports import summary

            return summary.render(outcome.comparison, summary.Links(), summary.STEP_SUMMARY)
        case "markdown" | "html":
            return render_inventory(name, outcome)
        case "text":
            from natsscan.reports import text

            detail = text.Detail(look.detail)
            if outcome.comparison:
                from natsscan.reports import diff

                return diff.render(outcome.comparison, detail, look.width, look.colour)
            return text.render(outcome.report, detail, look.width, look.colour)
    raise ValueError(f"{name} is no format")


def render_inventory(name: str, outcome: Outcome, templates: Path | None = None) -> str:
    """Return an outcome in one of INVENTORIES, by templates of the user's where the folder `templates` has them.

    Raises InputError for a broken one.
    """
    from natsscan.reports.inventory import html, markdown
    from natsscan.reports.inventory.make import make_inventory

    inventory = make_inventory(outcome)
    return html.render(inventory, templates) if name == "html" else markdown.render(inventory, templates)
