"""Making edits: in files as they were read, all of a patch or nothing, and never two patches in one place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

from natsscan.model.patch import Edit, Patch, digest

# The bytes of each file by its path; None for one that is not there.
Files = Mapping[str, bytes | None]
# Where a text is replaced, by byte offsets, and what comes there.
Replacement = tuple[int, int, bytes]


class ChangedError(Exception):
    """A file is not what it was when the patch was made; the text names it."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Patches that go together, and those held back, each with the reason."""

    kept: tuple[Patch, ...]
    held: tuple[tuple[Patch, str], ...]


def select(patches: Iterable[Patch]) -> Selection:
    """Return which patches can be made together: of two that want the same place, the one that comes first."""
    kept: list[Patch] = []
    held: list[tuple[Patch, str]] = []
    edits: dict[str, list[tuple[Edit, Patch]]] = {}
    whole: dict[str, Patch] = {}
    for patch in patches:
        clash = _clash(patch, edits, whole)
        if clash is not None:
            held.append((patch, f"{clash[0]} is changed by '{clash[1].title}' already"))
            continue
        kept.append(patch)
        for each in patch.edits:
            edits.setdefault(each.path, []).append((each, patch))
        whole |= {new.path: patch for new in patch.creates} | {removed.path: patch for removed in patch.removes}
    return Selection(tuple(kept), tuple(held))


def _clash(
    patch: Patch, edits: Mapping[str, list[tuple[Edit, Patch]]], whole: Mapping[str, Patch]
) -> tuple[str, Patch] | None:
    """Return where a patch meets an earlier one, and that one. Its own edits must not overlap either."""
    for path in [new.path for new in patch.creates] + [removed.path for removed in patch.removes]:
        if path in whole:
            return path, whole[path]
        if path in edits:
            return path, edits[path][0][1]
    for path in sorted({each.path for each in patch.edits}):
        if path in whole:
            return path, whole[path]
        mine = [(each, patch) for each in patch.edits if each.path == path]
        together = sorted([*edits.get(path, ()), *mine], key=lambda item: (item[0].start, item[0].end))
        for (one, owner), (other, other_owner) in pairwise(together):
            # They want the same bytes, or one inserts within what the other replaces.
            if one.start < other.end and other.start < one.end:
                return path, owner if other_owner is patch else other_owner
    return None


def apply(files: Files, patches: Iterable[Patch]) -> dict[str, bytes | None]:
    """Return the files that patches change, as they are afterwards; none of them may overlap.

    What two patches insert at one offset stands in the order of the patches. Raises ChangedError for a file that does
    not have what is to be replaced.
    """
    found: dict[str, bytes | None] = {}
    edits: dict[str, list[Edit]] = {}
    for patch in patches:
        for each in patch.edits:
            edits.setdefault(each.path, []).append(each)
        for new in patch.creates:
            if files.get(new.path) is not None:
                raise ChangedError(f"{new.path} is there already")
            found[new.path] = new.content
        for removed in patch.removes:
            data = files.get(removed.path)
            if data is None or digest(data) != removed.digest:
                raise ChangedError(f"{removed.path} has changed since it was read")
            found[removed.path] = None
    for path, wanted in edits.items():
        found[path] = _edited(path, files.get(path), wanted)
    return found


def changed(
    patches: Iterable[Patch], wanted: Callable[[str], bool], read: Callable[[str], bytes | None]
) -> dict[str, bytes | None]:
    """Return those of some files that patches change, as they leave them; `read` gives the files as they are.

    Raises ChangedError likewise.
    """
    mine = [
        replace(
            patch,
            edits=tuple(each for each in patch.edits if wanted(each.path)),
            creates=tuple(new for new in patch.creates if wanted(new.path)),
            removes=tuple(gone for gone in patch.removes if wanted(gone.path)),
        )
        for patch in patches
        if any(map(wanted, patch.paths))
    ]
    return apply({path: read(path) for patch in mine for path in patch.paths}, mine)


def replacements(patch: Patch, earlier: Iterable[Patch] = ()) -> dict[str, list[Replacement]]:
    """Return what a patch replaces in each file, by offsets in the file as earlier patches leave it."""
    shifts: dict[str, list[tuple[int, int]]] = {}
    for each in earlier:
        for done in each.edits:
            grown = len(done.replacement) - (done.end - done.start)
            shifts.setdefault(done.path, []).append((done.end, grown))
    found: dict[str, list[Replacement]] = {}
    for wanted in patch.edits:
        shift = sum(grown for end, grown in shifts.get(wanted.path, ()) if end <= wanted.start)
        place = (wanted.start + shift, wanted.end + shift, wanted.replacement)
        found.setdefault(wanted.path, []).append(place)
    return found


def splice(data: bytes, places: Iterable[Replacement]) -> bytes:
    """Return a text with replacements made that do not overlap; those at one offset keep their order."""
    parts: list[bytes] = []
    at = 0
    for start, end, new in sorted(places, key=lambda place: place[:2]):
        parts += [data[at:start], new]
        at = end
    return b"".join([*parts, data[at:]])


def _edited(path: str, data: bytes | None, edits: Iterable[Edit]) -> bytes:
    if data is None:
        raise ChangedError(f"{path} is gone")
    edits = tuple(edits)
    if any(digest(data[each.start : each.end]) != each.digest for each in edits):
        raise ChangedError(f"{path} has changed since it was read")
    return splice(data, ((each.start, each.end, each.replacement) for each in edits))
