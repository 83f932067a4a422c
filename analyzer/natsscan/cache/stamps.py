"""Which files of a folder are as they were: told by what the file system says of them, and only else by their bytes."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable, Iterable, Mapping
from hashlib import blake2b

import msgspec

DIGEST_SIZE = 16
# File systems that count whole seconds, some two at a time, do not tell a second change within one from the first.
_UNSETTLED_NS = 2_000_000_000


class Stamp(msgspec.Struct, frozen=True, array_like=True):
    """A regular file as it was: size in bytes, times in nanoseconds, number, and the digest of its content.

    A file that is written to gets another size or time; so one with the same stamp has the same content. `is_settled`
    tells that it had not been touched for so long that this holds on any file system.
    """

    size: int
    modified: int
    changed: int
    inode: int
    digest: bytes
    is_settled: bool


def stamps(
    root: str, paths: Iterable[str], known: Mapping[str, Stamp], read: Callable[[str], object]
) -> dict[str, Stamp]:
    """Return the stamps of files below a folder, for those that `known` has unchanged without reading them.

    `read` gives the bytes of a path, or else what keeps them from being read; that has a digest as well. What is no
    regular file is asked each time.
    """
    found: dict[str, Stamp] = {}
    before = time.time_ns() - _UNSETTLED_NS
    for path in paths:
        try:
            status = os.lstat(f"{root}/{path}")
        except OSError:
            found[path] = _unknown(read(path))
            continue
        stamp = known.get(path)
        if (
            stamp is not None
            and stamp.is_settled
            and stamp.modified == status.st_mtime_ns
            and stamp.changed == status.st_ctime_ns
            and stamp.size == status.st_size
            and stamp.inode == status.st_ino
        ):
            found[path] = stamp
            continue
        content = read(path)
        is_settled = stat.S_ISREG(status.st_mode) and max(status.st_mtime_ns, status.st_ctime_ns) < before
        found[path] = Stamp(
            status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino, digest_of(content), is_settled
        )
    return found


def digest_of(content: object) -> bytes:
    """Return a digest of the bytes of a file, or of what there is instead."""
    if isinstance(content, bytes):
        return blake2b(content, digest_size=DIGEST_SIZE).digest()
    return blake2b(repr(content).encode(errors="surrogatepass"), digest_size=DIGEST_SIZE, person=b"no file").digest()


def _unknown(content: object) -> Stamp:
    return Stamp(0, 0, 0, 0, digest_of(content), is_settled=False)
