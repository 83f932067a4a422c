"""Lists of Python packages: what goes with an entry that is taken out, and where one goes in beside it."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from natsscan.patches.lines import is_alone, line_end, line_start, newline
from natsscan.surfaces.python_requirement import CONDA, Form, Item, Listing, known

_COMMENT = b"#"
_LIST = "["
_BETWEEN = b", "
_COMMA = re.compile(rb"[ \t]*,")
_CLOSING_COMMA = re.compile(rb"(?:\s|#[^\n]*)*+,")
_COMMENT_BEHIND = re.compile(rb"[ \t]*,?[ \t]*#")
_SELECTOR = re.compile(rb"[ \t]*# *\[[^\]\n]*\]")


@dataclass(frozen=True, slots=True)
class Edited:
    """A list in a file from which some entries, by number, are taken out."""

    data: bytes
    listing: Listing
    gone: Collection[int]

    @property
    def _items(self) -> tuple[Item, ...]:
        return self.listing.items

    def has(self, package: str) -> bool:
        """Tell whether a package, or one with an extra, is in the list."""
        wanted = (item.requirement for item in self._items)
        return any(known(each, (package,)) is not None for each in wanted if each is not None)

    def cuts(self) -> dict[int, tuple[int, int]]:
        """Return what goes with each entry that is taken out, as far as that can be; cuts never overlap."""
        found: dict[int, tuple[int, int]] = {}
        for number in sorted(self.gone):
            cut = self._cut(number)
            if cut is not None and all(end <= cut[0] for _, end in found.values()):
                found[number] = cut
        return found

    def _cut(self, number: int) -> tuple[int, int] | None:
        item = self._items[number]
        if self.listing.form is not Form.ITEM:
            return self._lines(number)
        left = len(self._items) - len(self.gone)
        if self.listing.brackets != _LIST and left < 2:  # what is left would be no tuple, or no set
            return None
        if number in self._at_end():
            return self._items[number - 1].end, item.end
        if self._is_own(number):
            return self._lines(number)
        closing = _CLOSING_COMMA.match(self.data, item.end)
        after = self._items[number + 1 :]
        end = after[0].start if after else closing.end() if closing is not None and not left else item.end
        start = self._items[number - 1].end if not after and left else item.start
        return None if _COMMENT in self.data[start:end] else (start, end)

    def beside(self, number: int, package: str, text: bytes) -> tuple[int, bytes] | None:
        """Return where and how a text goes in for a package beside an entry: in the list's order, if it has one.

        None if that is in what is cut; it may be at its edge.
        """
        at, text = self._beside(number, package, text)
        return None if any(start < at < end for start, end in self.cuts().values()) else (at, text)

    def _beside(self, number: int, package: str, text: bytes) -> tuple[int, bytes]:
        at = self._in_order(number, package)
        if self.listing.form is not Form.ITEM or (self._is_own(number) and number not in self._at_end()):
            return self._line_beside(at, number, text)
        items, kept = self._items, self._last_kept()
        if number in self._at_end() and (at >= kept or at + 1 in self.gone):
            return items[kept if at == kept else -1].end, self._gap(kept) + text
        if at + 1 < len(items) and at + 1 not in self.gone:
            return items[at + 1].start, text + self._gap(at)
        return items[number].start, text + self._gap(number)

    def _line_beside(self, at: int, number: int, text: bytes) -> tuple[int, bytes]:
        """Return the line that goes in behind an entry, else behind the one with a number, else before that."""
        data, is_item = self.data, self.listing.form is Form.ITEM
        indent = data[line_start(data, self._items[number].start) : self._items[number].start]
        line = indent + text + (b"," if is_item else self._selector(number)) + newline(data)
        for each in (at, number):
            own = self._is_own(max(each, 0))
            if each < 0 and own and not self._has_comment_above:
                return line_start(data, self._items[0].start), line
            item = self._items[each]
            is_closed = not is_item or _COMMA.match(data, item.end) is not None
            end = line_end(data, item.end)
            if each >= 0 and own and is_closed and data[:end].endswith(b"\n") and each not in self._at_end():
                return end, line
        return line_start(data, self._items[number].start), line

    @property
    def _has_comment_above(self) -> bool:
        """Tell whether the first entry has a comment above it, which may be about it alone."""
        start = line_start(self.data, self._items[0].start)
        return self.data[line_start(self.data, max(start - 1, 0)) : start].lstrip().startswith(_COMMENT)

    def _in_order(self, number: int, package: str) -> int:
        """Return the entry that a package goes behind: the one before it in order, else the one with a number.

        It is -1 if the package goes before all others.
        """
        names = [item.requirement.name if item.requirement is not None else "" for item in self._items]
        first = 0 if self.listing.form is not Form.KEY or names == sorted(names) else 1  # poetry has `python` first
        if "" in names or len(names) < first + 2 or names[first:] != sorted(names[first:]):
            return number
        return first + sum(name < package for name in names[first:]) - 1

    def _selector(self, number: int) -> bytes:
        """Return the comment behind an entry that says on which systems a recipe has it."""
        found = _SELECTOR.match(self.data, self._items[number].end)
        return found[0] if found is not None and self.listing.ecosystem == CONDA else b""

    def _lines(self, number: int) -> tuple[int, int] | None:
        item = self._items[number]
        return (line_start(self.data, item.start), line_end(self.data, item.end)) if self._is_own(number) else None

    def _is_own(self, number: int) -> bool:
        """Tell whether an entry has its lines for itself, with the comma behind it if there is one."""
        data, item = self.data, self._items[number]
        if self.listing.form is Form.ITEM and _CLOSING_COMMA.match(data, item.end) and not _COMMA.match(data, item.end):
            return False
        return is_alone(data, item.start, item.end)

    def _last_kept(self) -> int:
        return max((at for at in range(len(self._items)) if at not in self.gone), default=-1)

    def _at_end(self) -> range:
        """Return the entries that are cut from the end of one before: the last ones, if no comma closes the list.

        Where they have lines of their own and a comma behind each, or comments, they are cut by lines.
        """
        kept, items = self._last_kept(), self._items
        if self.listing.form is not Form.ITEM or not 0 <= kept < len(items) - 1:
            return range(0)
        is_closed = _CLOSING_COMMA.match(self.data, items[-1].end) is not None
        behind = None if is_closed else _COMMENT_BEHIND.match(self.data, items[-1].end)
        has_comment = behind is not None or _COMMENT in self.data[items[kept].end : items[-1].start]
        by_lines = has_comment or (is_closed and any(map(self._is_own, range(kept + 1, len(items)))))
        return range(0) if by_lines else range(kept + 1, len(items))

    def _gap(self, number: int) -> bytes:
        """Return what keeps an entry and the next one apart, or else the first two."""
        at = min(max(number, 0), len(self._items) - 2)
        gap = self.data[self._items[at].end : self._items[at + 1].start] if at >= 0 else _BETWEEN
        return _BETWEEN if _COMMENT in gap else gap


def taken_out(data: bytes, listing: Listing, gone: Collection[int]) -> Edited:
    """Return a list from which those of some entries are taken out that can be."""
    edited = Edited(data, listing, frozenset(gone))
    while len(cuts := edited.cuts()) < len(edited.gone):
        edited = Edited(data, listing, frozenset(cuts))
    return edited
