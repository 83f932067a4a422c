"""What a trial on real brokers showed, as a table."""

from __future__ import annotations

from collections import Counter

from rich.console import Console
from rich.table import Table

from natsscan.model.proof import Proof, Verdict

_COLOURS = {Verdict.PROVEN: "green", Verdict.DIFFERS: "red", Verdict.UNTESTED: "yellow"}


def render(proofs: tuple[Proof, ...], servers: str, width: int | None, colour: bool) -> str:
    """Return the count of each verdict, then the table, what differs first."""
    counts = Counter(proof.verdict for proof in proofs)
    said = ", ".join(f"{counts[verdict]} {verdict}" for verdict in Verdict)
    table = Table(box=None, pad_edge=False, show_edge=False)
    for title in ("", "flow", "tried", "result"):
        table.add_column(title, overflow="fold")
    order = (Verdict.DIFFERS, Verdict.UNTESTED, Verdict.PROVEN)
    for proof in sorted(proofs, key=lambda proof: order.index(proof.verdict)):
        table.add_row(
            f"[{_COLOURS[proof.verdict]}]{proof.verdict}[/]", _plain(proof.flow), proof.checked, _plain(proof.detail)
        )
    console = Console(
        width=width or 160,
        color_system="standard" if colour else None,
        force_terminal=colour,
        highlight=False,
        file=None,
    )
    with console.capture() as captured:
        console.print(table)
    lines = (line.rstrip() for line in captured.get().splitlines())
    return f"On {servers}: {said}.\n\n" + "\n".join(lines) + "\n"


def _plain(text: str) -> str:
    return text.replace("[", "\\[")
