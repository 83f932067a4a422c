"""YAML of every sort: configurations, values, manifests, workflows, compose files, Helm charts and templates."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cached_property

from natsscan.model.source import FileKind
from natsscan.model.usage import Operation, Tier, Usage
from natsscan.surfaces.helmdefines import named_templates
from natsscan.surfaces.helmmask import find_actions, mask
from natsscan.surfaces.helmscope import Meaning, resolve
from natsscan.surfaces.surface import Surface, SurfaceReading
from natsscan.surfaces.templatetext import short, template_usages, text_lines, within_templates
from natsscan.surfaces.yamlanchors import Anchors
from natsscan.surfaces.yamlcomments import commented_keys
from natsscan.surfaces.yamltree import Entry, ValueKind, YamlTree, read_yaml

_HOLE = re.compile(r"\{[^{}]*\}")
_ASSIGNMENT = re.compile(r"([A-Za-z_][\w{}]*)=")
_NUMBER = re.compile(r"(?<!\d)\d{4,5}(?!\d)")
_RELEASE_VALUES = (("releases", "values"), ("releases", "secrets"))  # of a helmfile: files, and values
_TEXT_TEMPLATES = (".tpl", ".txt")


def read(surface: Surface) -> SurfaceReading:
    """Return what a YAML file or a template of one says of the broker, each by its key's path or by its value.

    Template actions are masked, so that spans are those of the file; what they refer to is read on its own. A file
    that names the broker in comments only gives one mention.
    """
    data = surface.source.data
    actions = find_actions(data)
    masked = mask(data, actions)
    meanings = resolve(data, actions, {name: place.dot for name, place in surface.included.items()})
    templates = named_templates(data, actions)
    is_text = surface.source.path.endswith(_TEXT_TEMPLATES)
    above = {name: place.path for name, place in surface.included.items()}
    bodies = [(*template.body, above.get(template.name, ())) for template in templates]
    tree = read_yaml(data, masked, actions, bodies if is_text else None)
    reader = _YamlReader(surface, tree, meanings, masked)
    usages = list(reader.usages())
    for start, end in _between(tree.parts, len(data)) if is_text else ():
        usages += text_lines(surface, masked, start, end)
    for start in tree.skipped:  # what is no YAML may still name the broker
        usages += text_lines(surface, masked, start, data.find(b"\n", start) + 1 or len(data))
    commented = list(reader.comment_usages())
    lines = {usage.span.line for usage in (*usages, *commented)}
    usages += template_usages(surface, meanings, lines, reader.settings)
    usages = within_templates(surface, templates, usages, reader.settings)
    if surface.owner is None and all(usage.symbol in reader.settings for usage in usages):
        usages = _mention(surface, tree)  # the settings are those of another program, or of one without the broker
    else:
        usages += commented
    problems = tuple(surface.problem(fault.offset, fault.reason) for fault in tree.faults[:1])
    return SurfaceReading(tuple(usages), problems)


def _between(parts: Sequence[tuple[int, int]], end: int) -> Iterator[tuple[int, int]]:
    """Yield the stretches of a file that are in none of some parts."""
    at = 0
    for start, stop in parts:
        yield at, start
        at = stop
    yield at, end


class _YamlReader:
    def __init__(self, surface: Surface, tree: YamlTree, meanings: Sequence[Meaning], masked: bytes) -> None:
        self._surface = surface
        self._broker = surface.broker
        self._tree = tree
        self._meanings = meanings
        self._masked = masked
        self.settings: set[str] = set()
        self._named: dict[tuple[str, ...], bool] = {}
        self._blocks = dict(surface.blocks)
        self._depths = sorted({len(path) for path in self._blocks})
        self._holders = {entry.holder for entry in tree.entries}  # keys whose text was read as a document
        self._anchors = Anchors(tree, masked)
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
        elif owner := self._owner_of(entry):
            if self._is_settings_service(entry.path[:2]):
                self.settings.add(entry.dotted)
            yield self._usage(self._operation(entry), entry.dotted, key, entry, self._value(entry) | {"owner": owner})
        elif target := self._broker_alias(entry):
            given = self._value(entry) | {"alias_of": target.dotted}
            yield self._usage(self._operation(entry), entry.dotted, key, entry, given)

    def _value_usages(self, entry: Entry) -> Iterator[Usage]:
        if entry.kind is ValueKind.BLOCK:
            if entry.place not in self._holders:
                body = self._surface.source.data.find(b"\n", *entry.value) + 1
                yield from text_lines(self._surface, self._masked, body or entry.value[0], entry.value[1])
            return
        if entry.kind is ValueKind.ALIAS:
            target = self._broker_alias(entry) if entry.key is None else None
            if target is not None:
                yield self._usage(self._operation(entry), entry.text, entry.value, entry, {"alias_of": target.dotted})
            return
        text, literal = entry.text, _HOLE.sub("", entry.text)
        assigned = _ASSIGNMENT.match(text)
        if self._broker.variable.match(literal):
            secret = {"from_secret": name} if (name := self._secret_of(entry)) else {}
            yield self._usage(Operation.ENV, text, entry.value, entry, {"role": "set"} | secret)
        elif assigned and self._broker.variable.match(_HOLE.sub("", assigned.group(1))):
            start = entry.value[0]
            yield self._usage(Operation.ENV, assigned.group(1), (start, entry.value[1]), entry, {"role": "set"})
        elif entry.key is None and entry.path in _RELEASE_VALUES and (release := self._release_of(entry)):
            yield self._usage(Operation.DEPLOY, short(text), entry.value, entry, {"owner": release})
        elif self._broker.url.search(text):
            yield self._usage(Operation.CONNECT, self._broker.url_symbol, entry.value, entry, {})
        elif self._broker.image.search(text) or self._broker.name.search(literal):
            yield self._usage(Operation.DEPLOY, short(text), entry.value, entry, {})
        elif self._is_broker_port(entry, text):
            yield self._usage(Operation.DEPLOY, f"port {text}", entry.value, entry, {})

    def _is_named(self, path: tuple[str, ...]) -> bool:
        """Tell whether a part of a key path names the broker."""
        if path not in self._named:
            self._named[path] = bool(path) and (
                self._broker.name.search(path[-1]) is not None or self._is_named(path[:-1])
            )
        return self._named[path]

    def _owner_of(self, entry: Entry) -> str | None:
        """Return what of the broker an entry belongs to that does not name it: its chart, or a service that runs it."""
        for depth in self._depths:
            block = entry.path[:depth]
            if block in self._blocks and (entry.document is None or not depth):
                return self._blocks[block]
        if len(entry.path) > 2 and entry.path[:2] in _RELEASE_VALUES:
            return self._release_of(entry)
        service = entry.path[:2]
        return service[1] if service in self._services and entry.document is None else None

    def _release_of(self, entry: Entry) -> str | None:
        """Return the chart of the broker that the helmfile release around an entry installs, None if another."""
        if entry.document is not None:
            return None
        for item in self._tree.ancestors(entry):
            if item.key is None and item.path == ("releases",):
                chart = self._tree.child(item.place, "chart")
                name = chart.text.rpartition("/")[2] if chart is not None else ""
                return name if name in self._broker.charts else None
        return None

    @cached_property
    def _services(self) -> frozenset[tuple[str, ...]]:
        """The services of a compose file that run the broker or that a rule knows, though their names do not say so."""
        if self._surface.source.kind is not FileKind.COMPOSE:
            return frozenset()
        return frozenset(
            entry.path[:2]
            for entry in self._tree.entries
            if entry.path[:1] == ("services",)
            and (
                (len(entry.path) == 3 and entry.name == "image" and self._broker.image.search(entry.text))
                or self._is_settings_service(entry.path)
            )
        )

    def _is_settings_service(self, path: tuple[str, ...]) -> bool:
        """Tell whether a path is that of a service in a compose file that a rule knows."""
        is_service = self._surface.source.kind is FileKind.COMPOSE and len(path) == 2 and path[0] == "services"
        return is_service and self._broker.setting(path) is not None

    def _broker_alias(self, entry: Entry) -> Entry | None:
        """Return the key of the broker whose value an alias stands for, None if it is another's or no alias."""
        target = self._anchors.target(entry) if entry.kind is ValueKind.ALIAS else None
        return target if target is not None and (self._is_named(target.path) or self._owner_of(target)) else None

    def comment_usages(self) -> Iterator[Usage]:
        """Yield keys that are commented out: in a block of the broker any, elsewhere those that a rule knows."""
        for path, start, end in commented_keys(self._tree, self._surface.positions):
            named = self._is_named(path)
            if named or self._broker.setting(path):
                arguments = {"value_kind": "comment"}
                yield self._surface.usage(Operation.CONFIG, ".".join(path), start, end, arguments=arguments)

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
            secret = self._surface.secrets.key.search(entry.name) and entry.kind is not ValueKind.TEMPLATE
            given["value"] = "(secret)" if secret else short(entry.text)
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
