"""Files that natsscan writes into a tree: new where there are none, brought up to date where it wrote them before."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from natsscan.model.marks import GENERATED
from natsscan.model.patch import Edit, NewFile, edit


def is_ours(data: bytes) -> bool:
    """Tell whether a file of Haskell, cabal or Python begins with the mark of what natsscan writes."""
    return data.startswith((f"-- {GENERATED}".encode(), f"# {GENERATED}".encode()))


def will_be(text: bytes, there: bytes | None) -> bytes:
    """Return what a file is afterwards, given its new text and what is there: what somebody else wrote stays."""
    return text if there is None or is_ours(there) else there


def written(
    files: Mapping[str, bytes], read: Callable[[str], bytes | None]
) -> tuple[tuple[NewFile, ...], tuple[Edit, ...]]:
    """Return what creates files, by path, and what brings those up to date that are there and differ."""
    creates: list[NewFile] = []
    renewed: list[Edit] = []
    for path, text in sorted(files.items()):
        there = read(path)
        if there is None:
            creates.append(NewFile(path, text))
        elif (new := will_be(text, there)) != there:
            renewed.append(edit(path, there, 0, len(there), new))
    return tuple(creates), tuple(renewed)
