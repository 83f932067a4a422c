"""Output that is no text of natsscan's, in the log of a step of GitHub Actions."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO


@contextmanager
def unheeded(out: BinaryIO) -> Iterator[None]:
    """Have the runner obey no command in what is written meanwhile: `::error::`, `##[group]` in a line of a diff.

    It is told with a word that nobody can know before. A file gets the same as anywhere else, and git passes over it.
    https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions#stopping-and-starting-workflow-commands
    """
    if os.environ.get("GITHUB_ACTIONS") != "true" or stat.S_ISREG(os.fstat(out.fileno()).st_mode):
        yield
        return
    word = secrets.token_hex(16)
    out.write(f"::stop-commands::{word}\n".encode())
    yield
    out.write(f"::{word}::\n".encode())
