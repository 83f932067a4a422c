"""The formats that a report can be had in, by name. Each is imported only when it is used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from natsscan.model.outcome import Outcome

FORMATS = ("text", "json", "sarif", "github-review")


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
        case "github-review":
            from natsscan.reports import github_review

            return github_review.render(outcome)
    from natsscan.reports import diff, text

    detail = text.Detail(look.detail)
    if outcome.comparison:
        return diff.render(outcome.comparison, detail, look.width, look.colour)
    return text.render(outcome.report, detail, look.width, look.colour)
