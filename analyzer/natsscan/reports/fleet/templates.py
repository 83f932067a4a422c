from __future__ import annotations

from natsscan.catalog.rulefiles import bundled
from natsscan.reports.inventory.templates import OWN, Templates


def templates() -> Templates:
    """Return the templates of a fleet, behind which are those of the inventory."""
    return Templates(None, (bundled("templates") / "fleet", OWN))
