from __future__ import annotations

from typing import TextIO

from rich.console import Console


def console(out: TextIO, width: int | None, colour: bool) -> Console:
    """Return what prints text and tables; `width` is that of the terminal, None where lines may be of any length."""
    return Console(
        file=out,
        width=width or 10_000,
        force_terminal=colour,
        color_system="standard" if colour else None,
        no_color=not colour,
        highlight=False,
        markup=False,
        emoji=False,
        soft_wrap=width is None,
    )
