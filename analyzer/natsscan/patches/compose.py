"""Services of compose files: which run the broker, which are only there for it, and who waits for those."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from natsscan.model.source import FileKind
from natsscan.patches.place import Job
from natsscan.patches.yamllines import YamlLines
from natsscan.surfaces.yamltree import Entry

_SERVICES = "services"
_WAITS = ("depends_on", "links")


class Compose:
    """The services of a compose file; nothing in any other file.

    Each is by the place of its entry. `runs` have the broker's image. `prepares` set something up in the broker and
    end. `uses` run another image that is the broker's by its name; none do where programs move as they are. `waiting`
    has what makes other services wait for one of the latter two, and whether it is one that prepares the broker.
    """

    def __init__(self, job: Job, file: YamlLines) -> None:
        self._job = job
        self._file = file
        self.is_one = job.source.kind is FileKind.COMPOSE
        self.runs: set[int] = set()
        self.prepares: set[int] = set()
        self.uses: set[int] = set()
        told = {usage.symbol for usage in job.usages if any(argument.name == "sets" for argument in usage.arguments)}
        for entry in file.tree.entries if self.is_one else ():
            if entry.key is not None and len(entry.path) == 2 and entry.path[0] == _SERVICES:
                self._sort(entry, entry.dotted in told)
        self.waiting = dict(self._waits())

    def only_serves(self, entry: Entry) -> bool:
        """Tell whether an entry is a service that goes with the broker, and nothing takes its place."""
        return entry.place in self.prepares or entry.place in self.uses

    def is_volume(self, entry: Entry) -> bool:
        """Tell whether an entry is a volume that the file declares."""
        return self.is_one and len(entry.path) == 2 and entry.path[0] == "volumes"

    def _waits(self) -> Iterator[tuple[int, bool]]:
        prepare = {self._file.tree.entries[place].name for place in self.prepares}
        gone = prepare | {self._file.tree.entries[place].name for place in self.uses}
        for entry in self._file.tree.entries:
            if gone and entry.path[:1] == (_SERVICES,) and len(entry.path) > 2 and entry.path[2] in _WAITS:
                name = entry.text if entry.key is None and len(entry.path) == 3 else entry.name
                if (entry.key is None or len(entry.path) == 4) and name in gone:
                    yield entry.place, name in prepare

    def mounts(self, entry: Entry) -> tuple[str, ...]:
        """Return the paths in the project of what the service that is an entry is given of it."""
        volumes = self._file.tree.child(entry.place, "volumes")
        folder = posixpath.dirname(self._job.source.path)
        found = []
        for item in self._file.children(volumes) if volumes is not None else ():
            source = self._file.tree.child(item.place, "source")
            text = (source.text if source is not None else item.text).partition(":")[0]
            if text.startswith("."):
                found.append(posixpath.normpath(posixpath.join(folder, text)))
        return tuple(found)

    def _sort(self, entry: Entry, is_told: bool) -> None:
        tree, broker, new = self._file.tree, self._job.broker, self._job.replacements
        image = tree.child(entry.place, "image")
        if image is None:
            return
        name = re.split("[:@]", image.text.rpartition("/")[2])[0]
        is_named = broker.name.search(name) is not None
        if broker.image.search(image.text) and (not is_named or new.text(name.encode()).decode() == new.rules.target):
            self.runs.add(entry.place)
        elif is_told or (broker.name.search(entry.name) and self._commands(entry)):
            self.prepares.add(entry.place)
        elif is_named and tree.child(entry.place, "build") is None and self._job.route is None:
            self.uses.add(entry.place)

    def _commands(self, entry: Entry) -> bool:
        """Tell whether a service runs a tool of the broker or asks its management API."""
        broker = self._job.broker
        parts = (each for each in self._file.children(entry) if each.name != "healthcheck")
        texts = [self._file.data[slice(*part.value)].decode(errors="replace") for part in parts]
        return any(broker.command.search(text) or broker.api.search(text) for text in texts)
