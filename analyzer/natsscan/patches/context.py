"""What all editors of a tree go by, and what the one for a file finds in it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from natsscan.catalog.catalog import Catalog
from natsscan.catalog.compat import Compat
from natsscan.model.source import FileKind, SourceFile
from natsscan.model.usage import Operation, Usage
from natsscan.patches.helmfiles import Helmfiles
from natsscan.patches.pinned import Pinned
from natsscan.patches.place import Job, Place, Reading, Route
from natsscan.patches.registry import EDITORS
from natsscan.patches.variables import settled
from natsscan.source.kinds import is_helmfile

if TYPE_CHECKING:  # it needs LibCST
    from natsscan.patches.python.layer import PythonLayer

_NO_EDITOR = "natsscan does not rewrite files of this kind yet."
_PINNED = "It is read by {}, which is not built from this tree and speaks as it always did: it keeps its broker."
_LEADS = "By its name it leads to {}, which is not built from this tree and keeps its broker."
_PROVIDES = "It is part of a package with the library's own modules, which can go when nothing depends on it any more."
_NEEDED = "The code that uses the broker cannot move as it is, so it stays."
_STAYS = "What runs beside it from released images still needs the broker, so it stays when all else has moved."


@dataclass(frozen=True, slots=True)
class Context:
    """The rules, what cannot move, named templates of charts with something of the broker in them, and helmfiles.

    `route` is how programs move, `layer` what those in Haskell move to and `python` those in Python; all are None if
    people write them anew.
    """

    catalog: Catalog
    pinned: Pinned
    templates: frozenset[str]
    helmfiles: Helmfiles
    route: Route | None = None
    layer: Compat | None = None
    python: PythonLayer | None = None

    def read(self, source: SourceFile, usages: Iterable[Usage]) -> Reading:
        """Return what the editor of a file finds in it; what cannot move is in no place, with the reason."""
        editor = EDITORS.get(source.kind)
        held: list[tuple[Usage, str]] = []
        free: list[Usage] = []
        for usage in usages:
            why = self._held_by(source.path, usage) or self._closed(source.path, usage)
            if why is None:
                free.append(usage)
            else:
                held.append((usage, why))
        if editor is None or not free:
            return Reading((), (*held, *((usage, _NO_EDITOR) for usage in free)))
        if source.path in self.helmfiles.twins:  # values for the broker alone
            is_kept = self.pinned.keeps_broker(source.path)
            reason = _STAYS if is_kept else ""
            whole = Place(0, len(source.data), tuple(free), None, 0, reason, not is_kept, serves=True)
            return Reading((whole,), tuple(held))
        rules = self.catalog.replacements
        leads_to, values = self.pinned.leads_to, self.helmfiles.twins
        about = tuple(usage for usage, _ in held)
        job = Job(source, tuple(free), self.catalog.broker, rules, self.templates, leads_to, values, about, self.route)
        found = editor(job) if self.route is None else settled(job, editor(job))
        places, torn = [], list[tuple[Usage, str]]()
        for place in found.places:
            why = next((why for usage, why in held if place.start <= usage.span.start < place.end), None)
            if why is None:
                places.append(place)
            else:  # a part of it cannot move, so all of it stays
                torn += [(usage, why) for usage in place.answers]
        stays = self._stays(source, found.places, [usage for usage, _ in held])
        places = [replace(p, can_go=False, reason=_STAYS) if p.can_go and stays(p) else p for p in places]
        if self.route is not None and not self.route.is_open_for(free[0].service):
            # What programs read goes on leading to the broker.
            places = [replace(place, can_go=False, reason=_NEEDED) if place.can_go else place for place in places]
            torn += [(usage, _NEEDED) for each in found.switches for usage in each.answers]
            found = replace(found, switches=())
        return Reading(tuple(places), (*held, *torn, *found.others), found.switches, found.kept)

    def _stays(self, source: SourceFile, places: Iterable[Place], held: Collection[Usage]) -> Callable[[Place], bool]:
        """Return what tells which places of a file stay, as others need the broker that they are or set up."""
        if self.pinned.keeps_broker(source.path):
            return lambda place: place.serves
        is_workflow = source.kind is FileKind.YAML and bool(held) and any(place.serves for place in places)
        return lambda _: is_workflow and not is_helmfile(source.path)

    def _closed(self, path: str, usage: Usage) -> str | None:
        """Return why a package of the library, or of the project with its modules, stays where programs move."""
        if self.route is None:
            return None
        if self.route.provides(path):
            return _PROVIDES
        is_package = usage.operation is Operation.DEPENDENCY
        return _NEEDED if is_package and not self.route.goes(usage.symbol, usage.service) else None

    def _held_by(self, path: str, usage: Usage) -> str | None:
        """Return why a usage cannot move, None if it can."""
        if path in self.pinned.with_broker:
            return _STAYS
        image = self.pinned.files.get(path) or self.pinned.services.get((path, usage.definition or ""))
        if image is not None:
            return _PINNED.format(image)
        led = self.pinned.leads_to(usage.symbol)
        return _LEADS.format(led) if led is not None else None
