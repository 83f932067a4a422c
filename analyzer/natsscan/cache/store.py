"""Results kept in files between runs, by keys that say all that they follow from.

Nothing here is needed: what cannot be read or is not whole is told and made anew, what cannot be written is not kept.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

MAX_BYTES = 500_000_000
_MAX_RESULTS = 2_000
_MAX_AGE = 30 * 24 * 3600.0
# What was not finished in this time is left over from a process that ended.
_UNFINISHED_AGE = 3600.0
_MAGIC = b"natsscan-kept-1\n"
_DIGEST_SIZE = 16
_KEPT, _UNFINISHED = ".kept", ".tmp"
_READ_FLAGS = os.O_RDONLY | os.O_CLOEXEC | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


@dataclass(frozen=True, slots=True)
class Store:
    """A folder of results, after `tidy` of at most `max_bytes`: those used longest ago go, and all after 30 days.

    Each is written beside its place and then put there, and begins with a digest of key and content. Any number of
    processes may use the folder, and may end at any moment. `tell` gets one line for each file that is not what was put
    there.
    """

    root: Path
    tell: Callable[[str], None]
    max_bytes: int = MAX_BYTES

    def get(self, key: str) -> bytes | None:
        """Return what is kept under a key, None if nothing is or if it is not what was written."""
        path = self.root / f"{key}{_KEPT}"
        try:
            handle = os.open(path, _READ_FLAGS)
        except FileNotFoundError:
            return None
        except OSError as error:
            self._note(path, (error.strerror or str(error)).lower())
            return None
        with os.fdopen(handle, "rb") as file:
            status = os.fstat(handle)
            if not stat.S_ISREG(status.st_mode) or (hasattr(os, "geteuid") and status.st_uid != os.geteuid()):
                self._note(path, "another user's, or no file")
                return None
            data = file.read()
            start = len(_MAGIC) + _DIGEST_SIZE
            if data[:start] != _MAGIC + _digest(key, memoryview(data)[start:]):
                self._note(path, "damaged")
                return None
            with suppress(OSError):
                os.utime(path)  # it was of use
        return data[start:]

    def put(self, key: str, data: bytes) -> None:
        """Keep something under a key, in place of what was there. Where that cannot be done, nothing is kept."""
        from tempfile import mkstemp  # few runs have something to keep

        with suppress(OSError):
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, unfinished = mkstemp(_UNFINISHED, "", self.root)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(_MAGIC + _digest(key, data))
                    file.write(data)
                os.replace(unfinished, self.root / f"{key}{_KEPT}")  # noqa: PTH105 - mkstemp gives a text
            except BaseException:
                os.unlink(unfinished)  # noqa: PTH108
                raise

    def forget(self, key: str) -> None:
        """Remove what is kept under a key."""
        with suppress(OSError):
            (self.root / f"{key}{_KEPT}").unlink()

    def sizes(self) -> tuple[int, int]:
        """Return how many results are kept, and how many bytes they have together."""
        found = [size for _, size, path in self._entries() if path.suffix == _KEPT]
        return len(found), sum(found)

    def clear(self) -> tuple[int, int]:
        """Remove all that is kept; return how many results that were, and how many bytes. Raises OSError."""
        count = total = 0
        for _, size, path in self._entries():
            with suppress(FileNotFoundError):
                path.unlink()
                count, total = count + (path.suffix == _KEPT), total + size
        return count, total

    def _note(self, path: Path, reason: str) -> None:
        self.tell(f"{path}: {reason}; this part of the cache is ignored and made anew")
        with suppress(OSError):
            path.unlink()

    def _entries(self) -> Iterator[tuple[float, int, Path]]:
        """Yield the time of last use, the size and the path of each file that is a result, or was to become one."""
        try:
            with os.scandir(self.root) as entries:
                for entry in entries:
                    with suppress(OSError):
                        status = entry.stat(follow_symlinks=False)
                        if entry.name.endswith((_KEPT, _UNFINISHED)) and stat.S_ISREG(status.st_mode):
                            yield status.st_mtime, status.st_size, Path(entry.path)
        except OSError:
            return

    def tidy(self) -> None:
        """Remove what is too old, or too much."""
        now = time.time()
        entries = sorted(self._entries())
        total = sum(size for _, size, _ in entries)
        for left, (used, size, path) in zip(range(len(entries), 0, -1), entries, strict=True):
            age = now - used
            is_left_over = path.suffix == _UNFINISHED and age > _UNFINISHED_AGE
            is_too_much = path.suffix == _KEPT and (total > self.max_bytes or left > _MAX_RESULTS)
            if is_left_over or is_too_much or age > _MAX_AGE:
                with suppress(OSError):
                    path.unlink()
                total -= size


def _digest(key: str, data: bytes | memoryview) -> bytes:
    """Return the digest of data under its key: what lies under another one is not what was put there."""
    digest = blake2b(key.encode(), digest_size=_DIGEST_SIZE)
    digest.update(data)
    return digest.digest()
