"""How the outputs about a fleet put things."""

from __future__ import annotations

from natsscan.model.mapping import Fidelity
from natsscan.reports.fleet.parts import Parts
from natsscan.reports.words import number

_LONGEST_REASON = 160


def answer(parts: Parts) -> str:
    """Return the sentence that says what the fleet is and what is left to do."""
    fleet = parts.fleet
    repositories = number(len(parts.repositories), "repository", "repositories")
    failed = f" {number(len(fleet.failed), 'more', 'more')} could not be scanned." if fleet.failed else ""
    if not parts.using:
        return f"{repositories}: none uses AMQP.{failed}"
    using = len(parts.using)
    return (
        f"{repositories}, {using:,} of them {'uses' if using == 1 else 'use'} AMQP, through "
        f"{number(len(parts.queues), 'queue')} and {number(parts.exchanges, 'exchange')}; "
        f"{number(len(fleet.crossings), 'flow')} {'crosses' if len(fleet.crossings) == 1 else 'cross'} repositories. "
        f"{number(parts.totals.left, 'use')} left to move, effort {number(parts.totals.effort, 'point')}; "
        f"{number(parts.totals.on_nats, 'use')} on NATS already.{failed}"
    )


def more(left_out: int, file: str = "inventory.html") -> str:
    """Return what stands in place of the end of a long list, empty if nothing is left out."""
    return f"and {left_out:,} more (in {file})" if left_out > 0 else ""


def briefly(reason: str) -> str:
    """Return the beginning of a reason that may name very many repositories."""
    return reason if len(reason) <= _LONGEST_REASON else reason[: _LONGEST_REASON - 1].rstrip(" ,") + "…"


def kept(parts: Parts) -> dict[Fidelity, int]:
    """Return how many properties NATS keeps how well."""
    gaps = parts.fleet.mapping.gaps
    return {fidelity: sum(gap.fidelity is fidelity for gap in gaps) for fidelity in Fidelity}
