from __future__ import annotations

import re

from natsscan.reports.inventory.parts import Parts
from natsscan.topology.shapes import shape

_NOT_IN_IDS = re.compile(r"[^a-z0-9]+")


class Ids:
    """The ids of services, exchanges and queues in a page. The same inventory has the same ids."""

    def __init__(self, parts: Parts) -> None:
        self._ids: dict[tuple[str, str], str] = {}
        names = [("service", service.name) for service in parts.services]
        names += [("exchange", exchange.name) for exchange in parts.exchanges]
        names += [("queue", queue.name) for queue in parts.queues]
        taken: set[str] = set()
        for kind, name in names:
            slug = f"{kind}-{_NOT_IN_IDS.sub('-', name.lower()).strip('-') or 'unnamed'}"
            number = 1
            while (found := slug if number == 1 else f"{slug}-{number}") in taken:
                number += 1
            taken.add(found)
            self._ids[kind, self._known_as(kind, name)] = found

    def of(self, kind: str, name: str) -> str:
        """Return the id of a service, exchange or queue; empty if the page has none of that name."""
        return self._ids.get((kind, self._known_as(kind, name)), "")

    @staticmethod
    def _known_as(kind: str, name: str) -> str:
        return shape(name) if kind == "queue" else name
