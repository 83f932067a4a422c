"""How files that natsscan writes begin: those of others are not overwritten, and of its own nothing is told."""

from __future__ import annotations

BASELINE = "# natsscan baseline"
GENERATED = "Made by natsscan generate"
