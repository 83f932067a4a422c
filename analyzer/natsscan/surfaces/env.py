"""Files that set environment variables: `.env`, `.envrc`. Their notation is the shell's."""

from __future__ import annotations

from natsscan.surfaces import shell
from natsscan.surfaces.surface import Surface, SurfaceReading


def read(surface: Surface) -> SurfaceReading:
    """Return the broker's variables that a file sets or reads, and what else it does with the broker."""
    return shell.read(surface)
