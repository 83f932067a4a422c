"""Writing files: each whole or not at all, with its mode kept, and only inside the folder.

What is written goes into a file beside, which then takes the place of the other by a rename: whoever reads, and whoever
comes after a process that was killed, finds the old content or the new. The disk is not waited for (fsync): that a
process dies loses nothing of what it wrote, and after a power cut there is git, and natsscan can be run again.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from natsscan.model.errors import InputError, StoppedError
from natsscan.source.leftovers import NEW, OLD, beside
from natsscan.source.signals import Held
from natsscan.source.unfinished import begin_record, end_record

# Where no file can be put beside another one or take its place, that one may still be writable.
_ONLY_IN_PLACE = frozenset({errno.EACCES, errno.EPERM, errno.EROFS, errno.EBUSY})


def write_files(root: Path, files: Mapping[str, bytes | None], *, recorded: bool = False) -> None:
    """Write or, for None, remove files below a folder: all of them, or none if anything stands in the way.

    Files that are `recorded` are put back by `put_back_unfinished` if the process is killed in the middle.
    Signals to stop are obeyed before the first file is replaced, or after the last. Raises InputError for a path that
    leads out of the folder or through a link, and for one that cannot be written, StoppedError for a signal.
    """
    for path in files:
        _refuse_links(root, path)
    writing = _Writing(root)
    try:
        with Held() as held:
            writing.write(files, held, recorded=recorded and len(files) > 1)
    except StoppedError as error:
        count = "the file was" if len(files) == 1 else f"all {len(files):,} files were"
        raise StoppedError(error.signal, f"{count} written" if writing.is_done else "nothing was written") from None


def write_file(file: Path, data: bytes) -> None:
    """Write one file that the user named, through a link if it is one. Raises InputError and StoppedError likewise.

    What is no regular file, such as a pipe, is written to; so is what can be written but not be replaced.
    """
    try:
        status = _status(file)
        is_there = status is not None
        if (status and not stat.S_ISREG(status.st_mode)) or file.absolute().parts[1:2] in (("dev",), ("proc",)):
            _write_in_place(file, data)
            return
        target = Path(os.path.realpath(file))
        if not is_there and not target.parent.is_dir():
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
    except OSError as error:
        raise _failed(file, error) from error
    try:
        write_files(target.parent, {target.name: data})
    except InputError as error:
        cause = error.__cause__
        if not (is_there and isinstance(cause, OSError) and cause.errno in _ONLY_IN_PLACE):
            raise (_failed(file, cause) if isinstance(cause, OSError) else error) from cause
        try:
            _write_in_place(file, data)
        except OSError as again:
            raise _failed(file, again) from again


def tidy_beside(root: Path, files: Iterable[str]) -> None:
    """Remove what earlier runs, which were killed, have left beside files of a folder that belongs to natsscan."""
    for path in files:
        for what in (NEW, OLD):
            with suppress(OSError):
                beside(root / path, what).unlink(missing_ok=True)


def remove_leftovers(root: Path, paths: Iterable[str]) -> None:
    """Remove what earlier runs, which were killed, have left of files they were writing."""
    for path in paths:
        _refuse_links(root, path)
        try:
            (root / path).unlink(missing_ok=True)
        except OSError as error:
            raise _failed(root / path, error) from error


def _failed(name: Path | str, error: OSError) -> InputError:
    return InputError(f"{name}: cannot be written: {(error.strerror or str(error)).lower()}")


def _write_in_place(file: Path, data: bytes) -> None:
    with file.open("wb") as out:
        out.write(data)


class _Writing:
    """Files on the way to new content, and what is known to put all back."""

    def __init__(self, root: Path) -> None:
        self.is_done = False
        self._recorded = False
        self._root = root
        self._folders: list[Path] = []  # those made here, the outer ones first
        self._staged: dict[Path, Path] = {}
        self._replaced: list[tuple[Path, Path | None]] = []  # files, and where their old content is

    def write(self, files: Mapping[str, bytes | None], held: Held, *, recorded: bool) -> None:
        at = self._root
        try:
            for path, data in files.items():
                held.check()
                at = self._root / path
                if data is not None:
                    self._stage(at, data)
            if recorded:
                at = self._root
                begin_record(self._root, files)
                self._recorded = True
            held.check()
            for path, data in files.items():
                at = self._root / path
                self._replace(at, is_gone=data is None, may_go_back=len(files) > 1)
            self.is_done = True
            if recorded:
                at = self._root
                end_record(self._root)
        except OSError as error:
            left = self._put_back()
            failed = _failed(at, error)
            raise (InputError(f"{failed}; {left}") if left else failed) from error
        except BaseException:
            self._put_back()
            raise
        with suppress(OSError):  # what is left over is not scanned, and the next run removes it
            for _, old in self._replaced:
                if old is not None:
                    old.unlink(missing_ok=True)
            for path, data in files.items():
                if data is None:
                    _remove_empty((self._root / path).parent, self._root)

    def _stage(self, target: Path, data: bytes) -> None:
        """Write to a file beside the target, with the mode and the owner that the target has or would get."""
        self._make_folder(target.parent)
        staged = self._staged[target] = beside(target, NEW)
        staged.unlink(missing_ok=True)
        with staged.open("xb") as file:
            file.write(data)
        status = _status(target)
        if status is not None:
            _own_likewise(staged, status)
            shutil.copymode(target, staged)

    def _make_folder(self, folder: Path) -> None:
        if not folder.is_dir():
            self._make_folder(folder.parent)
            folder.mkdir(exist_ok=True)
            self._folders.append(folder)

    def _replace(self, target: Path, *, is_gone: bool, may_go_back: bool) -> None:
        old: Path | None = None
        status = _status(target)
        if status is not None:
            if stat.S_ISDIR(status.st_mode):
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
            old = beside(target, OLD)
            old.unlink(missing_ok=True)
            if may_go_back:
                _keep(target, old)
        if may_go_back:
            self._replaced.append((target, old))
        if is_gone:
            target.unlink()
        else:
            self._staged[target].replace(target)
            del self._staged[target]

    def _put_back(self) -> str:
        """Bring back what was, and return what could not be."""
        left = []
        for target, old in reversed(self._replaced):
            try:
                if old is None:
                    target.unlink(missing_ok=True)
                else:
                    old.replace(target)
                    old.unlink(missing_ok=True)  # the two may have been one file still
            except OSError:
                left.append(f"{target} could not be put back" + (f", what it was is {old.name}" if old else ""))
        with suppress(OSError):
            if self._recorded and not left:
                end_record(self._root)
            for path in self._staged.values():
                path.unlink(missing_ok=True)
            for folder in reversed(self._folders):
                if folder.is_dir() and not any(folder.iterdir()):
                    folder.rmdir()
        return "; ".join(left)


def _keep(target: Path, old: Path) -> None:
    """Give a file's content a second name, or a copy where the file system knows no second names."""
    try:
        os.link(target, old)
    except OSError:
        try:
            shutil.copy2(target, old)
        except OSError:
            old.unlink(missing_ok=True)
            raise


def _own_likewise(path: Path, status: os.stat_result) -> None:
    """Give a file the owner and group of another one, as far as this process may: root writes files of others."""
    own = path.stat()
    if (own.st_uid, own.st_gid) != (status.st_uid, status.st_gid):
        try:
            os.chown(path, status.st_uid, status.st_gid)
        except PermissionError:
            return


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def _remove_empty(folder: Path, root: Path) -> None:
    """Remove a folder and those above it, as far as nothing is left in them and they are below the root."""
    while folder != root and folder.is_relative_to(root):
        if folder.is_dir():  # another file's may have taken it along
            if any(folder.iterdir()):
                return
            folder.rmdir()
        folder = folder.parent


def _refuse_links(root: Path, path: str) -> None:
    parts = Path(path).parts
    if not parts or Path(path).is_absolute() or ".." in parts:
        raise InputError(f"{path}: leads out of {root}; nothing was written")
    at = root
    for part in parts:
        at /= part
        if at.is_symlink():
            raise InputError(f"{path}: goes through the link {at}; nothing was written")
