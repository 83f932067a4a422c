"""Reads Nix: generated package descriptions, overlays and package sets, NixOS settings, images and URLs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from natsscan.model.coverage import Problem
from natsscan.model.usage import Operation, Usage
from natsscan.surfaces.hiding import bare_address
from natsscan.surfaces.nix_places import LONGEST, Place, Role, parse, text_of
from natsscan.surfaces.packaging import given, package_at, reading
from natsscan.surfaces.surface import Surface, SurfaceReading

# Attributes by which derivations and fetchers name the package they are about.
_NAMING = frozenset({"name", "pname", "pkg", "repo"})
# The attribute under which NixOS configures what a machine runs.
_RUNS = "services"
_CALL = re.compile(r"call\w+")
_VERSION = re.compile(r"-(?:\d[\w.]*|\$\{[^}]*\})$|(?:_\d+)+$")
_TAGGED = re.compile(r"[\w.-]+(?::\d+)?(?:/[\w.-]+)*[:@][\w.:-]+")
_UNTAGGED = re.compile(r"[\w-][\w.-]*(?::\d+)?(?:/[\w.-]+)*")
_ADDRESS = re.compile(r"[\w+]+:\S+")
_TRANSPORT = re.compile(r"^docker://")


def read(surface: Surface) -> SurfaceReading:
    """Return the packages, attributes, paths, images and URLs by which a Nix file uses the broker."""
    file = parse(surface.source.data, surface.broker.trace)
    usages = [usage for place in file.places for usage in _usages(surface, place, file.roles)]
    return reading(surface, usages, _problems(surface, file.errors))


def _problems(surface: Surface, errors: tuple[tuple[int, str], ...]) -> Iterator[Problem]:
    """Yield one problem for all that is not Nix, at the first place."""
    if errors:
        at, reason = errors[0]
        yield surface.problem(at, reason if len(errors) == 1 else f"{reason}, nor at {len(errors) - 1} more")


def _usages(surface: Surface, place: Place, roles: dict[int, Role]) -> Iterator[Usage]:
    if place.kind == "text":
        urls = [*_urls(surface, place)]
        yield from urls or _literal(surface, place, roles)
    elif place.kind == "inner_text":
        yield from _literal(surface, place, roles)
    elif place.kind in ("attributes", "own_attributes"):
        yield from _attributes(surface, place)
    elif surface.broker.name.search(name := text_of(place.node)):
        package = None if place.kind == "path" else _package(surface, name)
        yield _usage(surface, place, Operation.DEPENDENCY if package else Operation.CONFIG, package or name)


def _attributes(surface: Surface, place: Place) -> Iterator[Usage]:
    """Yield the usage of an attribute path, whether it is defined or selected: its first package, or all of it."""
    parts = [(part, _written(part)) for part in place.node.named_children if part.type != "interpolation"]
    for part, name in parts:
        if package := _package(surface, name):
            yield _usage(surface, place, Operation.DEPENDENCY, package, part)
            return
    for part, name in parts:
        if surface.broker.name.search(name):
            yield _setting(surface, place, part, name)
            return


def _written(part: Node) -> str:
    """Return what stands in an attribute itself; what it interpolates is a place of its own."""
    if part.type != "string_expression":
        return text_of(part)
    return "".join(text_of(child) for child in part.named_children if child.type == "string_fragment")


def _setting(surface: Surface, place: Place, part: Node, name: str) -> Usage:
    """Return the usage of an attribute path with a part named after the broker."""
    if surface.broker.variable.match(name):
        return _usage(surface, place, Operation.ENV, name, part)
    own = text_of(place.node) or name
    symbol = ".".join([*place.path, own]) if place.kind == "own_attributes" else own
    return _usage(surface, place, Operation.DEPLOY if _RUNS in symbol.split(".") else Operation.CONFIG, symbol)


def _urls(surface: Surface, place: Place) -> Iterator[Usage]:
    """Yield the broker's URLs in a literal, without the secrets they may hold."""
    broker = surface.broker
    start = place.node.start_byte
    # One character for each byte, so that offsets stay true.
    for url in broker.url.finditer((place.node.text or b"").decode("latin-1")):
        span = start + url.start(), start + url.end()
        text = bare_address(surface.positions.text(*span)[:LONGEST])
        arguments = {"url": text}
        yield surface.usage(
            Operation.CONNECT, broker.url_symbol, *span, definition=place.definition, arguments=arguments
        )


def _literal(surface: Surface, place: Place, roles: dict[int, Role]) -> Iterator[Usage]:
    """Yield the usage of a literal that names an AMQP package or is an image of the broker."""
    text = text_of(place.node)
    if not surface.broker.name.search(text) or len(text.split()) != 1:
        return
    role = roles.get(place.node.start_byte, Role())
    if package := _package_named_by(surface, place, text, role):
        version = role.following if role.following[:1].isdigit() else ""
        yield _usage(surface, place, Operation.DEPENDENCY, package, arguments=given(version=version))
    elif _is_image(surface, place, text):
        yield _usage(surface, place, Operation.DEPLOY, text)


def _package_named_by(surface: Surface, place: Place, text: str, role: Role) -> str | None:
    """Return the package that a literal names: as an address, as a derivation's name, or to a `call...` function."""
    if _ADDRESS.fullmatch(text):
        return package_at(text, _packages(surface))
    is_name = (role.is_value and place.attribute in _NAMING) or _CALL.fullmatch(role.function)
    return _package(surface, text) if is_name else None


def _is_image(surface: Surface, place: Place, text: str) -> bool:
    """Tell whether a literal is an image of the broker: one with a tag or digest, or under an attribute for images."""
    image = _TRANSPORT.sub("", text)
    shape = _TAGGED.fullmatch(image) or ("image" in place.attribute.lower() and _UNTAGGED.fullmatch(image))
    return bool(shape and surface.broker.image.search(image))


def _packages(surface: Surface) -> frozenset[str]:
    packages = surface.broker.packages
    return packages.get("nix", frozenset()) | packages.get("haskell", frozenset())


def _package(surface: Surface, name: str) -> str | None:
    """Return the AMQP package that a name stands for, a version behind it (`amqp_0_22_2`) left out."""
    names = (name, _VERSION.sub("", name))
    return next((package for package in names if package in _packages(surface)), None)


def _usage(
    surface: Surface,
    place: Place,
    operation: Operation,
    symbol: str,
    node: Node | None = None,
    arguments: dict[str, str] | None = None,
) -> Usage:
    """Return the usage that a place is, or a node in it."""
    at = node or place.node
    return surface.usage(
        operation, symbol, at.start_byte, at.end_byte, definition=place.definition, arguments=arguments
    )
