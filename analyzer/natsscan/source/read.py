from __future__ import annotations

import codecs
import errno
import os
import re
import stat
from pathlib import Path

from natsscan.model.coverage import Loss, Problem
from natsscan.model.errors import InputError
from natsscan.model.source import FileKind
from natsscan.source.text import TextPositions

MAX_FILE_SIZE = 5_000_000
_PYTHON = frozenset({FileKind.PYTHON, FileKind.SETUP_PY})
_DECLARED = re.compile(rb"(?:[ \t\f]*(?:#[^\n]*)?\n)?[ \t\f]*#[^\n]*?coding[:=][ \t]*(?P<encoding>[-\w.]+)")
_READ_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def read_file(root: Path, path: str, max_size: int = MAX_FILE_SIZE) -> bytes | Problem | None:
    """Return the bytes of a regular file under `root`, or the problem that kept them from being read.

    None means that there is nothing to read: the file is gone, or it is a link to a file of the same tree, which is
    listed under its own name. `max_size` is in bytes. No link is followed and no device or pipe is read.
    """
    full = os.path.join(root, path)  # noqa: PTH118 - called for every file of a tree; pathlib is three times as slow
    try:
        handle = os.open(full, _READ_FLAGS)
    except FileNotFoundError:
        return None
    except OSError as error:
        if os.path.islink(full):  # noqa: PTH114 - unlike pathlib, it raises nothing where nothing may be seen
            return _judge_link(root, path)
        if error.errno == errno.ENXIO:  # a socket
            return Problem(path, 0, "not a regular file", Loss.WHOLE)
        return Problem(path, 0, f"{(error.strerror or str(error)).lower()}", Loss.WHOLE)
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            what = (
                "a folder of its own repository (git submodule)"
                if stat.S_ISDIR(status.st_mode)
                else "not a regular file"
            )
            return Problem(path, 0, what, Loss.WHOLE)
        if status.st_size > max_size:
            return too_large(path, status.st_size, max_size)
        return _read_all(handle, status.st_size)
    except OSError as error:
        return Problem(path, 0, f"{(error.strerror or str(error)).lower()}", Loss.WHOLE)
    finally:
        os.close(handle)


def too_large(path: str, size: int, max_size: int) -> Problem:
    """Return the problem of a file that is larger, in bytes, than those that are read."""
    return Problem(path, 0, f"{size:,} bytes, over the limit of {max_size:,} (--max-file-size)", Loss.WHOLE)


def _read_all(handle: int, size: int) -> bytes:
    data = os.read(handle, size + 1)
    while len(data) < size:
        more = os.read(handle, size - len(data))
        if not more:
            break
        data += more
    return data


def _judge_link(root: Path, path: str) -> Problem | None:
    full = root / path
    if not Path(os.path.realpath(full)).is_relative_to(root):
        return Problem(path, 0, "a symbolic link that leads out of the project", Loss.WHOLE)
    try:
        full.stat()
    except OSError as error:
        if error.errno == errno.ELOOP:
            return Problem(path, 0, "a symbolic link that leads to itself", Loss.WHOLE)
    return None


def declared_encoding(data: bytes) -> str:
    """Return the encoding that a Python file declares in one of its first two lines, empty if it declares none."""
    found = _DECLARED.match(data.removeprefix(codecs.BOM_UTF8))
    return found["encoding"].decode("latin-1") if found else ""


def text_problem(path: str, data: bytes, kind: FileKind) -> Problem | None:
    """Return why the bytes of a file are not plain UTF-8 text, None if they are.

    Python that declares another encoding is left to who reads it.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return Problem(path, 1, "UTF-16 text; save it as UTF-8", Loss.WHOLE)
    nul = data.find(b"\0")
    if nul >= 0:
        return Problem(path, data.count(b"\n", 0, nul) + 1, "holds NUL bytes, so it is not text", Loss.WHOLE)
    if not data.isascii() and not (kind in _PYTHON and declared_encoding(data)):
        try:
            data.decode("utf-8")
        except UnicodeDecodeError as error:
            return Problem(path, data.count(b"\n", 0, error.start) + 1, "not UTF-8 here; save it as UTF-8", Loss.PART)
    return None


def read_given(root: Path, path: Path) -> TextPositions:
    """Return a file that the user named, by its path from the project's root, or by its name if it is outside.

    Raises InputError if it cannot be read.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError.at(path, None, f"cannot be read: {reason}; name a file that is there") from error
    whole = path.resolve()
    return TextPositions(whole.relative_to(root).as_posix() if whole.is_relative_to(root) else path.name, data)
