"""What is the broker's as a whole in a YAML file: entries, template blocks, and commands of scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from natsscan.model.usage import Usage
from natsscan.patches.compose import Compose
from natsscan.patches.place import Job
from natsscan.patches.yamllines import Lines, YamlLines, begin
from natsscan.patches.yamlscripts import Scripts
from natsscan.surfaces.helmmask import Action
from natsscan.surfaces.helmscope import Meaning
from natsscan.surfaces.yamltree import Entry, ValueKind

_NEGATION = re.compile(r"\bnot\b")
_SETTING = "It does not name the broker and stays; see what unit and meaning its reader gives it on NATS."


@dataclass(frozen=True, slots=True)
class Piece:
    """Lines that are the broker's as a whole: of an entry, or of a template block or a command without one.

    An entry that stands in braces or brackets has no lines of its own, but a stretch of some. `serves` as of a Place.
    """

    lines: Lines
    entry: Entry | None
    usages: tuple[Usage, ...]
    is_command: bool = False
    serves: bool = False


@dataclass(frozen=True, slots=True)
class Pieces:
    """The pieces of a file in order, none within another; usages in none; and settings, each with the reason."""

    found: tuple[Piece, ...]
    lone: tuple[Usage, ...]
    settings: tuple[tuple[Usage, str], ...]


class Finder:
    """Finds what is the broker's as a whole."""

    def __init__(self, job: Job, file: YamlLines) -> None:
        self.job = job
        self.file = file
        self.compose = Compose(job, file)
        self.scripts = Scripts(job, file)
        self._owned = {usage.span.start for usage in job.usages if has(usage, "owner")}

    def pieces(self) -> Pieces:
        """Return all of them."""
        found: dict[Lines, Piece] = {}
        lone: list[Usage] = []
        settings: list[tuple[Usage, str]] = []
        blocks = self._blocks()
        for usage in self.job.usages:
            at = usage.span.start
            entry = self._outermost(at)
            if self._is_setting(usage) and not (entry is not None and self.compose.only_serves(entry)):
                settings.append((usage, _SETTING))
                continue
            lines = self._stretch(entry) if entry is not None else None
            around = next((block for block in blocks if block.has(at)), None)
            if around is not None and (lines is None or around.start <= lines.start):
                entry, lines = None, around
            command = self.scripts.lines(at) if lines is None else None
            if (lines := lines or command) is None:
                lone.append(usage)
                continue
            piece = found.get(lines, Piece(lines, entry, (), command is not None, self._serves(entry)))
            found[lines] = replace(piece, usages=(*piece.usages, usage))
        for place, prepares in self.compose.waiting.items():
            entry = self.file.tree.entries[place]
            if (lines := self._stretch(entry)) is not None:
                found.setdefault(lines, Piece(lines, entry, (), serves=prepares))
        return Pieces(tuple(_outermost_only(found)), tuple(lone), tuple(settings))

    def brings_broker(self, entry: Entry) -> bool:
        """Tell whether an entry is a release of a helmfile whose chart is one of the broker's."""
        chart = self.file.tree.child(entry.place, "chart")
        return (
            entry.key is None
            and entry.path == ("releases",)
            and chart is not None
            and chart.text.rpartition("/")[2] in self.job.broker.charts
        )

    def is_owned(self, entry: Entry) -> bool:
        """Tell whether an entry is a value for a chart of the broker."""
        return entry.key is not None and entry.key[0] in self._owned

    def is_container(self, entry: Entry) -> bool:
        """Tell whether an entry is a service that a job of a workflow has beside it, and runs the broker."""
        image = self.file.tree.child(entry.place, "image")
        is_service = entry.path[:1] == ("jobs",) and entry.path[-2:-1] == ("services",)
        return is_service and image is not None and self.job.broker.image.search(image.text) is not None

    def _serves(self, entry: Entry | None) -> bool:
        if entry is None:
            return False
        compose = self.compose
        prepares = entry.place in compose.prepares or entry.place in self.scripts.whole
        return (
            prepares
            or compose.waiting.get(entry.place, False)
            or entry.place in compose.runs
            or compose.is_volume(entry)
            or self.brings_broker(entry)
            or self.is_container(entry)
        )

    def _is_setting(self, usage: Usage) -> bool:
        """Tell whether a usage is about a key, or a template about one, that does not name the broker."""
        if self.job.broker.name.search(usage.symbol):
            return False
        return has(usage, "sets") or self.job.broker.setting(tuple(usage.symbol.split("."))) is not None

    def _stretch(self, entry: Entry) -> Lines | None:
        lines = self.file.lines(entry)
        if not self.file.is_in_flow(entry) or (lines is not None and self._ends_with_comma(entry)):
            return lines
        return Lines(begin(entry), self.file.end(entry))

    def _ends_with_comma(self, entry: Entry) -> bool:
        return self.file.data[self.file.end(entry) :].lstrip(b" \t").startswith(b",")

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
        if entry.place in self.scripts.whole:
            return True
        if not self.file.is_called(entry):
            inside = self.file.children(entry)
            return bool(inside) and all(map(self._is_brokers, inside))
        if self.job.broker.name.search(self.file.name(entry)):
            return True
        is_service = self.compose.only_serves(entry) or entry.place in self.compose.runs
        return self.is_owned(entry) or (entry.key is not None and is_service)

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


def _outermost_only(found: dict[Lines, Piece]) -> Iterator[Piece]:
    last: Piece | None = None
    for lines in sorted(found, key=lambda lines: (lines.start, -lines.end)):
        piece = found[lines]
        if last is not None and lines.start < last.lines.end:
            last = replace(last, usages=(*last.usages, *piece.usages))
        else:
            if last is not None:
                yield last
            last = piece
    if last is not None:
        yield last


def has(usage: Usage, name: str) -> bool:
    """Tell whether a usage has an argument."""
    return any(argument.name == name for argument in usage.arguments)
