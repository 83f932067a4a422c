"""Bare clones of repositories that come from elsewhere, kept between runs as long as there is room."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from natsscan.cache.place import user_folder
from natsscan.model.errors import InputError

MAX_BYTES = 20_000_000_000
# What stands beside each other for one URL: its clone, one in the making, one that is being removed, and a file that is
# the lock, whose time is that of the last use, and which holds the size.
_CLONE, _FRESH, _GONE, _USE = ".git", ".new", ".gone", ".use"
_TIDYING = "tidying.lock"


@dataclass(frozen=True, slots=True)
class Cache:
    """A folder of bare clones, one for each URL, which together have at most `max_bytes` after each use of one."""

    root: Path
    max_bytes: int = MAX_BYTES

    @contextmanager
    def hold(self, url: str) -> Iterator[Path]:
        """Give the folder of a URL's clone, there or not, to this process alone; others wait until it is given back.

        Then those used longest ago are removed, until the rest has room. Raises InputError if the cache cannot be
        written.
        """
        name = blake2b(url.encode(), digest_size=16).hexdigest()
        clone = self.root / f"{name}{_CLONE}"
        try:
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            with _locked(clone.with_suffix(_USE), wait=True) as handle:
                os.utime(handle)
                try:
                    yield clone
                finally:
                    _write_size(handle, clone)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            advice = "make room, or set XDG_CACHE_HOME to a folder that can be written"
            raise InputError.at(self.root, None, f"clones cannot be kept here: {reason}; {advice}") from error
        self._tidy()

    def _tidy(self) -> None:
        """Remove what makes it too large, and what another process was about to remove or to make when it ended."""
        with suppress(OSError), _locked(self.root / _TIDYING, wait=True):
            for leftover in (*self.root.glob(f"*{_GONE}"), *self.root.glob(f"*{_FRESH}")):
                with suppress(OSError), _locked(leftover.with_suffix(_USE)):
                    shutil.rmtree(leftover, ignore_errors=True)
            uses = sorted((use.stat().st_mtime_ns, use) for use in self.root.glob(f"*{_USE}"))
            sizes = {use: _size(use) for _, use in uses}
            total = sum(sizes.values())
            for _, use in uses:
                if total <= self.max_bytes:
                    return
                with suppress(OSError), _locked(use) as handle:
                    remove(use.with_suffix(_CLONE))
                    os.truncate(handle, 0)
                    total -= sizes[use]


def default_cache() -> Cache:
    """Return the cache of the user."""
    return Cache(user_folder("repositories"))


def fresh(clone: Path) -> Path:
    """Return where a clone is made, which takes its place only once it is whole; what was left there is removed."""
    place = clone.with_suffix(_FRESH)
    shutil.rmtree(place, ignore_errors=True)
    return place


def remove(clone: Path) -> None:
    """Remove a clone that this process holds; if it ends meanwhile, no half of it is taken for a whole."""
    gone = clone.with_suffix(_GONE)
    shutil.rmtree(gone, ignore_errors=True)
    with suppress(FileNotFoundError):
        clone.rename(gone)
    shutil.rmtree(gone, ignore_errors=True)


@contextmanager
def _locked(path: Path, *, wait: bool = False) -> Iterator[int]:
    """Hold the lock of a file. Raises BlockingIOError if another one does, unless it is waited for."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield handle
    finally:
        os.close(handle)


def _write_size(handle: int, clone: Path) -> None:
    size = str(_measured(clone)).encode() if clone.is_dir() else b""
    with suppress(OSError):  # without it the clone is measured
        os.truncate(handle, 0)
        os.pwrite(handle, size, 0)


def _size(use: Path) -> int:
    """Return the size of a clone as it was noted; where that is missing, as after a crash, it is measured."""
    noted = use.read_bytes()
    return int(noted) if noted.isdigit() else _measured(use.with_suffix(_CLONE))


def _measured(folder: Path) -> int:
    total = 0
    for inner, _, files in os.walk(folder):
        for name in files:
            with suppress(OSError):
                total += (Path(inner) / name).lstat().st_size
    return total
