"""Writing files: each whole or not at all, with its mode kept, and only inside the folder."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from natsscan.model.errors import InputError


def write_files(root: Path, files: Mapping[str, bytes | None]) -> None:
    """Write or, for None, remove files below a folder: all of them, or none if anything stands in the way.

    Raises InputError for a path that leads out of the folder or through a link, and for one that cannot be written.
    """
    for path in files:
        _refuse_links(root, path)
    staged: dict[Path, Path] = {}
    done: list[tuple[Path, bytes | None, int]] = []
    try:
        for path, data in files.items():
            if data is not None:
                staged[root / path] = _stage(root / path, data)
        for path, data in files.items():
            target = root / path
            before = target.read_bytes() if target.exists() else None
            done.append((target, before, target.stat().st_mode if before is not None else 0))
            if data is None:
                target.unlink()
                _remove_empty(target.parent, root)
            else:
                staged.pop(target).replace(target)
    except OSError as error:
        _restore(done)
        name = error.filename or root
        raise InputError(f"{name}: cannot be written: {(error.strerror or str(error)).lower()}") from error
    finally:
        for left in staged.values():
            left.unlink(missing_ok=True)


def _stage(target: Path, data: bytes) -> Path:
    """Write to a file beside the target, with the mode that the target has or would get."""
    target.parent.mkdir(parents=True, exist_ok=True)
    staged = target.with_name(f".{target.name[:100]}.new")
    staged.unlink(missing_ok=True)
    try:
        with staged.open("xb") as file:
            file.write(data)
        if target.exists():
            shutil.copymode(target, staged)
    except OSError:
        staged.unlink(missing_ok=True)
        raise
    return staged


def _remove_empty(folder: Path, root: Path) -> None:
    """Remove a folder and those above it, as far as nothing is left in them and they are below the root."""
    while folder != root and folder.is_relative_to(root) and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


def _restore(done: list[tuple[Path, bytes | None, int]]) -> None:
    for target, before, mode in reversed(done):
        if before is None:
            target.unlink(missing_ok=True)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(before)
            target.chmod(mode & 0o7777)


def _refuse_links(root: Path, path: str) -> None:
    parts = Path(path).parts
    if not parts or Path(path).is_absolute() or ".." in parts:
        raise InputError(f"{path}: leads out of {root}; nothing was written")
    at = root
    for part in parts:
        at /= part
        if at.is_symlink():
            raise InputError(f"{path}: goes through the link {at}; nothing was written")
