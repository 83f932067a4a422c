"""YAML of every sort: configurations, values, manifests, workflows, compose files, Helm charts and templates."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence

from natsscan.model.source import FileKind
from natsscan.model.usage import Operation, Tier, Usage
from natsscan.surfaces.helmmask import find_actions, mask
from natsscan.surfaces.helmscope import Meaning, resolve
from natsscan.surfaces.surface import Surface, SurfaceReading
from natsscan.surfaces.yamltree import Entry, ValueKind, YamlTree, read_yaml

_SECRET_KEY = re.compile(r"(?i)(?:pass(?:word|wd|phrase)?|secret|token|credentials?|private_?key|api_?key|cookie)$")
_CREDENTIALS = re.compile(r"://[^\s/@]*@")
_HOLE = re.compile(r"\{[^{}]*\}")
_ASSIGNMENT = re.compile(r"([A-Za-z_][\w{}]*)=")
_COMMENTED_KEY = re.compile(r"#+ ?([A-Za-z][\w.-]*):(?:\s|$)")
_NUMBER = re.compile(r"(?<!\d)\d{4,5}(?!\d)")
_TEXT_TEMPLATES = (".tpl", ".txt")
_LONGEST_VALUE = 120


def read(surface: Surface) -> SurfaceReading:
    """Return what a YAML file or a template of one says of the broker, each by its key's path or by its value.

    Template actions are masked, so that spans are those of the file; what they refer to is read on its own. A file
    that names the broker in comments only gives one mention.
    """
    data = surface.source.data
    actions = find_actions(data)
    masked = mask(data, actions)
    meanings = resolve(data, actions)
    if surface.source.path.endswith(_TEXT_TEMPLATES):
        usages = [*_text_lines(surface, masked, 0, len(data)), *_template_usages(surface, meanings, set(), set())]
        return SurfaceReading(tuple(usages))
    tree = read_yaml(data, masked, actions)
    reader = _YamlReader(surface, tree, meanings, masked)
    usages = [*reader.usages(), *reader.comment_usages()]
    lines = {usage.span.line for usage in usages}
    usages += _template_usages(surface, meanings, lines, reader.settings)
    if all(usage.symbol in reader.settings for usage in usages):  # of another program, or one without the broker
        usages = _mention(surface, tree)
    problems = tuple(surface.problem(fault.offset, fault.reason) for fault in tree.faults[:1])
    return SurfaceReading(tuple(usages), problems)


class _YamlReader:
    def __init__(self, surface: Surface, tree: YamlTree, meanings: Sequence[Meaning], masked: bytes) -> None:
        self._surface = surface
        self._broker = surface.broker
        self._tree = tree
        self._meanings = meanings
        self._masked = masked
        self.settings: set[str] = set()
        self._named: dict[tuple[str, ...], bool] = {}
        self._owned = surface.owner is not None and surface.source.kind is FileKind.HELM_VALUES
        self._objects: dict[tuple[int, int], str | None] = {}

    def usages(self) -> Iterator[Usage]:
        """Yield the usages of all entries; a key and its value may each be one."""
        for entry in self._tree.entries:
            if entry.key is not None:
                yield from self._key_usages(entry, entry.key)
            if entry.kind not in (ValueKind.MAP, ValueKind.LIST, ValueKind.NULL):
                yield from self._value_usages(entry)

    def _key_usages(self, entry: Entry, key: tuple[int, int]) -> Iterator[Usage]:
        if self._broker.variable.match(_HOLE.sub("", entry.name)):
            yield self._usage(Operation.ENV, entry.name, key, entry, {"role": "set"} | self._value(entry))
            return
        setting = self._broker.setting(entry.path)
        if setting is not None:
            self.settings.add(entry.dotted)
            given = {"sets": setting.sets, "unit": setting.unit} if setting.unit else {"sets": setting.sets}
            yield self._usage(Operation.CONFIG, entry.dotted, key, entry, given | self._value(entry))
        elif self._is_named(entry.path):
            yield self._usage(self._operation(entry), entry.dotted, key, entry, self._value(entry))
        elif self._owned:
            because = {"owner": self._surface.owner or ""}
            yield self._usage(Operation.CONFIG, entry.dotted, key, entry, self._value(entry) | because)

    def _value_usages(self, entry: Entry) -> Iterator[Usage]:
        if entry.kind is ValueKind.BLOCK:
            if not any(other.holder == entry.place for other in self._tree.entries[entry.place + 1 :]):
                body = self._surface.source.data.find(b"\n", *entry.value) + 1
                yield from _text_lines(self._surface, self._masked, body or entry.value[0], entry.value[1])
            return
        text, literal = entry.text, _HOLE.sub("", entry.text)
        assigned = _ASSIGNMENT.match(text)
        if self._broker.variable.match(literal):
            secret = {"from_secret": name} if (name := self._secret_of(entry)) else {}
            yield self._usage(Operation.ENV, text, entry.value, entry, {"role": "set"} | secret)
        elif assigned and self._broker.variable.match(_HOLE.sub("", assigned.group(1))):
            start = entry.value[0]
            yield self._usage(Operation.ENV, assigned.group(1), (start, entry.value[1]), entry, {"role": "set"})
        elif self._broker.url.search(text):
            yield self._usage(Operation.CONNECT, "amqp URL", entry.value, entry, {})
        elif self._broker.image.search(text) or self._broker.name.search(literal):
            yield self._usage(Operation.DEPLOY, _short(text), entry.value, entry, {})
        elif self._is_broker_port(entry, text):
            yield self._usage(Operation.DEPLOY, f"port {text}", entry.value, entry, {})

    def _is_named(self, path: tuple[str, ...]) -> bool:
        """Tell whether a part of a key path names the broker."""
        if path not in self._named:
            self._named[path] = bool(path) and (
                self._broker.name.search(path[-1]) is not None or self._is_named(path[:-1])
            )
        return self._named[path]

    def comment_usages(self) -> Iterator[Usage]:
        """Yield keys that are commented out: in a block of the broker any, elsewhere those that a rule knows."""
        keys = [entry for entry in self._tree.entries if entry.key is not None]
        starts = [entry.key[0] for entry in keys if entry.key is not None]
        for start, end in self._tree.comments:
            match = _COMMENTED_KEY.match(self._surface.positions.text(start, end))
            if match is None:
                continue
            before = bisect_left(starts, start)
            above = self._block_around(keys[before - 1], start) if before else ()
            path = (*above, match.group(1))
            if self._is_named(path) or self._broker.setting(path):
                place = start + match.start(1)
                arguments = {"value_kind": "comment"}
                yield self._surface.usage(
                    Operation.CONFIG, ".".join(path), place, place + len(match.group(1)), arguments=arguments
                )

    def _block_around(self, before: Entry, offset: int) -> tuple[str, ...]:
        """Return the path of the map that a line belongs to by its column, seen from the key before it."""
        column = self._surface.positions.position(offset)[1]
        for entry in (before, *self._tree.ancestors(before)):
            if entry.key is not None and self._surface.positions.position(entry.key[0])[1] < column:
                return entry.path
        return ()

    def _operation(self, entry: Entry) -> Operation:
        """Keys of compose files and Kubernetes objects run the broker, all others configure a program."""
        runs = self._surface.source.kind is FileKind.COMPOSE or self._object_of(entry) is not None
        return Operation.DEPLOY if runs and entry.document is None else Operation.CONFIG

    def _is_broker_port(self, entry: Entry, text: str) -> bool:
        """Tell whether a value is a port of the broker: the number alone is not enough, something near must name it."""
        if not any(int(number) in self._broker.ports for number in _NUMBER.findall(text)):
            return False
        if self._is_named(entry.path):
            return entry.key is None
        siblings = (self._tree.sibling(entry, name) for name in ("name", "host", "serviceName", "appProtocol"))
        return any(sibling is not None and self._broker.name.search(sibling.text) for sibling in siblings)

    def _secret_of(self, entry: Entry) -> str:
        """Return `name/key` of the Kubernetes secret that a variable's value comes from, empty if from none."""
        value_from = self._tree.sibling(entry, "valueFrom")
        reference = self._tree.child(value_from.place, "secretKeyRef") if value_from else None
        if reference is None:
            return ""
        parts = (self._tree.child(reference.place, name) for name in ("name", "key"))
        return "/".join(part.text for part in parts if part is not None)

    def _value(self, entry: Entry) -> dict[str, str]:
        """Return the value of a key as arguments: its kind, its text unless secret, what a template puts there."""
        given = {"value_kind": entry.kind.value}
        if entry.text:
            secret = _SECRET_KEY.search(entry.name) and entry.kind is not ValueKind.TEMPLATE
            given["value"] = "(secret)" if secret else _short(entry.text)
        for number in entry.actions:
            references = self._meanings[number].references
            if references and entry.kind is ValueKind.TEMPLATE:
                given.setdefault("from", references[0].dotted)
        return given

    def _object_of(self, entry: Entry) -> str | None:
        """Return `KIND/NAME` of the Kubernetes object that an entry is in, None if it is in none."""
        top = entry
        for top in self._tree.ancestors(entry):  # noqa: B007 - the last one is wanted
            pass
        place = (top.holder, top.place)
        if place not in self._objects:
            kind, version = self._tree.child(top.place, "kind"), self._tree.child(top.place, "apiVersion")
            metadata = self._tree.child(top.place, "metadata")
            name = self._tree.child(metadata.place, "name") if metadata else None
            known = kind is not None and version is not None
            self._objects[place] = f"{kind.text}/{name.text if name else ''}" if kind is not None and known else None
        return self._objects[place]

    def _usage(
        self, operation: Operation, symbol: str, span: tuple[int, int], entry: Entry, arguments: dict[str, str]
    ) -> Usage:
        definition = entry.document or self._object_of(entry)
        if self._surface.source.kind is FileKind.COMPOSE and entry.path[:1] == ("services",) and len(entry.path) > 1:
            definition = entry.path[1]
        return self._surface.usage(operation, symbol, *span, definition=definition, arguments=arguments)


def _template_usages(
    surface: Surface, meanings: Sequence[Meaning], lines: set[int], settings: set[str]
) -> Iterator[Usage]:
    """Yield what template actions ask for or name, on lines that say nothing of the broker otherwise.

    Chains that count only as settings are added to `settings`.
    """
    for meaning in meanings:
        for reference in meaning.references:
            named = surface.broker.name.search(reference.dotted)
            if not (named or surface.broker.setting(reference.chain)):
                continue
            if surface.positions.position(reference.start)[0] not in lines:
                settings.update(() if named else (reference.dotted,))
                yield surface.usage(Operation.CONFIG, reference.dotted, reference.start, reference.end)
        for string in meaning.strings:
            if surface.broker.name.search(string.text) and surface.positions.position(string.start)[0] not in lines:
                yield surface.usage(Operation.DEPLOY, _short(string.text), string.start, string.end)


def _text_lines(surface: Surface, masked: bytes, start: int, end: int) -> Iterator[Usage]:
    """Yield one usage for each line of a script or other text in a file that names the broker; comments say nothing."""
    broker = surface.broker
    for line_start, line in _lines(masked, start, end):
        text = line.decode(errors="replace")
        if text.lstrip().startswith("#") or not broker.name.search(text):
            continue
        match = broker.command.search(text) or broker.url.search(text) or broker.name.search(text)
        if match is None:
            continue
        command = broker.command.search(text)
        operation = Operation.ADMIN if command else Operation.CONNECT if broker.url.search(text) else Operation.DEPLOY
        at = line_start + len(text[: match.start()].encode())
        word = re.match(r"[\w./:-]+", text[match.start() :])
        symbol = command.group(1) if command else word.group() if word else match.group()
        symbol = "amqp URL" if operation is Operation.CONNECT else symbol
        yield surface.usage(operation, symbol, at, at + len(match.group().encode()), is_call=bool(command))


def _lines(data: bytes, start: int, end: int) -> Iterator[tuple[int, bytes]]:
    while start < end:
        stop = data.find(b"\n", start, end)
        stop = end if stop < 0 else stop
        yield start, data[start:stop]
        start = stop + 1


def _mention(surface: Surface, tree: YamlTree) -> list[Usage]:
    hits = [
        start + len(text[: match.start()].encode())
        for start, end in tree.comments
        for text in [surface.positions.text(start, end)]
        for match in [surface.broker.name.search(text)]
        if match
    ]
    if not hits:
        return []
    count = {"count": str(len(hits))}
    word = surface.positions.text(hits[0], hits[0] + 4)
    return [surface.usage(Operation.MENTION, word, hits[0], hits[0] + 4, tier=Tier.MENTION, arguments=count)]


def _short(text: str) -> str:
    """Return a value on one line, cut where it is long, and without the credentials of a URL."""
    text = _CREDENTIALS.sub("://***@", " ".join(text.split()))
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"
