"""The text of reviews, and the marks by which natsscan knows its own comments again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from natsscan.catalog.markdown import code
from natsscan.model.patch import digest
from natsscan.model.remark import Remark
from natsscan.reports.words import number
from natsscan.source.hunks import DiffHunk

SUMMARY_MARK = "<!-- natsscan:summary -->"
# Marks count only where a comment begins: further down there may be code of others.
_REMARK_MARK = re.compile(r"<!-- natsscan:([\w.-]+) -->")
_REVIEW_MARK = re.compile(r"<!-- natsscan:review (\w+)((?: [\w.-]+)*) -->")
# The first such fence is the remark's own: what is suggested stands below it.
_SUGGESTION = re.compile(r"^(`{3,})suggestion$", re.MULTILINE)
_ROOM_TO_COUNT = 100


@dataclass(frozen=True, slots=True)
class Review:
    """Remarks that are to be posted together, and how many more there are than are posted at once."""

    remarks: tuple[Remark, ...]
    more: int

    @property
    def id(self) -> str:
        """What tells this review from others, and is the same if it is posted again."""
        return digest("\0".join(remark.key for remark in self.remarks).encode())

    def body(self, unplaced: Sequence[Remark], longest: int) -> str:
        """Return the text above the remarks, in at most `longest` bytes: counts, and the remarks that have no place."""
        keys = "".join(f" {remark.key}" for remark in unplaced)
        placed = len(self.remarks) - len(unplaced)
        parts = [f"{number(placed, 'remark')} on lines of this change"] if placed else []
        if unplaced:
            what = number(len(unplaced), "remark")
            parts.append(f"{what} below on lines that cannot be commented on here")
        if self.more:
            parts.append(f"{self.more:,} more that {'is' if self.more == 1 else 'are'} not shown: `natsscan diff -v`")
        told = [f"<!-- natsscan:review {self.id}{keys} -->\nnatsscan: {'; '.join(parts)}."]
        left = longest - len(told[0].encode()) - _ROOM_TO_COUNT
        for index, remark in enumerate(unplaced):
            text = f"\n\n{_shown(remark)}\n\n{_REMARK_MARK.sub('', tagged(remark.text, ''), count=1).strip()}"
            left -= len(text.encode())
            if left < 0:
                told.append(f"\n\n{number(len(unplaced) - index, 'remark has', 'remarks have')} no room here.")
                break
            told.append(text)
        return "".join(told)


def hunk_of(hunks: Iterable[DiffHunk], remark: Remark) -> DiffHunk | None:
    """Return the hunk of a forge's own diff that has all lines of a remark; None if there is none."""

    def has(hunk: DiffHunk) -> bool:
        lines = hunk.deleted if remark.is_deleted else hunk.after
        return remark.first in lines and remark.last in lines

    return next(filter(has, hunks), None)


def remark_key(text: str) -> str | None:
    """Return the key of the remark that a comment is, None if it is none."""
    found = _REMARK_MARK.match(text)
    return found[1] if found and found[1] != "summary" else None


def review_id(text: str) -> str | None:
    """Return the id of the review that a text is the body of, None if it is none."""
    found = _REVIEW_MARK.match(text)
    return found[1] if found else None


def told_keys(texts: Iterable[str]) -> frozenset[str]:
    """Return the keys of the remarks that bodies of reviews have in them."""
    return frozenset(key for text in texts if (found := _REVIEW_MARK.match(text)) for key in found[2].split())


def tagged(text: str, tag: str) -> str:
    """Return the text of a remark with another tag on the block that suggests something."""
    return _SUGGESTION.sub(rf"\g<1>{tag}", text, count=1)


def _shown(remark: Remark) -> str:
    """Return the place of a remark, as code."""
    lines = f"{remark.first}" if remark.first == remark.last else f"{remark.first}-{remark.last}"
    return code(f"{remark.path}:{lines}") + (" before the change" if remark.is_deleted else "")
