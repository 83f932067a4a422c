"""Files that are written together, by a process that may be killed in the middle: the next run puts them back.

Before the first is replaced, a record in their folder says what each was and is to be. Only what is one or the other
still is touched afterwards: what people have changed since is theirs.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path

import msgspec

from natsscan.model.errors import InputError
from natsscan.source.leftovers import NEW, OLD, RECORD, beside


class _Entry(msgspec.Struct, frozen=True):
    """The digests of a file before and after; None where there is no file."""

    old: str | None
    new: str | None


def begin_record(root: Path, files: Mapping[str, bytes | None]) -> None:
    """Record files that are about to be replaced below a folder. Raises OSError if that cannot be done."""
    entries = {path: _Entry(_digest_of(root / path), _digest(data)) for path, data in files.items()}
    staged = beside(root / RECORD, NEW)
    try:
        staged.write_bytes(msgspec.json.encode(entries))
        staged.replace(root / RECORD)
    except OSError:
        with suppress(OSError):
            staged.unlink(missing_ok=True)
        raise


def end_record(root: Path) -> None:
    """Remove the record: the files are all written, or all as they were."""
    (root / RECORD).unlink(missing_ok=True)


def put_back_unfinished(root: Path) -> int:
    """Give files that a killed run had written, as a part of what it was to write, the content from before it.

    Returns how many. Raises InputError if that cannot be done.
    """
    try:
        entries = msgspec.json.decode((root / RECORD).read_bytes(), type=dict[str, _Entry])
    except FileNotFoundError:
        return 0
    except (OSError, msgspec.DecodeError) as error:
        raise InputError(f"{root / RECORD}: cannot be read; look at what git status shows, and remove it") from error
    count = 0
    for path, entry in entries.items():
        target = root / path
        if Path(path).is_absolute() or ".." in Path(path).parts or _leads_elsewhere(root, target):
            continue
        try:
            count += _put_back(target, entry)
            beside(target, NEW).unlink(missing_ok=True)
            beside(target, OLD).unlink(missing_ok=True)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise InputError(f"{target}: cannot be put back, a run was killed that had written it: {reason}") from error
    end_record(root)
    return count


def _put_back(target: Path, entry: _Entry) -> bool:
    if entry.old == entry.new or _digest_of(target) != entry.new:
        return False
    if entry.old is None:
        target.unlink()
    elif _digest_of(old := beside(target, OLD)) == entry.old:
        old.replace(target)
    else:
        return False
    return True


def _leads_elsewhere(root: Path, target: Path) -> bool:
    return not target.parent.resolve().is_relative_to(root.resolve())


def _digest_of(file: Path) -> str | None:
    return _digest(file.read_bytes()) if file.is_file() and not file.is_symlink() else None


def _digest(data: bytes | None) -> str | None:
    return None if data is None else blake2b(data, digest_size=16).hexdigest()
