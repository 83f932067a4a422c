"""Reads cabal.project and stack.yaml: which packages a build takes from where, and under which constraints."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

import yaml

from natsscan.model.source import FileKind
from natsscan.model.usage import Operation, Usage
from natsscan.surfaces.cabal_fields import Field, Section, parse
from natsscan.surfaces.hiding import bare_address
from natsscan.surfaces.hpack_yaml import Document, items, load, pairs, scalars
from natsscan.surfaces.packaging import given, named, package_at, reading
from natsscan.surfaces.surface import Surface, SurfaceReading

_PATHS = frozenset({"packages", "optional-packages"})
_VERSIONED = frozenset({"constraints", "preferences", "extra-packages"})
_RELAXED = frozenset({"allow-newer", "allow-older"})
_SOURCE = "source-repository-package"
_PATH = re.compile(rb"(?:\{[^}]{0,1000}\}|[^\s,{])+")
_ITEM = re.compile(rb"[^,]+")
_TOKEN = re.compile(rb"[A-Za-z0-9][\w-]*")
_CONSTRAINED = re.compile(rb"\s*(?:[\w-]+\s*[:.]\s*)*([A-Za-z0-9][\w-]*)(?![\w.:/-])(.*)", re.DOTALL)
_BOUNDS = re.compile(r"[(=<>^-]")
_VERSION = re.compile(r"-(\d+(?:\.\d+)*)(?=$|@|\.[a-z])")


def read(surface: Surface) -> SurfaceReading:
    """Return the AMQP packages and the paths named after the broker in a cabal.project or stack.yaml."""
    return _read_stack(surface) if surface.source.kind is FileKind.STACK else _read_project(surface)


def _read_project(surface: Surface) -> SurfaceReading:
    file = parse(surface.source.data)
    usages = [usage for field in file.fields for usage in _field(surface, field)]
    repositories: dict[Section, list[Field]] = defaultdict(list)
    for field in file.fields:
        if field.section.name == _SOURCE:
            repositories[field.section].append(field)
    for section, fields in repositories.items():
        usages += _repository(surface, section, fields)
    for section in file.sections:
        usages += _package_stanza(surface, section)
    problems = () if file.unclosed is None else (surface.problem(file.unclosed, "nothing closes this brace"),)
    return reading(surface, usages, problems)


def _field(surface: Surface, field: Field) -> Iterator[Usage]:
    definition = field.section.titled(field.name)
    if field.name in _PATHS:
        for found in _PATH.finditer(field.value):
            yield from _path(surface, field.start + found.start(), field.start + found.end(), definition)
    elif field.name in _VERSIONED:
        for found in _ITEM.finditer(field.value):
            if parts := _CONSTRAINED.fullmatch(found.group()):
                start = field.start + found.start()
                rest = " ".join(parts.group(2).decode("utf-8", errors="replace").split())
                yield from _package(
                    surface,
                    start + parts.start(1),
                    start + parts.end(1),
                    definition,
                    rest if _BOUNDS.match(rest) else "",
                )
    elif field.name in _RELAXED:
        for found in _ITEM.finditer(field.value):
            start = field.start + found.start()
            spans = ((start + token.start(), start + token.end()) for token in _TOKEN.finditer(found.group()))
            yield from next(filter(None, ([*_package(surface, *span, definition)] for span in spans)), ())


def _path(surface: Surface, start: int, end: int, definition: str) -> Iterator[Usage]:
    """Yield the usage of a path that is named after the broker."""
    if named(surface, surface.source.data[start:end]):
        symbol = bare_address(surface.positions.text(start, end))
        yield surface.usage(Operation.CONFIG, symbol, start, end, definition=definition)


def _package(surface: Surface, start: int, end: int, definition: str, version: str = "") -> Iterator[Usage]:
    """Yield the usage of a name that is an AMQP package."""
    name = surface.positions.text(start, end)
    if name in surface.broker.packages.get("haskell", ()):
        arguments = given(version=version)
        yield surface.usage(Operation.DEPENDENCY, name, start, end, definition=definition, arguments=arguments)


def _package_stanza(surface: Surface, section: Section) -> Iterator[Usage]:
    if section.name == "package":
        end = section.start + len(section.argument.encode())
        definition = section.titled("package")
        dependency = [*_package(surface, section.start, end, definition)]
        yield from dependency or _path(surface, section.start, end, definition)


def _repository(surface: Surface, section: Section, fields: list[Field]) -> Iterator[Usage]:
    """Yield the one usage of a source repository whose address, tag or folder leads to an AMQP package."""
    texts = {field.name: " ".join(field.value.decode("utf-8", errors="replace").split()) for field in fields}
    arguments = given(location=bare_address(texts.get("location", "")), tag=texts.get("tag", ""))
    places = [
        (field.start + found.start(), field.start + found.end())
        for name in ("subdir", "location", "tag")
        for field in fields
        if field.name == name
        for found in re.finditer(rb"\S+", field.value)
    ]
    yield from _source(surface, places, section.titled(_SOURCE), arguments)


def _source(
    surface: Surface, places: list[tuple[int, int]], definition: str, arguments: dict[str, str]
) -> Iterator[Usage]:
    """Yield the first place that leads to an AMQP package, else the first that is named after the broker."""
    packages = surface.broker.packages.get("haskell", frozenset())
    for start, end in places:
        text = surface.positions.text(start, end)
        if name := package_at(text, packages):
            at = start + surface.source.data[start:end].rfind(name.encode())
            if version := _VERSION.search(text):
                arguments = {"version": version.group(1), **arguments}
            yield surface.usage(
                Operation.DEPENDENCY, name, at, at + len(name), definition=definition, arguments=arguments
            )
            return
    for start, end in places:
        if usages := [*_path(surface, start, end, definition)]:
            yield from usages
            return


def _read_stack(surface: Surface) -> SurfaceReading:
    document = load(surface)
    usages = [usage for key, _, value in pairs(document.root) for usage in _stack_field(surface, document, key, value)]
    return reading(surface, usages, document.problems)


def _stack_field(surface: Surface, document: Document, field: str, value: yaml.Node) -> Iterator[Usage]:
    if field in ("packages", "extra-deps"):
        for item in items(value):
            yield from _stack_source(surface, document, field, item)
    elif field in ("allow-newer-deps", "drop-packages"):
        for item in items(value):
            yield from _package(surface, *document.span(item), field)
    elif field in ("flags", "ghc-options", "configure-options"):
        for _, key, _ in pairs(value):
            yield from _package(surface, *document.span(key), field)
    elif field == "nix":
        yield from _stack_nix(surface, document, value)


def _stack_source(surface: Surface, document: Document, field: str, item: yaml.Node) -> Iterator[Usage]:
    found = [*scalars(item)]
    spans = [document.span(node) for _, node in found]
    if field == "packages" and isinstance(item, yaml.ScalarNode):
        yield from _path(surface, *document.span(item), field)
        return
    addresses = ("git", "github", "hg", "archive", "url", "location")
    location = next((surface.positions.text(*document.span(node)) for key, node in found if key in addresses), "")
    tag = next((surface.positions.text(*document.span(node)) for key, node in found if key == "commit"), "")
    yield from _source(surface, spans, field, given(location=bare_address(location), tag=tag))


def _stack_nix(surface: Surface, document: Document, value: yaml.Node) -> Iterator[Usage]:
    """Yield the packages that stack takes from nixpkgs for a build."""
    for key, _, packages in pairs(value):
        for item in items(packages) if key == "packages" else ():
            start, end = document.span(item)
            name = surface.positions.text(start, end)
            if name in surface.broker.packages.get("nix", ()):
                yield surface.usage(Operation.DEPENDENCY, name, start, end, definition="nix.packages")
