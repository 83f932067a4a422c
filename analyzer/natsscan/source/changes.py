"""What a change does to files, as git sees it: which it renames, and which lines its diff shows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from natsscan.model.comparison import Hunk
from natsscan.source.git import git, git_bytes
from natsscan.source.hunks import diff_hunks

_SECTION = re.compile(rb"^diff --git ", re.MULTILINE)
# Lines around each changed one, as forges show them.
_CONTEXT = 3


@dataclass(frozen=True, slots=True)
class Changes:
    """What a change does to files.

    `moved` maps the old paths of renamed files to the new ones. `hunks` are the lines that the diff shows of each file
    afterwards, `deleted` the lines of each file before that it takes away; both are by the path afterwards.
    """

    moved: dict[str, str]
    hunks: dict[str, tuple[Hunk, ...]]
    deleted: dict[str, frozenset[int]]


def changes(root: Path, base: str, head: str | None) -> Changes:
    """Return what leads from one commit to the other, or to what is staged if `head` is None."""
    ends = ["diff-tree", "-r", base, head] if head is not None else ["diff-index", "--cached", base]
    command = [*ends[:1], "--find-renames", "--no-ext-diff", "--no-textconv", "--no-color", *ends[1:]]
    staged = head is None
    paths, moved = _paths(git(root, [*command, "--name-status", "-z"], own_index=staged))
    patch = git_bytes(root, [*command, f"--unified={_CONTEXT}"], own_index=staged)
    # Sections stand in the order of the names, which saves reading names in git's quoting.
    shown = dict(zip(paths, map(_shown, _sections(patch)), strict=False))
    return Changes(
        moved,
        {path: hunks for path, (hunks, _) in shown.items()},
        {path: deleted for path, (_, deleted) in shown.items()},
    )


def _paths(listed: str) -> tuple[list[str], dict[str, str]]:
    """Return the paths, as they are after, in the order of the diff, and those that were renamed."""
    parts = iter(filter(None, listed.split("\0")))
    paths, moved = [], {}
    for status in parts:
        path = next(parts)
        if status[0] in "RC":
            new = next(parts)
            if status[0] == "R":
                moved[path] = new
            path = new
        paths.append(path)
    return paths, moved


def _sections(patch: bytes) -> list[bytes]:
    """Return the parts of a diff, one for each file."""
    starts = [at.start() for at in _SECTION.finditer(patch)]
    return [patch[start:end] for start, end in pairwise([*starts, len(patch)])]


def _shown(section: bytes) -> tuple[tuple[Hunk, ...], frozenset[int]]:
    """Return the lines afterwards that the diff of a file shows, and the lines before that it takes away."""
    hunks = diff_hunks(section.decode("latin-1"))  # only the first character of a line matters
    shown = tuple(Hunk(min(hunk.after), max(hunk.after)) for hunk in hunks if hunk.after)
    return shown, frozenset().union(*(hunk.deleted for hunk in hunks))
