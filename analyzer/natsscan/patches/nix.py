"""Nix files: bindings, names in lists, in `inherit` and in arguments, and files that only build the broker's tools."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import tree_sitter_nix
from tree_sitter import Language, Node, Parser

from natsscan.model.usage import Operation, Usage
from natsscan.patches.engine import splice
from natsscan.patches.items import Item, insertion, removals
from natsscan.patches.lines import whole
from natsscan.patches.place import Job, Place, Reading
from natsscan.patches.stretches import alone, comments_above, with_blank

_LISTS = {"list_expression": b" ", "formals": b", ", "inherited_attrs": b" "}
_PLAIN = frozenset({"variable_expression", "select_expression", "identifier", "formal", "string_expression"})
_COMMENT = b"#"
_NAMING = ("name", "pname")
_BROKEN = "The file cannot be read to its end, so nothing in it is changed: mend that first."
_NESTED = "It stands among other expressions; write the one for NATS by hand."
_GOES = "Nothing is put beside it; it goes when nothing builds or runs it any more."
_OTHER_TOOL = "It builds a tool of the broker alone; the tools of NATS are in nixpkgs."
_STILL_READ = "Something that stays in the file still names it."


@dataclass(frozen=True, slots=True)
class _Element:
    """What is the broker's as a whole: a binding, or a name in a list, in arguments or behind `inherit`."""

    node: Node
    container: Node | None
    usages: tuple[Usage, ...]


def read(job: Job) -> Reading:
    """Return the places of a Nix file."""
    data = job.source.data
    root = _parser().parse(data).root_node
    if any(not node.is_missing or node.parent is None or node.parent.type != "formal" for node in _errors(root)):
        return Reading((), tuple((usage, _BROKEN) for usage in job.usages))
    known = job.replacements.rules.packages
    if any(u.symbol in known.get("nix", {}) and u.definition in _NAMING for u in job.usages):
        return Reading((Place(0, len(data), job.usages, None, 0, _OTHER_TOOL),), ())
    elements: dict[tuple[int, int], _Element] = {}
    others: list[tuple[Usage, str]] = []
    own = {usage.span.start for usage in job.usages}
    kept: list[Usage] = []
    for usage in job.usages:
        found = _element(root, usage, job, own)
        if found is None:
            others.append((usage, _NESTED))
            continue
        if job.route is not None and _name(found.node) in job.route.own:
            kept.append(usage)
            continue
        span = (found.node.start_byte, found.node.end_byte)
        before = elements[span].usages if span in elements else ()
        elements[span] = replace(found, usages=(*before, usage))
    packages = known.get("haskell", {}) | known.get("nix", {})
    places = [place for each in elements.values() if each.container is None for place in _binding(job, each)]
    bound = {usage for each in elements.values() if each.container is None for usage in each.usages}
    others += [(u, _NESTED) for u in bound if not any(u in place.answers for place in places)]
    for container in _containers(elements.values()):
        places += _listed(data, container, [e for e in elements.values() if e.container == container], packages)
    names = {each.node.start_byte: _name(each.node) for each in elements.values()}
    in_order = sorted(places, key=lambda place: place.start)
    return Reading(_held(data, in_order, names), tuple(others), (), tuple(kept))


@lru_cache(maxsize=1)
def _parser() -> Parser:
    return Parser(Language(tree_sitter_nix.language()))


def _errors(node: Node) -> Iterator[Node]:
    if node.is_error or node.is_missing:
        yield node
    if node.has_error:
        for child in node.children:
            yield from _errors(child)


def _element(root: Node, usage: Usage, job: Job, own: Iterable[int]) -> _Element | None:
    """Return the outermost binding of the broker's around a usage, else the name in a list that it is."""
    node: Node | None = root.descendant_for_byte_range(usage.span.start, usage.span.end)
    listed: _Element | None = None
    binding: Node | None = None
    while node is not None and node.parent is not None:
        if listed is None and node.parent.type in _LISTS and node.type in _PLAIN:
            listed = _Element(node, node.parent, ())
        if node.type == "binding" and (node.start_byte in own or job.broker.name.search(_name(node))):
            binding = node
        node = node.parent
    return _Element(binding, None, ()) if binding is not None else listed


def _containers(elements: Iterable[_Element]) -> list[Node]:
    found: dict[int, Node] = {each.container.id: each.container for each in elements if each.container is not None}
    return sorted(found.values(), key=lambda node: node.start_byte)


def _binding(job: Job, element: _Element) -> Iterator[Place]:
    """Yield the place of a binding that has its lines for itself."""
    data, node = job.source.data, element.node
    lines = alone(data, node.start_byte, node.end_byte)
    if lines is None:
        return
    start, end = lines
    if any(usage.operation is Operation.ENV for usage in element.usages):
        text = job.replacements.text(data[start:end])
        is_there = re.search(rb"(?m)^\s*" + re.escape(job.replacements.text(_name(node).encode())) + rb"\s*=", data)
        if text != data[start:end]:
            yield Place(start, end, element.usages, b"" if is_there else whole(data, text, end), end, "")
            return
    start, end = with_blank(data, comments_above(data, start), end)
    yield Place(start, end, element.usages, None, end, _GOES)


def _listed(data: bytes, container: Node, elements: Sequence[_Element], packages: Mapping[str, str]) -> Iterator[Place]:
    """Yield the places of names in a list, in arguments or behind `inherit`."""
    nodes = [child for child in container.named_children if child.type not in ("comment", "ellipses")]
    items = [Item(node.start_byte, node.end_byte, _name(node)) for node in nodes]
    at = {nodes.index(element.node): element for element in elements if element.node in nodes}
    for number, span in removals(items, at).items():
        element = at[number]
        own_lines = alone(data, items[number].start, items[number].end)
        start, end = own_lines or span
        if not own_lines and _COMMENT in data[start:end]:
            start, end = items[number].start, items[number].end
        symbol = next((usage.symbol for usage in element.usages if usage.symbol in packages), "")
        if not symbol:
            yield Place(start, end, element.usages, None, end, _GOES)
            continue
        old = data[items[number].start : items[number].end].decode(errors="replace")
        new = re.sub(rf"(?<![\w-]){re.escape(symbol)}(?:_[\d_]+)?(?![\w-])", packages[symbol], old)
        if new == old or any(data[item.start : item.end] == new.encode() for item in items):
            yield Place(start, end, element.usages, b"", end, "")
            continue
        if own_lines and container.type == "list_expression":
            indent = data[start : items[number].start]
            yield Place(start, end, element.usages, whole(data, indent + new.encode(), end), end, "")
            continue
        beside, text = insertion(data, items, number, new, _LISTS[container.type])
        yield Place(start, end, element.usages, text, beside, "")


def _held(data: bytes, places: Sequence[Place], names: Mapping[int, str]) -> tuple[Place, ...]:
    """Return places of which those stay that bind a name which something that stays in the file reads."""
    left = splice(data, ((place.start, place.end, b"") for place in places if place.can_go))
    found = []
    for place in places:
        mine = [name for at, name in names.items() if place.start <= at < place.end]
        read = any(
            re.search(rb"(?<![\w'./-])" + re.escape(name.encode()) + rb"(?![\w'-])", left) for name in mine if name
        )
        found.append(replace(place, can_go=False, reason=place.reason or _STILL_READ) if read else place)
    return tuple(found)


def _name(node: Node) -> str:
    """Return the name that a binding or an argument gives, or that stands in a list."""
    path = node.child_by_field_name("attrpath") if node.type == "binding" else node.child_by_field_name("name")
    return ((path or node).text or b"").decode(errors="replace")
