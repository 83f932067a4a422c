from __future__ import annotations

from natsscan.model.source import FileKind

_SUFFIXES = {
    ".hs": FileKind.HASKELL,
    ".lhs": FileKind.HASKELL,
    ".hsc": FileKind.HASKELL,
    ".chs": FileKind.HASKELL,
    ".hs-boot": FileKind.HASKELL,
}


def kind_of(path: str) -> FileKind | None:
    """Return the kind of a file by its name, None if natsscan does not read such files."""
    name = path.rpartition("/")[2]
    return _SUFFIXES.get(name[name.rfind(".") :]) if "." in name else None
