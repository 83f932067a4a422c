"""Patches as replacements of whole lines, which is how forges take changes that people accept with a click."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from natsscan.model.patch import Applicability, Patch, Suggestion, digest
from natsscan.patches.diff import LineChange, line_changes, split_lines
from natsscan.patches.engine import replacements, select


def due(patches: Iterable[Patch]) -> tuple[Patch, ...]:
    """Return the patches that can be made now, all of them together: those of the first stage that has any."""
    made = [patch for patch in patches if patch.applicability is not Applicability.MANUAL]
    first = min((patch.stage.rank for patch in made), default=0)
    return select(patch for patch in made if patch.stage.rank == first).kept


def suggestions(patch: Patch, read: Callable[[str], bytes | None]) -> tuple[Suggestion, ...]:
    """Return a patch as replacements of lines, sorted, no two of which share a line; empty if it is more than that.

    It is more if it adds or removes a file, changes an empty one, or has lines that are not UTF-8 or hold a CR, which
    forges take for a line end. Lines that are added come with the line before them, at the top of a file with the one
    behind them. `read` gives the bytes of a file, None if it is gone; nothing is suggested for a file that has changed
    since the patch was made.
    """
    if patch.creates or patch.removes:
        return ()
    found: list[Suggestion] = []
    for path, places in sorted(replacements(patch).items()):
        old = read(path)
        if not old or any(digest(old[e.start : e.end]) != e.digest for e in patch.edits if e.path == path):
            return ()
        lines = split_lines(old)
        for first, last, changes in _stretches(line_changes(old, places)):
            text = _decoded(_replaced(lines, first, last, changes))
            if text is None:
                return ()
            found.append(Suggestion(path, first + 1, last, text))
    return tuple(found)


def open_suggestions(
    patch: Patch, read: Callable[[str], bytes | None], redact: Callable[[str, str], str]
) -> tuple[Suggestion, ...]:
    """Return a patch as replacements of lines likewise; empty also if one of them would show a secret.

    `redact` returns a line of the file at a path with the secrets in it struck out.
    """
    found = suggestions(patch, read)
    is_open = all(redact(each.path, line) == line for each in found for line in each.text.splitlines())
    return found if is_open else ()


def _stretches(changes: Iterable[LineChange]) -> list[tuple[int, int, list[LineChange]]]:
    """Return stretches of old lines, by indices, with the changes in each; no stretch is empty, no two overlap."""
    found: list[tuple[int, int, list[LineChange]]] = []
    for change in changes:
        first, last = change.start, change.end
        if first == last:  # lines are only added
            first, last = (first - 1, last) if first else (0, 1)
        if found and first < found[-1][1]:
            start, end, others = found.pop()
            found.append((start, max(end, last), [*others, change]))
        else:
            found.append((first, last, [change]))
    return found


def _replaced(lines: Sequence[bytes], first: int, last: int, changes: Iterable[LineChange]) -> bytes:
    """Return the lines of a stretch with its changes made."""
    parts: list[bytes] = []
    at = first
    for change in changes:
        parts += [*lines[at : change.start], *change.new]
        at = change.end
    return b"".join([*parts, *lines[at:last]])


def _decoded(data: bytes) -> str | None:
    """Return lines as text; None if they are not UTF-8, or a CR is no part of a line end."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    return None if "\r" in text.replace("\r\n", "") else text
