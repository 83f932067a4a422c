"""YAML of every sort: what the broker has in a configuration, a chart or a compose file, and what NATS has there.

A place is the outermost key or list item that is the broker's, or a template block about it. What stands beside it is
the same text about NATS: as values, templates and environment are written anew by the same tables, they go on agreeing.
Text is never printed from a parsed form, so comments, order and style stay.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from natsscan.model.usage import Usage
from natsscan.patches import helmfiles
from natsscan.patches.lines import is_blank, line_end, line_start, newline, runs, whole
from natsscan.patches.place import Job, Place, Reading, Switch
from natsscan.patches.yamllines import Lines, YamlLines, begin
from natsscan.patches.yamlpieces import Finder, Piece, Pieces
from natsscan.patches.yamltwin import Twins
from natsscan.patches.yamlvalues import Values
from natsscan.surfaces.yamltree import Entry, ValueKind

_ANCHOR = re.compile(rb"(?m)(?:^|[ \t\[{,-])&([\w-]+)(?=[ \t\r\n]|$)")
_VALUE_ONLY = "Only the value is the broker's, and one key cannot have two values: change it when the service moves."
_NO_ADDRESS = "Only the value is the broker's, and nothing tells that it is an address: see what is done with it."
_SCRIPTED = "A script does more here than set up the broker: take its part out by hand when nothing needs it any more."
_NO_NAME = "It would be called the same on NATS, so the two cannot stand side by side."
_BRANCHES = "A template decides here between several branches; write the one for NATS by hand."
_TORN = "A template block begins or ends in the middle of it; write the part for NATS by hand."
_SOMEBODY_ELSES = "The chart is somebody else's. Add the one of NATS, with JetStream on, and what needs it after that."
_NO_COMMAND = "A service of a workflow takes no command, and the image needs -js: start NATS in a step of its own."
_PREPARES = "It sets the broker up for others. On NATS accounts and streams are set up by what natsscan map writes."
_USES = "It runs a program for the broker alone. If that moves to NATS, keep the service and give it the new image."
_NO_VOLUME = "The service of NATS keeps its streams in its container; give it a volume if they should outlive that."
_BROKEN = "The file cannot be read to its end, so nothing in it is changed: mend that first."
_DROPPED = "Nothing on NATS takes its place: an account comes with the credentials, and there is no management API."
_ALIASED = "Something that stays takes its values from here by an alias: give that values of its own first."
_NOT_REMOVED = frozenset({_TORN, _BRANCHES})


def read(job: Job) -> Reading:
    """Return the places of a YAML file, and lines to switch."""
    file = YamlLines(job.source)
    if file.tree.faults or file.tree.skipped:
        return Reading((), tuple((usage, _BROKEN) for usage in job.usages))
    finder = Finder(job, file)
    pieces = finder.pieces()
    values = Values(finder)
    if job.route is not None:
        pieces = _without_programs(pieces, values)
    anchors = {
        name for piece in pieces.found for name in _ANCHOR.findall(file.data, piece.lines.start, piece.lines.end)
    }
    twins = Twins(job, file, frozenset(anchors))
    switches, rest = _switches(finder, twins, pieces.lone)
    writer = _Writer(finder, twins, _guards(file, twins, pieces.found))
    places = [writer.place(run) for run in runs(pieces.found, partial(_follows, file))]
    added = [helmfiles.repository(job, file)] if any(map(writer.is_remote, pieces.found)) else []
    places = [*_without_aliased(file, places, switches), *(place for place in added if place is not None)]
    every = tuple(sorted((*switches, *values.switches), key=lambda each: each.start))
    others = (*pieces.settings, *rest, *values.others)
    return Reading(tuple(sorted(places, key=lambda place: place.start)), others, every, tuple(values.kept))


def _without_programs(pieces: Pieces, values: Values) -> Pieces:
    """Return the pieces that are the broker's, when those that programs read have given up their values.

    Settings stay as they are: their reader is the same.
    """
    mine = [piece for piece in pieces.found if values.is_programs(piece)]
    for piece in mine:
        values.take(piece)
    lone = tuple(usage for usage in pieces.lone if usage.is_call or not values.take_lone(usage))
    values.kept += [usage for usage, _ in pieces.settings]
    return replace(pieces, found=tuple(each for each in pieces.found if each not in mine), lone=lone, settings=())


class _Writer:
    """Makes places of pieces; `guards` are the conditions under which there are volumes, by the volumes' names."""

    def __init__(self, finder: Finder, twins: Twins, guards: Mapping[str, bytes]) -> None:
        self._finder = finder
        self._file = finder.file
        self._twins = twins
        self._guards = guards

    def place(self, run: Sequence[Piece]) -> Place:
        """Return one place for pieces that follow each other: what stands beside them comes after the last."""
        made = [self._twin(piece) for piece in run]
        reason = next((twin for twin in made if isinstance(twin, str)), "")
        texts = [twin for twin in made if isinstance(twin, bytes) and twin]
        place = self._place_in_flow if _is_stretch(self._file, run[0]) else self._place_in_lines
        services = (piece.entry for piece in run if piece.serves and piece.entry is not None)
        return replace(
            place(run, texts, reason),
            answers=tuple(usage for piece in run for usage in piece.usages),
            serves=run[0].serves,
            mounts=tuple(path for entry in services for path in self._finder.compose.mounts(entry)),
        )

    def is_remote(self, piece: Piece) -> bool:
        """Tell whether a piece is a release of the broker with a chart from elsewhere, and has one beside it."""
        entry = piece.entry
        is_release = entry is not None and self._finder.brings_broker(entry)
        return entry is not None and is_release and helmfiles.is_remote(self._file, entry) and not self._is_same(entry)

    def _place_in_lines(self, run: Sequence[Piece], texts: Sequence[bytes], reason: str) -> Place:
        data, shared = self._file.data, self._beginning(run)
        own = shared or Lines(run[0].lines.start, run[-1].lines.end)
        can_go = reason not in _NOT_REMOVED
        if shared is not None and self._file.is_action(line_start(data, own.end)):
            return Place(own.start, own.end, (), None, own.end, _TORN, can_go=False)
        if not texts:
            above = self._tidied(self._emptied(run) or own)
            return Place(above.start, above.end, (), None, above.end, reason or _DROPPED, can_go)
        text = self._guarded(run, b"".join(texts))
        if self._is_there(run[0], text):
            return Place(own.start, own.end, (), b"", own.end, "")
        if shared is not None:  # the first key of an item gives way to one in the same item
            text = text.lstrip(b" -") + data[line_start(data, own.end) : own.end]
        return Place(
            own.start, own.end, (), whole(data, text, own.end) if shared is None else text, own.end, reason, can_go
        )

    def _place_in_flow(self, run: Sequence[Piece], texts: Sequence[bytes], reason: str) -> Place:
        """Return the place of entries that follow each other between braces or brackets, kept apart like the rest.

        What stands beside them comes before the next entry, else behind them; alone there, before them.
        """
        data, one, other = self._file.data, run[0].entry, run[-1].entry
        assert one is not None and other is not None
        cut, (before, after) = self._file.flow_cut(one, other), self._file.flow_gaps(one, other)
        first, last = begin(one), self._file.end(other)
        can_go = reason not in _NOT_REMOVED
        if not texts:
            above = self._emptied(run) or cut
            return Place(above.start, above.end, (), None, above.end, reason or _DROPPED, can_go)
        if self._is_there(run[0], texts[0]):
            return Place(cut.start, cut.end, (), b"", cut.end, "")
        gap = data[last:after] if after is not None else data[before:first] if before is not None else b", "
        if gap.strip() != b",":
            gap = b"," + gap[gap.rindex(b"\n") :] if b"\n" in gap else b", "
        text = gap.join(texts)
        if after is None and before is not None:
            return Place(cut.start, cut.end, (), gap + text, last, reason, can_go)
        return Place(cut.start, cut.end, (), text + gap, after or first, reason, can_go)

    def _twin(self, piece: Piece) -> bytes | str:
        """Return the text that stands for a piece on NATS, empty if nothing does; or why there can be none."""
        lines, entry = piece.lines, piece.entry
        if self._file.depth(lines) != 0:
            return _TORN
        if piece.is_command:
            return _PREPARES
        if entry is None:
            if any(action.body.startswith("else") for action in self._file.actions_in(lines)):
                return _BRANCHES
        elif (why := self._why_not(entry)) is not None:
            return why
        elif entry.place in self._finder.compose.waiting or self._finder.job.replacements.dropped.fullmatch(
            self._file.name(entry)
        ):
            return b""
        elif entry.place in self._finder.compose.runs:
            return self._twins.of_service(lines, entry)
        elif self._is_same(entry):
            return _NO_NAME
        elif self._finder.brings_broker(entry) and helmfiles.is_remote(self._file, entry):
            return helmfiles.release(self._finder.job, self._file, lines, entry)
        text = self._twins.of(lines)
        return _NO_NAME if text == self._file.data[lines.start : lines.end] else text

    def _why_not(self, entry: Entry) -> str | None:
        """Return why new names do not do for a thing that others bring, or that others wait for; None if they do."""
        tree, compose = self._file.tree, self._finder.compose
        if entry.place in compose.prepares or entry.place in self._finder.scripts.whole:
            return _PREPARES
        if entry.place in compose.uses:
            return _USES
        if compose.is_volume(entry):
            return _NO_VOLUME
        if entry.path[:1] == ("releases",) and entry.path[-1] == "needs" and not self._has_twin(entry):
            return _SOMEBODY_ELSES
        repository = tree.child(entry.place, "repository")
        if repository is not None and "://" in repository.text and not repository.text.startswith("file:"):
            return _SOMEBODY_ELSES
        alias = tree.child(entry.place, "alias")
        if alias is not None and self._twins.name(alias.text) == alias.text:
            return _NO_NAME
        return _NO_COMMAND if self._finder.is_container(entry) else None

    def _has_twin(self, need: Entry) -> bool:
        """Tell whether what a release needs is one of the broker's in this file, and has one beside it."""
        wanted = self._file.name(need).rpartition("/")[2]
        releases = (e for e in self._file.tree.entries if self._finder.brings_broker(e) and not self._is_same(e))
        return any(self._file.name(each) == wanted for each in releases)

    def _is_same(self, entry: Entry) -> bool:
        return self._twins.name(self._file.name(entry)) == self._file.name(entry)

    def _guarded(self, run: Sequence[Piece], text: bytes) -> bytes:
        """Return lines under the condition that values they ask for, or volumes they mount, are there at all."""
        if run[0].entry is None:
            return text
        condition = self._twins.condition(text)
        mounted = {self._guards.get(self._twins.name(_mounted(self._file, piece.entry))) for piece in run}
        if condition is None and len(mounted) == 1:
            condition = mounted.pop()
        if condition is None:
            return text
        indent, end = text[: len(text) - len(text.lstrip(b" "))], newline(text)
        return b"%s{{- if %s }}%s%s%s{{- end }}%s" % (indent, condition, end, text, indent, end)

    def _emptied(self, run: Sequence[Piece]) -> Lines | None:
        """Return the lines of the key in which nothing would be left but a run of entries, None if something would."""
        first = run[0].entry
        if first is None or first.parent < 0 or len(self._file.siblings(first)) != len(run):
            return None
        parent = self._file.tree.entries[first.parent]
        if parent.key is None:
            return None
        return self._file.flow_cut(parent, parent) if self._file.is_in_flow(parent) else self._file.lines(parent)

    def _beginning(self, run: Sequence[Piece]) -> Lines | None:
        """Return what goes with the first keys of an item that has others: all up to the next one, but not the mark."""
        first, data = run[0].entry, self._file.data
        if first is None or first.key is None or first.parent < 0:
            return None
        mark = data[line_start(data, begin(first)) : begin(first)]
        if b"-" not in mark or len(self._file.siblings(first)) == len(run):
            return None
        at = run[-1].lines.end
        return Lines(begin(first), at + len(data[at:]) - len(data[at:].lstrip(b" \t\r\n")))

    def _tidied(self, lines: Lines) -> Lines:
        """Return lines that go with the template block that would be empty, and one of two blank lines around them."""
        data, lines = self._file.data, self._file.block_of(lines)
        is_after_gap = lines.start == 0 or is_blank(data, lines.start - 1)
        has_lines = data[line_start(data, lines.start) : lines.start] == b""
        if has_lines and is_after_gap and is_blank(data, lines.end):
            return Lines(lines.start, line_end(data, lines.end))
        return lines

    def _is_there(self, piece: Piece, text: bytes) -> bool:
        """Tell whether what would be put beside a piece stands there already, under the same name."""
        if piece.entry is None:
            return text.strip() in self._file.data
        new = self._twins.name(self._file.name(piece.entry))
        return any(self._file.name(other) == new for other in self._file.siblings(piece.entry))


def _guards(file: YamlLines, twins: Twins, pieces: Iterable[Piece]) -> dict[str, bytes]:
    """Return the conditions under which volumes of a template stand beside those of the broker, by their names.

    Only conditions that mean the same all over the template count.
    """
    found = {}
    for piece in pieces:
        if piece.entry is not None and piece.entry.key is None and piece.entry.path[-1:] == ("volumes",):
            condition = twins.condition(twins.of(piece.lines))
            if condition is not None and condition.startswith((b".Values", b"$.Values")):
                found[twins.name(file.name(piece.entry))] = b"$" + condition.removeprefix(b"$")
    return found


def _mounted(file: YamlLines, entry: Entry | None) -> str:
    """Return the name of the volume that an entry mounts, empty if it mounts none."""
    mounts = entry is not None and file.tree.child(entry.place, "mountPath") is not None
    return file.name(entry) if entry is not None and mounts else ""


def _without_aliased(file: YamlLines, places: Sequence[Place], switches: Sequence[Switch]) -> list[Place]:
    """Return places; those with an anchor that an alias needs which stays have to stay as well."""
    aliases = [entry for entry in file.tree.entries if entry.kind is ValueKind.ALIAS]
    switched = [Lines(each.start, each.end) for each in switches]
    while True:
        gone = [Lines(place.start, place.end) for place in places if place.can_go]
        left = {e.text.removeprefix("*").encode() for e in aliases if not _is_in(e.value[0], [*gone, *switched])}
        held = [p for p in places if p.can_go and left.intersection(_ANCHOR.findall(file.data, p.start, p.end))]
        if not held:
            return list(places)
        places = [replace(p, can_go=False, reason=_ALIASED) if p in held else p for p in places]


def _is_in(at: int, stretches: Iterable[Lines]) -> bool:
    return any(lines.has(at) for lines in stretches)


def _switches(
    finder: Finder, twins: Twins, lone: Iterable[Usage]
) -> tuple[tuple[Switch, ...], list[tuple[Usage, str]]]:
    """Return the lines that say something else when the program has moved, and the usages that need people."""
    data, lines = finder.file.data, dict[int, list[Usage]]()
    rest: list[tuple[Usage, str]] = []
    for usage in lone:
        if finder.job.route is not None and finder.scripts.around(usage.span.start) is None:
            rest.append((usage, _NO_ADDRESS))
            continue
        start = line_start(data, usage.span.start)
        if usage.is_call or twins.line(data[start : line_end(data, start)]) is None:
            is_scripted = finder.scripts.around(usage.span.start) is not None
            rest.append((usage, _SCRIPTED if is_scripted else _VALUE_ONLY))
        else:
            lines.setdefault(start, []).append(usage)
    switches = []
    for start, usages in sorted(lines.items()):
        end = line_end(data, start)
        switches.append(Switch(start, end, twins.line(data[start:end]) or b"", tuple(usages)))
    return tuple(switches), rest


def _is_stretch(file: YamlLines, piece: Piece) -> bool:
    """Tell whether a piece stands in braces or brackets and shares its lines."""
    return piece.entry is not None and file.is_in_flow(piece.entry) and piece.lines.end == file.end(piece.entry)


def _follows(file: YamlLines, one: Piece, other: Piece) -> bool:
    """Tell whether an entry follows another one without a gap in one map or list; blocks stand alone."""
    if one.entry is None or other.entry is None or one.serves != other.serves:
        return False
    if _is_stretch(file, one) and one.entry.parent == other.entry.parent:
        return not any(one.lines.end <= begin(each) < other.lines.start for each in file.siblings(one.entry))
    return one.lines.end == other.lines.start and one.entry.parent == other.entry.parent
