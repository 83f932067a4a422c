"""Files that a patch would remove while something that stays still names them."""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from natsscan.model.patch import Applicability, Patch, RemovedFile
from natsscan.model.source import FileKind
from natsscan.patches.engine import changed
from natsscan.source.kinds import Kinds

# In Nix a folder is named for the file of this name in it.
_COMMENT = re.compile(rb"(?m)^[ \t]*(?:#|//|--)[^\n]*")
_OF_FOLDER = "default.nix"


def without_named(
    patches: Iterable[Patch], paths: frozenset[str], read: Callable[[str], bytes | None]
) -> tuple[Patch, ...]:
    """Return patches that remove no file which another one still names, as all patches leave it.

    A file in a chart is its own; documents and comments may name what is gone. A patch that did nothing else is then a
    manual one.
    """
    kinds = Kinds(paths)
    patches = tuple(patches)
    while held := _named(patches, paths, read, kinds):
        patches = tuple(_without(patch, held) for patch in patches)
    return patches


def _named(
    patches: Sequence[Patch], paths: frozenset[str], read: Callable[[str], bytes | None], kinds: Kinds
) -> dict[str, str]:
    """Return the files that patches remove and that others name, each with one that does."""
    removed = {gone.path for patch in patches for gone in patch.removes}
    wanted = {path for path in removed if not kinds.chart_of(path)}
    if not wanted:
        return {}
    counts = Counter(map(posixpath.basename, paths))
    names = {_name(path, counts): path for path in sorted(wanted)}
    pattern = re.compile(rb"(?<![\w.-])(?:%s)(?![\w-]|\.\w)" % b"|".join(re.escape(name.encode()) for name in names))
    after = changed([p for p in patches if p.applicability is not Applicability.MANUAL], lambda _: True, read)
    found: dict[str, str] = {}
    for path in sorted(paths - removed):
        data = after.get(path, read(path)) if kinds.of(path) is not FileKind.DOCS else None
        for name in set(pattern.findall(_COMMENT.sub(b"", data))) if data and pattern.search(data) else ():
            found.setdefault(names[name.decode()], path)
    return found


def _name(path: str, counts: Counter[str]) -> str:
    """Return what a file is named by: its name, with its folder where other files are called so."""
    folder, name = posixpath.split(path)
    if name == _OF_FOLDER and "/" in folder:
        return "/".join(folder.split("/")[-2:])
    return name if counts[name] == 1 or not folder else f"{posixpath.basename(folder)}/{name}"


def _without(patch: Patch, held: dict[str, str]) -> Patch:
    mine: list[RemovedFile] = [gone for gone in patch.removes if gone.path in held]
    if not mine:
        return patch
    said = " ".join(
        f"{held[gone.path]} still names {posixpath.basename(gone.path)}, which stays until then." for gone in mine
    )
    left = tuple(gone for gone in patch.removes if gone.path not in held)
    if left or patch.edits or patch.creates:
        return replace(patch, removes=left, reason=f"{patch.reason} {said}")
    return replace(
        patch,
        applicability=Applicability.MANUAL,
        removes=(),
        reason=said,
        instructions=f"{patch.title}: {said}",
    )
