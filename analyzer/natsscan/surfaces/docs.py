"""Documents: text for people, in which the broker is mentioned and never used."""

from __future__ import annotations

from natsscan.surfaces.mentions import mentions
from natsscan.surfaces.surface import Surface, SurfaceReading


def read(surface: Surface) -> SurfaceReading:
    """Return one mention for a document that names the broker, nothing for any other."""
    return SurfaceReading(mentions(surface))
