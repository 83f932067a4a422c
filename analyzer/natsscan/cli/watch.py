"""Doing something again whenever files change."""

from __future__ import annotations

import gc
import os
import sys
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from natsscan.cli.opened import Opened
from natsscan.model.errors import InputError
from natsscan.source.discover import list_files

_PAUSE = 0.5
# Looking takes at most this share of the time.
_SHARE = 0.1
Seen = tuple[tuple[str, int, int, int], ...]
_CLEAR = "\x1b[H\x1b[2J\x1b[3J"


def watch(
    show: Callable[[], str], opened: Callable[[], Opened], beside: Iterable[Path], written: Iterable[Path]
) -> None:
    """Print what `show` returns now, and each time that files changed and it returns something else, until Ctrl-C.

    Looked at are the files of the project that `opened` opens, its rules, and those `beside`, but not those that are
    `written` by `show` itself. Bad input is told, and ends nothing: it is about to be mended.
    """
    shown, look = "", partial(_look, opened, tuple(beside), frozenset(str(path.resolve()) for path in written))
    try:
        while True:
            before = look()  # what changes while it is shown is shown next
            try:
                text = show()
            except InputError as error:
                text = f"natsscan: {' '.join(str(error).split())}\n"
            if text != shown:
                sys.stdout.write((_CLEAR if sys.stdout.isatty() else "\n" if shown else "") + text)
                sys.stdout.flush()
                shown = text
            gc.collect()
            _wait(look, before)
    except KeyboardInterrupt:
        return


def _wait(look: Callable[[], Seen], before: Seen) -> None:
    """Return once something is not as it was, and then stays as it is."""
    started = time.monotonic()
    while (now := look()) == before:
        time.sleep(max(_PAUSE, (time.monotonic() - started) / _SHARE))
        started = time.monotonic()
    while (then := look()) != now:  # who writes is not done
        now = then
        time.sleep(_PAUSE / 2)


def _look(opened: Callable[[], Opened], beside: tuple[Path, ...], written: frozenset[str]) -> Seen:
    """Return the files that matter, each with its size, its time and its number."""
    try:
        project = opened()
    except InputError:
        return ()
    root = project.project.root
    listed = (str(root / path) for path in list_files(root, project.options.exclude).paths)
    rules = (str(path) for folder in project.rules for path in sorted(folder.rglob("*")))
    found = []
    for path in (*listed, *rules, *map(str, beside)):
        try:
            status = os.lstat(path)
        except OSError:
            continue
        if path not in written:
            found.append((path, status.st_size, status.st_mtime_ns, status.st_ino))
    return tuple(found)
