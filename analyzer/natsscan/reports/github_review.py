"""A review of a pull request, for GitHub's API: what `POST /repos/{owner}/{repo}/pulls/{number}/reviews` takes.

https://docs.github.com/en/rest/pulls/reviews#create-a-review-for-a-pull-request. One comment beside the lines of the
diff and GitHub refuses the whole review; `remarks` gives none.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from natsscan.catalog.escape import json_text
from natsscan.catalog.markdown import prose_with_code
from natsscan.model.comparison import Comparison, Fate
from natsscan.model.errors import InputError
from natsscan.model.outcome import Outcome
from natsscan.model.remark import Remark
from natsscan.reports.remarks import remarks
from natsscan.reports.totals import in_words
from natsscan.reports.words import number

_SHOWN = 20


class CommentEntry(msgspec.Struct, frozen=True, omit_defaults=True):
    """A comment on lines after the change; `start_line` is left out for one line."""

    path: str
    body: str
    line: int
    side: str
    start_line: int | None = None
    start_side: str | None = None


class ReviewEntry(msgspec.Struct, frozen=True):
    """A review. Without `commit_id`, which whoever posts it adds, GitHub takes the newest commit."""

    event: Literal["COMMENT"]
    body: str
    comments: list[CommentEntry]


def render(outcome: Outcome) -> str:
    """Return the review as JSON. Raises InputError if there is no change to review."""
    if outcome.comparison is None:
        raise InputError("github-review shows the lines of a change; use natsscan diff BASE --format github-review")
    said = remarks(outcome)
    review = ReviewEntry("COMMENT", _body(outcome, outcome.comparison, said), [_comment(remark) for remark in said])
    return json_text(review)


def _comment(remark: Remark) -> CommentEntry:
    side = "LEFT" if remark.is_deleted else "RIGHT"
    if remark.first == remark.last:
        return CommentEntry(remark.path, remark.text, remark.last, side)
    return CommentEntry(remark.path, remark.text, remark.last, side, remark.first, side)


def _body(outcome: Outcome, change: Comparison, said: tuple[Remark, ...]) -> str:
    """Return what stands above the comments: how much is new, and how much of that the diff does not show."""
    targets = outcome.report.targets
    new = [finding for finding in change.new if finding.system not in targets]
    hidden = sum(not change.shows(f.usage.span.path, f.usage.span.line, f.usage.span.line) for f in new)
    lines = [f"natsscan: this change adds {in_words(new)}" if new else "natsscan: this change adds nothing to migrate"]
    if hidden:
        lines[0] += f"; {hidden:,} of them on lines that the diff does not show, see `natsscan diff`"
    suggested = sum(remark.replacement is not None for remark in said)
    if suggested:
        lines[0] += f"; {number(suggested, 'suggestion')}"
    lost = change.of_fate(Fate.LOST)
    lines[0] = f"<!-- natsscan:review -->\n{lines[0]}."
    if lost:
        lines += ["", f"It loses {number(len(lost), 'messaging property', 'messaging properties')}:", ""]
        lines += [f"- {prose_with_code(each.about)}: {prose_with_code(each.property)}" for each in lost[:_SHOWN]]
    if len(lost) > _SHOWN:
        lines.append(f"- {len(lost) - _SHOWN} more, see `natsscan diff`")
    return "\n".join(lines)
