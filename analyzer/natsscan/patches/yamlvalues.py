"""YAML that programs go on reading: keys stay, and values that lead to the broker lead to the target."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from natsscan.model.source import FileKind
from natsscan.model.usage import Usage
from natsscan.patches.place import Switch
from natsscan.patches.yamllines import Lines, begin
from natsscan.patches.yamlpieces import Finder, Piece
from natsscan.surfaces.helmmask import Action
from natsscan.surfaces.yamltree import Entry, ValueKind

_SCALARS = frozenset({ValueKind.STRING, ValueKind.INT, ValueKind.TEMPLATE})
_ACTION = re.compile(rb"\{\{.*?\}\}", re.DOTALL)
_ANCHOR = re.compile(rb"&([\w-]+)[ \t]+$")
_ASSIGNED = re.compile(r"[\"']?([A-Za-z_]\w*)=")
# Keys whose values name other things of the same file, which have something beside them.
_REFERS = frozenset({"depends_on", "links", "volumes_from", "needs", "dependencies"})
# Resources of Kubernetes that programs do read.
_READ = frozenset({"ConfigMap", "Secret"})
_VARIABLE = re.compile(r"\s*\$(\w+)\s*:?=")
_STRING = re.compile(r'"[^"]*"')
_IMAGES = frozenset({"image", "repository"})
_MANAGEMENT = "It leads to the management API, which NATS has not: see what the program that reads it asks there."
_LEADS = "By its name it leads to {}, which is not built from this tree and keeps its broker."
_SHARED = "Something that stays takes its value from here by an alias: give that a value of its own first."


class Values:
    """The values of a file that lead to the broker.

    `others` are usages for people, each with the reason, `kept` those about which nothing has to be done.
    """

    def __init__(self, finder: Finder) -> None:
        self._finder = finder
        self._file = finder.file
        self._addresses = finder.job.replacements.addresses
        self._shared = frozenset(self._aliased_by_what_stays())
        self.switches: list[Switch] = []
        self.others: list[tuple[Usage, str]] = []
        self.kept: list[Usage] = []

    def is_programs(self, piece: Piece) -> bool:
        """Tell whether a program reads a piece and goes on doing so: it is not the broker, and waits for none."""
        entry, finder = piece.entry, self._finder
        if entry is not None and self._is_resource(entry):
            return False
        if piece.is_command or piece.serves or finder.job.source.kind is FileKind.HELM_CHART or self._runs(piece.lines):
            return False
        if entry is None:
            return True
        if finder.is_owned(entry) or entry.place in finder.compose.waiting:
            return False
        if finder.compose.is_one:
            return "environment" in entry.path
        return _REFERS.isdisjoint(entry.path)

    def _is_resource(self, entry: Entry) -> bool:
        """Tell whether an entry is a resource of Kubernetes by itself, such as a certificate: no program reads that."""
        kind, tree = self._file.tree.child(entry.place, "kind"), self._file.tree
        others = (tree.child(entry.place, name) for name in ("apiVersion", "metadata"))
        return kind is not None and kind.text not in _READ and any(each is not None for each in others)

    def take(self, piece: Piece) -> None:
        """Sort the values of a piece that programs go on reading."""
        self._sort(self._file.entries_in(piece.lines), piece.usages)

    def take_lone(self, usage: Usage) -> bool:
        """Sort a usage outside of every piece; tell whether it is about a value that programs go on reading."""
        at = usage.span.start
        if any(start <= at < end for start, end in self._file.tree.comments):
            self.kept.append(usage)
            return True
        entry = next(self._file.around(at), None)
        action = next((each for each in self._file.actions if each.start <= at < each.end), None)
        if action is not None and not (entry is not None and entry.kind in _SCALARS and at < entry.value[1]):
            return self._take_action(action, usage)
        if entry is None or entry.kind not in (*_SCALARS, ValueKind.ALIAS):
            return False
        told, switched, kept = len(self.others), len(self.switches), len(self.kept)
        self._sort([entry], [usage])
        if len(self.others) > told or len(self.switches) > switched or self._stays(entry):
            return True
        del self.kept[kept:]
        return False

    def _take_action(self, action: Action, usage: Usage) -> bool:
        """Sort a template action of its own: names of values stay, what it says itself may be an address."""
        text = self._file.data[action.start : action.end]
        assigned = _VARIABLE.match(action.body)
        new = self._addresses.value(assigned[1] if assigned else "", text)
        if new != text:
            self.switches.append(Switch(action.start, action.end, new, (usage,)))
            return True
        is_told = any(map(self._finder.job.broker.name.search, _STRING.findall(action.body)))
        if not (is_told and assigned):
            self.kept.append(usage)
            return True
        return False

    def _stays(self, entry: Entry) -> bool:
        """Tell whether a value stays as it is: a template or an alias fills it in, or it is another program's image."""
        text = _ACTION.sub(b"", self._file.data[slice(*entry.value)]).decode("utf-8", errors="replace")
        broker = self._finder.job.broker
        is_filled_in = entry.kind is ValueKind.ALIAS or broker.name.search(text) is None
        return is_filled_in or (entry.name in _IMAGES and not broker.image.search(entry.text))

    def _sort(self, entries: Iterable[Entry], usages: Sequence[Usage]) -> None:
        left = list(usages)
        for entry in entries:
            if entry.kind not in _SCALARS and entry.kind is not ValueKind.ALIAS:
                continue
            stretch = Lines(begin(entry), max(self._file.end(entry), begin(entry) + 1))
            if any(stretch.has(held.span.start) for held in self._finder.job.held):
                continue
            inside = [usage for usage in left if stretch.has(usage.span.start)]
            reason = self._why_not(entry)
            switch = self._switch(entry, inside) if not reason and entry.kind in _SCALARS else None
            if switch is not None and self._anchor(entry) in self._shared:
                reason, switch = _SHARED, None
            if switch is not None and switch not in self.switches:
                self.switches.append(switch)
            if reason:
                self.others += [(usage, reason) for usage in inside]
            if reason or switch is not None:
                left = [usage for usage in left if usage not in inside]
        self.kept += left

    def _why_not(self, entry: Entry) -> str:
        """Return why a value goes on leading where it does; empty if it need not."""
        leads_to = self._finder.job.leads_to
        led = leads_to(self._key(entry)) or leads_to(entry.dotted)
        return _LEADS.format(led) if led else _MANAGEMENT if self._leads_to_management(entry) else ""

    def _switch(self, entry: Entry, usages: Sequence[Usage]) -> Switch | None:
        key, (start, end) = self._key(entry), entry.value
        old = self._file.data[start:end]
        assigned = _ASSIGNED.match(old.decode("utf-8", errors="replace"))
        if assigned is not None and entry.key is None:  # `NAME=value`, in a list of variables
            key, start = assigned[1], start + len(assigned[0].encode())
            old = self._file.data[start:end]
        if self._finder.job.replacements.dropped.fullmatch(key) or not old:
            return None
        new = self._addresses.value(key, old)
        return None if new == old else Switch(start, end, new, tuple(usages))

    def _leads_to_management(self, entry: Entry) -> bool:
        key, broker = self._key(entry), self._finder.job.broker
        return self._addresses.management.fullmatch(key) is not None or bool(
            entry.text and "://" in entry.text and broker.api.search(entry.text)
        )

    def _key(self, entry: Entry) -> str:
        """Return what a value is called: by its key, by what stands beside it in an item, by the list that it is in."""
        if entry.name == "value" and (name := self._file.tree.sibling(entry, "name")) is not None:
            return name.text
        if entry.name == "name" and entry.parent >= 0:
            return f"{self._key(self._file.tree.entries[entry.parent])}.name"
        if entry.key is not None or entry.parent < 0:
            return entry.name
        return self._key(self._file.tree.entries[entry.parent])

    def _runs(self, lines: Lines) -> bool:
        """Tell whether a piece gives the image of the broker, so that it is about running it."""
        image = self._finder.job.broker.image
        images = (each for each in self._file.entries_in(lines) if each.name in _IMAGES)
        return any(each.text and image.search(each.text) for each in images)

    def _anchor(self, entry: Entry) -> bytes:
        """Return the first anchor on a value, or on what it stands in, that something which stays refers to."""
        for each in (entry, *self._file.tree.ancestors(entry)):
            before = self._file.data[max(0, each.value[0] - 100) : each.value[0]].rstrip(b"\r\n")
            found = _ANCHOR.search(before.rstrip() + b" ")
            if found is not None and found[1] in self._shared:
                return found[1]
        return b""

    def _aliased_by_what_stays(self) -> Iterable[bytes]:
        """Yield the anchors that keys refer to which go on leading to the old broker."""
        held = [usage.span.start for usage in self._finder.job.held]
        for entry in self._file.tree.entries:
            if entry.kind is ValueKind.ALIAS:
                is_merge = entry.key is not None and self._file.data[slice(*entry.key)] == b"<<"
                user = self._file.tree.entries[entry.parent] if is_merge else entry
                is_held = any(begin(user) <= at < self._file.end(user) for at in held)
                if is_held or self._addresses.management.fullmatch(self._key(entry)):
                    yield entry.text.removeprefix("*").encode()
