"""What all editors of a tree go by, and what the one for a file finds in it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from natsscan.catalog.catalog import Catalog
from natsscan.model.source import SourceFile
from natsscan.model.usage import Usage
from natsscan.patches.pinned import Pinned
from natsscan.patches.place import Job, Reading
from natsscan.patches.registry import EDITORS

_NO_EDITOR = "natsscan does not rewrite files of this kind yet."
_PINNED = "It is read by {}, which is not built from this tree and speaks as it always did: it keeps its broker."
_LEADS = "By its name it leads to {}, which is not built from this tree and keeps its broker."
_STAYS = "What runs beside it from released images still needs the broker, so it stays when all else has moved."


@dataclass(frozen=True, slots=True)
class Context:
    """The rules, what cannot move, and the named templates of charts with something of the broker in them."""

    catalog: Catalog
    pinned: Pinned
    templates: frozenset[str]

    def read(self, source: SourceFile, usages: Iterable[Usage]) -> Reading:
        """Return what the editor of a file finds in it; what cannot move is in no place, with the reason."""
        editor = EDITORS.get(source.kind)
        others: list[tuple[Usage, str]] = []
        free: list[Usage] = []
        for usage in usages:
            held = self._held_by(source.path, usage)
            if held is not None:
                others.append((usage, held))
            elif editor is None:
                others.append((usage, _NO_EDITOR))
            else:
                free.append(usage)
        if editor is None or not free:
            return Reading((), tuple(others))
        broker, replacements = self.catalog.broker, self.catalog.replacements
        found = editor(Job(source, tuple(free), broker, replacements, self.templates, self.pinned.leads_to))
        places = found.places
        if self.pinned.keeps_broker(source.path):
            places = tuple(replace(place, can_go=False, reason=f"{_STAYS} {place.reason}".strip()) for place in places)
        return replace(found, places=places, others=(*others, *found.others))

    def _held_by(self, path: str, usage: Usage) -> str | None:
        """Return why a usage cannot move, None if it can."""
        if path in self.pinned.with_broker:
            return _STAYS
        image = self.pinned.files.get(path) or self.pinned.services.get((path, usage.definition or ""))
        if image is not None:
            return _PINNED.format(image)
        led = self.pinned.leads_to(usage.symbol)
        return _LEADS.format(led) if led is not None else None
