"""Reads package.yaml, which hpack makes .cabal files from: the same facts, in its own shape."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import yaml

from natsscan.model.usage import Operation, Usage
from natsscan.surfaces.cabal import foreign_libraries, modules
from natsscan.surfaces.cabal_fields import negated
from natsscan.surfaces.hiding import bare_address
from natsscan.surfaces.hpack_yaml import Document, items, load, pairs
from natsscan.surfaces.packaging import entries, given, reading
from natsscan.surfaces.surface import Surface, SurfaceReading

_SINGLE = {"library": "library", "executable": "executable", "custom-setup": "custom-setup"}
_NAMED = {
    "internal-libraries": "library",
    "executables": "executable",
    "tests": "test-suite",
    "benchmarks": "benchmark",
}
_DEPENDENCIES = frozenset({"dependencies", "build-tools"})
_FOREIGN = frozenset({"pkg-config-dependencies", "extra-libraries"})
_MODULES = frozenset(
    {"exposed-modules", "other-modules", "reexported-modules", "generated-exposed-modules", "generated-other-modules"}
)
_COMMON = "package"


@dataclass(frozen=True, slots=True)
class _Stanza:
    """A section with the conditions it is under, as in `library if os(linux)`, and the folders of its modules."""

    title: str
    node: yaml.Node
    sources: tuple[str, ...] = ()

    def under(self, condition: str, node: yaml.Node) -> _Stanza:
        return replace(self, title=f"{self.title} if {condition}", node=node)


def read(surface: Surface) -> SurfaceReading:
    """Return the dependencies on AMQP packages and the modules named after the broker, each in its stanza.

    What the top of the file declares, `package`, is imported by all components.
    """
    document = load(surface)
    components = [*_components(document)]
    titles = ", ".join(component.title for component in components)
    shared = _source_folders(document.root)
    every = [folder for component in components for folder in (_source_folders(component.node) or ["."])]
    found: dict[tuple[int, int], list[Usage]] = {}
    if document.root is not None:
        for usage in _stanza_usages(surface, document, _Stanza(_COMMON, document.root, (*shared, *every)), titles):
            found.setdefault((usage.span.start, usage.span.end), []).append(usage)
    for component in components:
        own = replace(component, sources=(*shared, *_source_folders(component.node)) or (".",))
        for usage in _stanza_usages(surface, document, own, ""):
            found.setdefault((usage.span.start, usage.span.end), []).append(usage)
    return reading(surface, (_shared(surface, usages) for usages in found.values()), document.problems)


def _shared(surface: Surface, usages: list[Usage]) -> Usage:
    """Return one usage for a place that anchors bring into several stanzas: the first's, imported by the others."""
    first = usages[0]
    others = [usage.definition for usage in usages[1:] if usage.definition and usage.definition != first.definition]
    if not others:
        return first
    arguments = {argument.name: argument.text for argument in first.arguments}
    arguments["imported_by"] = ", ".join(dict.fromkeys(filter(None, [arguments.get("imported_by"), *others])))
    span = first.span
    return surface.usage(
        first.operation, first.symbol, span.start, span.end, definition=first.definition, arguments=arguments
    )


def _source_folders(node: yaml.Node | None) -> list[str]:
    """Return what `source-dirs` says: a folder or a list of them."""
    return [
        item.value
        for key, _, value in pairs(node)
        if key == "source-dirs"
        for item in items(value)
        if isinstance(item, yaml.ScalarNode)
    ]


def _components(document: Document) -> Iterator[_Stanza]:
    for key, _, value in pairs(document.root):
        if key in _SINGLE:
            yield _Stanza(_SINGLE[key], value)
        for _, name, component in pairs(value) if key in _NAMED else ():
            yield _Stanza(f"{_NAMED[key]} {document.text(name)}", component)


def _stanza_usages(surface: Surface, document: Document, stanza: _Stanza, imported_by: str) -> Iterator[Usage]:
    """Yield the usages of a stanza and its conditionals, a node that recursion leads back to only once."""
    waiting = [stanza]
    seen: set[int] = set()
    for part in waiting:  # grows while it is walked
        if id(part.node) in seen:
            continue
        seen.add(id(part.node))
        for key, _, value in pairs(part.node):
            if key == "when":
                waiting += [branch for item in items(value) for branch in _branches(document, part, item)]
            elif key in _DEPENDENCIES:
                sources = ", ".join(dict.fromkeys(part.sources)) if key == "dependencies" else ""
                yield from _dependencies(
                    surface, document, part.title, value, {"imported_by": imported_by, "sources": sources}
                )
            elif key in _FOREIGN | _MODULES:
                yield from _names(surface, document, part.title, key, value)


def _branches(document: Document, stanza: _Stanza, node: yaml.Node) -> Iterator[_Stanza]:
    """Yield what holds under a condition: the item itself, or its `then` and `else`."""
    values = {key: value for key, _, value in pairs(node)}
    condition = values.get("condition")
    text = document.text(condition) if isinstance(condition, yaml.ScalarNode) else "?"
    yield stanza.under(text, node)
    if "then" in values:
        yield stanza.under(text, values["then"])
    if "else" in values:
        yield stanza.under(negated(text), values["else"])


def _names(surface: Surface, document: Document, title: str, field: str, value: yaml.Node) -> Iterator[Usage]:
    for item in items(value):
        if isinstance(item, yaml.ScalarNode):
            start, end = document.span(item)
            text = surface.source.data[start:end]
            if field in _FOREIGN:
                yield from foreign_libraries(surface, text, start, title)
            else:
                yield from modules(surface, text, start, field, title)


def _dependencies(
    surface: Surface, document: Document, title: str, value: yaml.Node, context: dict[str, str]
) -> Iterator[Usage]:
    """Yield the AMQP packages among dependencies: a text, a list of texts and objects, or a map to versions."""
    for node, details in _declared(value):
        start, end = document.span(node)
        for entry in entries(surface.source.data[start:end], start):
            if entry.name in surface.broker.packages.get("haskell", ()):
                yield surface.usage(
                    Operation.DEPENDENCY,
                    entry.name,
                    entry.start,
                    entry.end,
                    definition=title,
                    arguments=given(version=entry.rest, **context) | _details(document, details),
                )


def _declared(value: yaml.Node) -> Iterator[tuple[yaml.Node, yaml.Node | None]]:
    """Yield the nodes that name packages, each with what its version or its object says."""
    if isinstance(value, yaml.MappingNode):
        for _, key, details in pairs(value):
            yield key, details
        return
    for item in items(value):
        if isinstance(item, yaml.ScalarNode):
            yield item, None
        for field, _, name in pairs(item):
            if field == "name":
                yield name, item


def _details(document: Document, node: yaml.Node | None) -> dict[str, str]:
    """Return the version and the origin of a dependency that is given as a version or as an object."""
    if isinstance(node, yaml.ScalarNode):
        return given(version="" if node.value in ("null", "~", "*", "any") else document.text(node))
    texts = {key: document.text(value) for key, _, value in pairs(node) if isinstance(value, yaml.ScalarNode)}
    location = next((texts[key] for key in ("github", "git", "path") if key in texts), "")
    return given(
        version=texts.get("version", ""),
        location=bare_address(location),
        tag=texts.get("ref", texts.get("commit", "")),
    )
