"""What is posted, edited and deleted on a request, so that it says what holds now, once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from natsscan.forges.forge import Forge
from natsscan.forges.review import Review
from natsscan.model.remark import Remark
from natsscan.reports.words import number

# As many as people read.
MOST_REMARKS = 30


@dataclass(frozen=True, slots=True)
class Done:
    """What was done on a request; `summary` is empty where nothing was."""

    summary: str = ""
    posted: int = 0
    unplaced: int = 0
    more: int = 0
    deleted: int = 0

    def __str__(self) -> str:
        parts = [f"summary {self.summary}"] if self.summary else []
        if self.posted:
            parts.append(f"{number(self.posted, 'remark')} posted")
        if self.unplaced:
            parts.append(
                f"{self.unplaced:,} told in the review's body, since the forge does not take them on their lines"
            )
        if self.more:
            parts.append(f"{self.more:,} more only counted")
        if self.deleted:
            parts.append(f"{number(self.deleted, 'outdated remark')} deleted")
        return ", ".join(parts) or "nothing to do"


def publish_summary(forge: Forge, text: str) -> str:
    """Let a request have one summary, this text; none if it is empty. Return what was done, in one word.

    Raises ForgeError.
    """
    notes = forge.notes()
    if not notes:
        if text:
            forge.add_note(text)
        return "posted" if text else ""
    kept, *others = notes
    for note in others:
        forge.delete_note(note)
    if not text:
        forge.delete_note(kept)
        return "deleted"
    if _same(kept.text, text):
        return ""
    forge.edit_note(kept, text)
    return "edited"


def publish_remarks(forge: Forge, remarks: Sequence[Remark], head: str) -> Done:
    """Let a request have these remarks on a commit: one review with the new ones, and without those that hold no more.

    What somebody has answered stays. Raises ForgeError.
    """
    keys = {remark.key for remark in remarks}
    there = forge.posted()
    known = {posted.key for posted in there} | forge.told()
    fresh = [remark for remark in remarks if remark.key not in known]
    room = max(0, MOST_REMARKS - len(keys & known))
    review = Review(tuple(fresh[:room]), len(fresh) - len(fresh[:room]))
    unplaced = forge.post_review(review, head) if review.remarks else ()
    outdated = [posted for posted in there if posted.key not in keys and not posted.has_replies]
    for posted in outdated:
        forge.delete_remark(posted)
    return Done("", len(review.remarks) - len(unplaced), len(unplaced), review.more, len(outdated))


def _same(one: str, other: str) -> bool:
    """Tell whether two texts are one to a forge, which may keep them with other line ends."""
    return one.replace("\r\n", "\n").strip() == other.strip()
