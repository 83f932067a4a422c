"""YAML of every sort: what the broker has in a configuration, a chart or a compose file, and what NATS has there.

A place is the outermost key or list item that is the broker's, or a template block about it. What stands beside it is
the same text about NATS: as values, templates and environment are written anew by the same tables, they go on agreeing.
Text is never printed from a parsed form, so comments, order and style stay.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from natsscan.model.patch import NewFile
from natsscan.model.source import FileKind
from natsscan.model.usage import Usage
from natsscan.patches.engine import splice
from natsscan.patches.lines import line_end, line_start, runs, whole
from natsscan.patches.place import Job, Place, Reading, Switch
from natsscan.patches.yamllines import Lines, YamlLines, begin
from natsscan.patches.yamltwin import Twins
from natsscan.surfaces.helmmask import Action
from natsscan.surfaces.helmscope import Meaning
from natsscan.surfaces.yamltree import Entry, ValueKind

_NEGATION = re.compile(r"\bnot\b")
_ANCHOR = re.compile(rb"(?m)(?:^|[ \t\[{,-])&([\w-]+)(?=[ \t\r\n]|$)")
_ALIAS = re.compile(rb"(?m)(?:^|[ \t\[{,-])\*([\w-]+)(?=[ \t\r\n,\]}]|$)")
_ALIASED = "Something that stays takes over by an alias what it says: it can go when that is written out there."
_COMMAND = "It is a command of the broker, or calls its management API: what natsscan map writes takes its place."
_VALUE_ONLY = "Only the value is the broker's, and one key cannot have two values: change it when the service moves."
_NO_NAME = "It would be called the same on NATS, so the two cannot stand side by side."
_SETTING = "It does not name the broker and stays; see what unit and meaning its reader gives it on NATS."
_BRANCHES = "A template decides here between several branches; write the one for NATS by hand."
_TORN = "A template block begins or ends in the middle of it; write the part for NATS by hand."
_SOMEBODY_ELSES = "The chart is somebody else's. Add the one of NATS, with JetStream on, and what needs it after that."
_NO_COMMAND = "A service of a workflow takes no command, and the image needs -js: start NATS in a step of its own."
_TOOL = "It prepares the broker for others; on NATS accounts and streams are set up by what natsscan map writes."
_OWN_VALUE = "It is a value of the broker's own chart and goes with it; the chart of NATS has values of its own."
_NO_VOLUME = "The service of NATS keeps its streams in its container; give it a volume if they should outlive that."
_BROKEN = "The file cannot be read to its end, so nothing in it is changed: mend that first."
_DROPPED = "Nothing on NATS takes its place: an account comes with the credentials, and there is no management API."
_NOT_REMOVED = frozenset({_TORN, _BRANCHES})


@dataclass(frozen=True, slots=True)
class _Piece:
    """Lines that are the broker's as a whole: of an entry, or of a template block without one.

    An entry that stands in braces or brackets has no lines of its own, but a stretch of some.
    """

    lines: Lines
    entry: Entry | None
    usages: tuple[Usage, ...]


def read(job: Job) -> Reading:
    """Return the places of a YAML file, and lines to switch."""
    file = YamlLines(job.source)
    if file.tree.faults or file.tree.skipped:
        return Reading((), tuple((usage, _BROKEN) for usage in job.usages))
    finder = _Finder(job, file)
    pieces, lone, others = finder.pieces()
    anchors = {name for piece in pieces for name in _ANCHOR.findall(file.data, piece.lines.start, piece.lines.end)}
    twins = Twins(job, file, frozenset(anchors))
    switches, rest = _switches(file, twins, lone)
    writer = _Writer(finder, twins)
    places = list(map(writer.place, runs(pieces, partial(_follows, file))))
    places += finder.waiting(writer)
    if writer.creates and (repository := twins.repository()) is not None:
        places.append(repository)
    kept = _with_aliases(places, switches, file.data)
    return Reading(kept, (*others, *rest), switches, tuple(writer.creates))


class _Finder:
    """Finds what is the broker's as a whole."""

    def __init__(self, job: Job, file: YamlLines) -> None:
        self.job = job
        self.file = file
        self.tools = {usage.span.start for usage in job.usages if self._is_tool(usage)}
        self.owned = self.tools | {usage.span.start for usage in job.usages if _has(usage, "owner")}

    def pieces(self) -> tuple[list[_Piece], list[Usage], list[tuple[Usage, str]]]:
        """Return the pieces, none within another, the usages in none, and those that are settings, with the reason."""
        found: dict[Lines, tuple[Entry | None, list[Usage]]] = {}
        lone: list[Usage] = []
        settings: list[tuple[Usage, str]] = []
        blocks = self._blocks()
        for usage in self.job.usages:
            at = usage.span.start
            if _has(usage, "sets") and not self.job.broker.name.search(usage.symbol) and at not in self.tools:
                settings.append((usage, _SETTING))
                continue
            entry = self._outermost(at)
            lines = self._stretch(entry) if entry is not None else None
            around = next((block for block in blocks if block.has(at)), None)
            if around is not None and (lines is None or around.start <= lines.start):
                entry, lines = None, around
            if lines is None:
                lone.append(usage)
            else:
                found.setdefault(lines, (entry, []))[1].append(usage)
        pieces: list[_Piece] = []
        for lines in sorted(found, key=lambda lines: (lines.start, -lines.end)):
            entry, usages = found[lines]
            if pieces and lines.start < pieces[-1].lines.end:
                outer = pieces.pop()
                pieces.append(_Piece(outer.lines, outer.entry, (*outer.usages, *usages)))
            else:
                pieces.append(_Piece(lines, entry, tuple(usages)))
        return pieces, lone, settings

    def _stretch(self, entry: Entry) -> Lines | None:
        lines = self.file.lines(entry)
        if not self.file.is_in_flow(entry) or (lines is not None and self._ends_with_comma(entry)):
            return lines
        return Lines(begin(entry), self.file.end(entry))

    def _ends_with_comma(self, entry: Entry) -> bool:
        return self.file.data[self.file.end(entry) :].lstrip(b" \t").startswith(b",")

    def waiting(self, writer: _Writer) -> list[Place]:
        """Return the places where services of a compose file wait for one that prepares the broker."""
        tools = {usage.symbol.partition(".")[2] for usage in self.job.usages if usage.span.start in self.tools}
        found = []
        for entry in self.file.tree.entries:
            if len(entry.path) > 2 and "depends_on" in entry.path[2:] and self.file.name(entry) in tools:
                lines = self._stretch(entry)
                parent = self.file.tree.entries[entry.parent].name if entry.parent >= 0 else ""
                if lines is not None and parent == "depends_on":
                    found.append(writer.place([_Piece(lines, entry, ())]))
        return found

    def runs_broker(self, entry: Entry) -> bool:
        """Tell whether an entry is a service of a compose file whose image is the broker."""
        return self._is_compose("services", entry) and self.has_image(entry)

    def has_image(self, entry: Entry) -> bool:
        """Tell whether the broker's image is named in an entry."""
        image = self.file.tree.child(entry.place, "image")
        return image is not None and self.job.broker.image.search(image.text) is not None

    def is_release(self, entry: Entry) -> bool:
        """Tell whether an entry is a release of a helmfile that installs the broker with a chart from elsewhere."""
        chart = self.file.tree.child(entry.place, "chart")
        if entry.path != ("releases",) or entry.key is not None or chart is None or chart.text.startswith("."):
            return False
        return chart.text.rpartition("/")[2] in self.job.broker.charts

    def is_volume(self, entry: Entry) -> bool:
        """Tell whether an entry is a volume that a compose file declares."""
        return self._is_compose("volumes", entry)

    def _is_compose(self, part: str, entry: Entry) -> bool:
        return self.job.source.kind is FileKind.COMPOSE and len(entry.path) == 2 and entry.path[0] == part

    def _is_tool(self, usage: Usage) -> bool:
        """Tell whether a usage is a compose service that prepares the broker for others, as a rule says."""
        compose = self.job.source.kind is FileKind.COMPOSE and usage.symbol.startswith("services.")
        return compose and _has(usage, "sets") and usage.symbol.count(".") == 1

    def _outermost(self, at: int) -> Entry | None:
        """Return the outermost entry around an offset that is the broker's as a whole, None if there is none."""
        best: Entry | None = None
        for entry in self.file.around(at):
            if self._is_brokers(entry):
                best = entry
        return best

    def _is_brokers(self, entry: Entry) -> bool:
        if entry.key is None and (entry.parent < 0 or entry.kind is ValueKind.LIST):
            return False
        if self.job.broker.name.search(self.file.name(entry)):
            return True
        return entry.key is not None and (entry.key[0] in self.owned or self.runs_broker(entry))

    def _blocks(self) -> list[Lines]:
        """Return the template blocks about the broker, the outermost only."""
        about = [lines for action, meaning, lines in self.file.blocks() if self._is_about(action, meaning)]
        outermost: list[Lines] = []
        for lines in sorted(about, key=lambda lines: (lines.start, -lines.end)):
            if not outermost or lines.start >= outermost[-1].end:
                outermost.append(lines)
        return outermost

    def _is_about(self, action: Action, meaning: Meaning) -> bool:
        """Tell whether an action is about the broker and nothing else."""
        name = self.job.broker.name
        strings = [string.text for string in meaning.strings]
        if action.body.startswith("define"):
            return any(name.search(text) or text in self.job.templates for text in strings)
        if _NEGATION.search(action.body):
            return False
        named = [name.search(reference.dotted) is not None for reference in meaning.references if reference.is_value]
        quoted = not action.prints and any(map(name.search, strings))
        return (any(named) or quoted) and all(named)


class _Writer:
    """Makes places of pieces."""

    def __init__(self, finder: _Finder, twins: Twins) -> None:
        self._finder = finder
        self._file = finder.file
        self._twins = twins
        self._folder = posixpath.dirname(finder.job.source.path)
        self.creates: list[NewFile] = []

    def place(self, run: Sequence[_Piece]) -> Place:
        """Return one place for pieces that follow each other: what stands beside them comes after the last."""
        start, end = run[0].lines.start, run[-1].lines.end
        answers = tuple(usage for piece in run for usage in piece.usages)
        made = [self._twin(piece) for piece in run]
        reason = next((twin for twin in made if isinstance(twin, str)), "")
        if _is_stretch(self._file, run[0]):
            return self._flow_place(run, answers, [twin for twin in made if isinstance(twin, bytes) and twin], reason)
        text = b"".join(twin for twin in made if isinstance(twin, bytes))
        if not text:
            above = self._emptied(run) or Lines(start, end)
            can_go = reason not in _NOT_REMOVED
            return Place(above.start, above.end, answers, None, above.end, reason or _DROPPED, can_go)
        if run[0].entry is not None:
            text = self._twins.guarded(text)
        if self._is_there(run[0], text):
            return Place(start, end, answers, b"", end, "")
        return Place(start, end, answers, whole(self._file.data, text, end), end, reason)

    def _flow_place(
        self, run: Sequence[_Piece], answers: tuple[Usage, ...], twins: Sequence[bytes], reason: str
    ) -> Place:
        """Return the place of entries that follow each other between braces or brackets, kept apart like the rest.

        What stands beside them comes before the next entry, else behind them; alone there, before them.
        """
        data, first, last = self._file.data, run[0].lines.start, run[-1].lines.end
        inside = sorted(self._file.siblings(run[0].entry), key=begin) if run[0].entry is not None else []
        before = next((self._file.end(each) for each in reversed(inside) if begin(each) < first), None)
        after = next((begin(each) for each in inside if begin(each) >= last), None)
        start, end, beside = first, last, first
        between = b", "
        if after is not None:
            end = beside = after
            between = data[last:after]
        elif before is not None:
            between, beside = data[before:first], last
            start = before if between.strip() == b"," else first  # a comment there belongs to the one before
        if between.strip() != b",":
            between = b"," + between[between.rindex(b"\n") :] if b"\n" in between else b", "
        can_go = reason not in _NOT_REMOVED
        if not twins:
            above = self._emptied(run) or Lines(start, end)
            return Place(above.start, above.end, answers, None, above.end, reason or _DROPPED, can_go)
        if self._is_there(run[0], twins[0]):
            return Place(start, end, answers, b"", end, "")
        text = between.join(twins)
        twin = between + text if beside == last else text + between
        return Place(start, end, answers, twin, beside, reason, can_go)

    def _twin(self, piece: _Piece) -> bytes | str:
        """Return the text that stands for a piece on NATS, empty if nothing does; or why there can be none."""
        lines, entry = piece.lines, piece.entry
        if self._file.depth(lines) != 0:
            return _TORN
        if entry is None:
            if any(action.body.startswith("else") for action in self._file.actions_in(lines)):
                return _BRANCHES
        elif (why := self._why_not(entry)) is not None:
            return why
        elif self._finder.job.replacements.dropped.fullmatch(self._file.name(entry)):
            return b""
        elif self._finder.runs_broker(entry):
            return self._twins.of_service(lines, entry)
        elif self._finder.is_release(entry):
            return self._release(entry)
        elif entry.key is not None and entry.key[0] in self._finder.owned:
            return _OWN_VALUE
        elif self._twins.name(self._file.name(entry)) == self._file.name(entry):
            return _NO_NAME
        text = self._twins.of(lines)
        return _NO_NAME if text == self._file.data[lines.start : lines.end] else text

    def _release(self, entry: Entry) -> bytes:
        text, files = self._twins.of_release(entry)
        rule = self._finder.job.replacements.rules.release
        for file in files:
            path = posixpath.normpath(posixpath.join(self._folder, file))
            if "{{" not in path and not path.startswith(("/", "..")):
                self.creates.append(NewFile(path, rule.values.encode()))
        return text

    def _why_not(self, entry: Entry) -> str | None:
        """Return why new names do not do for a thing that others bring, or that others wait for; None if they do."""
        tree = self._file.tree
        if entry.key is not None and entry.key[0] in self._finder.tools:
            return _TOOL
        if self._finder.is_volume(entry):
            return _NO_VOLUME
        repository = tree.child(entry.place, "repository")
        if repository is not None and "://" in repository.text and not repository.text.startswith("file:"):
            return _SOMEBODY_ELSES
        alias = tree.child(entry.place, "alias")
        if alias is not None and self._twins.name(alias.text) == alias.text:
            return _NO_NAME
        is_workflow = entry.path[:1] == ("jobs",) and self._finder.has_image(entry)
        return _NO_COMMAND if is_workflow else None

    def _emptied(self, run: Sequence[_Piece]) -> Lines | None:
        """Return the lines of the key in which nothing would be left but a run of entries, None if something would."""
        first = run[0].entry
        if first is None or first.parent < 0 or len(self._file.siblings(first)) != len(run):
            return None
        parent = self._file.tree.entries[first.parent]
        return self._file.lines(parent) if parent.key is not None else None

    def _is_there(self, piece: _Piece, text: bytes) -> bool:
        """Tell whether what would be put beside a piece stands there already, under the same name."""
        if piece.entry is None:
            return text.strip() in self._file.data
        new = self._twins.name(self._file.name(piece.entry))
        return any(self._file.name(other) == new for other in self._file.siblings(piece.entry))


def _with_aliases(places: Iterable[Place], switches: Iterable[Switch], data: bytes) -> tuple[Place, ...]:
    """Return places of which those stay that have an anchor which something that stays refers to."""
    kept = list(places)
    while True:
        cuts = [(place.start, place.end) for place in kept if place.can_go] + [(s.start, s.end) for s in switches]
        left = splice(data, [(start, end, b"") for start, end in sorted(cuts)])
        aliases = set(_ALIAS.findall(left))
        held = [
            place.can_go and bool(aliases.intersection(_ANCHOR.findall(data, place.start, place.end))) for place in kept
        ]
        if not any(held):
            return tuple(kept)
        kept = [
            replace(place, can_go=False, reason=place.reason or _ALIASED) if is_held else place
            for place, is_held in zip(kept, held, strict=True)
        ]


def _switches(
    file: YamlLines, twins: Twins, lone: Iterable[Usage]
) -> tuple[tuple[Switch, ...], list[tuple[Usage, str]]]:
    """Return the lines that say something else when the program has moved, and the usages that need people."""
    lines: dict[int, list[Usage]] = {}
    rest: list[tuple[Usage, str]] = []
    for usage in lone:
        start = line_start(file.data, usage.span.start)
        if usage.is_call or twins.line(file.data[start : line_end(file.data, start)]) is None:
            text = file.data[usage.span.start : usage.span.end].decode(errors="replace")
            names = any(twins.name(each) != each for each in (usage.symbol, text))
            rest.append((usage, _COMMAND if usage.is_call else _VALUE_ONLY if names else _SETTING))
        else:
            lines.setdefault(start, []).append(usage)
    switches = []
    for start, usages in sorted(lines.items()):
        end = line_end(file.data, start)
        switches.append(Switch(start, end, twins.line(file.data[start:end]) or b"", tuple(usages)))
    return tuple(switches), rest


def _is_stretch(file: YamlLines, piece: _Piece) -> bool:
    """Tell whether a piece stands in braces or brackets and shares its lines."""
    return piece.entry is not None and file.is_in_flow(piece.entry) and piece.lines.end == file.end(piece.entry)


def _has(usage: Usage, name: str) -> bool:
    return any(argument.name == name for argument in usage.arguments)


def _follows(file: YamlLines, one: _Piece, other: _Piece) -> bool:
    """Tell whether an entry follows another one without a gap in one map or list; blocks stand alone."""
    if one.entry is None or other.entry is None:
        return False
    if _is_stretch(file, one) and one.entry.parent == other.entry.parent:
        return not any(one.lines.end <= begin(each) < other.lines.start for each in file.siblings(one.entry))
    return one.lines.end == other.lines.start and one.entry.parent == other.entry.parent
