"""Reads the syntax of Nix: the places where names, paths and literals stand, and the attributes that lead to them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import tree_sitter_nix
from tree_sitter import Language, Node, Parser, Query, QueryCursor, Tree

_PLACES = """
(binding attrpath: (attrpath) @own_attributes) @binding
(select_expression attrpath: (attrpath) @attributes)
(has_attr_expression attrpath: (attrpath) @attributes)
(formal name: (identifier) @formal)
(function_expression universal: (identifier) @formal)
(inherited_attrs attr: (_) @name)
(variable_expression name: (identifier) @name)
[(path_expression) (hpath_expression) (spath_expression)] @path
[(string_expression) (indented_string_expression) (uri_expression)] @text
(ERROR) @error
(MISSING) @error
"""
_CALLS = """
(binding expression: (string_expression) @value)
(apply_expression
  function: [
    (variable_expression name: (identifier) @function)
    (select_expression attrpath: (attrpath attr: (identifier) @function .))
  ]
  argument: (string_expression) @value)
(apply_expression
  function: (apply_expression argument: (string_expression) @value)
  argument: (string_expression) @next)
"""
# How many of the attributes that lead to a place are shown, and how many bytes of anything at most.
_SHOWN = 6
LONGEST = 300
# An error with more children than this takes the query quadratic time, and is no Nix with a mistake in it.
_MOST_BROKEN = 20_000


@lru_cache(maxsize=1)
def _grammar() -> tuple[Parser, Query, Query]:
    language = Language(tree_sitter_nix.language())
    return Parser(language), Query(language, _PLACES), Query(language, _CALLS)


class Place(NamedTuple):
    """A node that may be a usage, the kind it was captured as, and the attributes of the bindings around it.

    A literal that stands in another one is of kind `inner_text`.
    """

    kind: str
    node: Node
    path: tuple[str, ...]

    @property
    def definition(self) -> str | None:
        """What the place stands in: an attribute path, or the arguments of a function."""
        return "arguments" if self.kind == "formal" else ".".join(self.path) or None

    @property
    def attribute(self) -> str:
        """The last attribute that leads to the place, empty for none."""
        return self.path[-1].rpartition(".")[2] if self.path else ""


@dataclass(slots=True)
class Role:
    """What a literal is: the whole value of an attribute, or the first argument of a function, with the second."""

    is_value: bool = False
    function: str = ""
    following: str = ""


@dataclass(frozen=True, slots=True)
class NixFile:
    """The places of a file in order, the roles of its literals by offset, and the offsets of what is not Nix."""

    places: tuple[Place, ...]
    roles: dict[int, Role]
    errors: tuple[int, ...]


def parse(data: bytes) -> NixFile:
    """Return what stands where in a file. Never raises."""
    parser, places, calls = _grammar()
    tree = parser.parse(data)
    too_broken = _too_broken(tree)
    if too_broken is not None:
        return NixFile((), {}, (too_broken,))
    captures = QueryCursor(places).captures(tree.root_node)
    # The grammar misses a name after the last comma of `{ a, b, }`, which Nix allows.
    allowed = {node.start_byte for node in captures.get("formal", []) if node.is_missing}
    errors = {
        node.start_byte for node in captures.pop("error", []) if not (node.is_missing and node.start_byte in allowed)
    }
    roles = _roles(QueryCursor(calls).matches(tree.root_node))
    return NixFile(tuple(_places(captures)), roles, tuple(sorted(errors)))


def text_of(node: Node) -> str:
    """Return the text of a node, of a literal without its quotes; empty for one that is longer than any name."""
    if node.end_byte - node.start_byte > LONGEST:
        return ""
    text = (node.text or b"").decode("utf-8", errors="replace")
    if node.type == "string_expression":
        return text[1:-1]
    return text[2:-2].strip() if node.type == "indented_string_expression" else text


def _too_broken(tree: Tree) -> int | None:
    """Return the offset of an error that is too large to look into, None if there is none."""
    cursor = tree.walk()
    while True:
        node = cursor.node
        if node is not None and node.type == "ERROR" and node.child_count > _MOST_BROKEN:
            return node.start_byte
        if node is not None and node.has_error and cursor.goto_first_child():
            continue
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return None


def _roles(matches: list[tuple[int, dict[str, list[Node]]]]) -> dict[int, Role]:
    roles: dict[int, Role] = {}
    for _, match in matches:
        role = roles.setdefault(match["value"][0].start_byte, Role())
        if "function" in match:
            role.function = text_of(match["function"][0])
        elif "next" in match:
            role.following = text_of(match["next"][0])
        else:
            role.is_value = True
    return roles


def _places(captures: dict[str, list[Node]]) -> Iterator[Place]:
    """Yield the captured nodes in order, each with the attributes of the bindings that it is in."""
    nodes = [(node.start_byte, -node.end_byte, kind, node) for kind, found in captures.items() for node in found]
    bindings: list[tuple[int, str]] = []
    attributes_end = text_end = 0
    for start, minus_end, kind, node in sorted(nodes, key=lambda item: item[:3]):
        while bindings and bindings[-1][0] <= start:
            bindings.pop()
        if kind == "binding":
            attributes = node.child_by_field_name("attrpath")
            bindings.append((-minus_end, text_of(attributes) if attributes else ""))
            continue
        is_attribute = start < attributes_end
        if kind in ("attributes", "own_attributes", "name"):
            attributes_end = max(attributes_end, -minus_end)
        if kind == "text" and is_attribute:
            continue
        place = "inner_text" if kind == "text" and start < text_end else kind
        if kind == "text":
            text_end = max(text_end, -minus_end)
        around = bindings[-_SHOWN - 1 : -1] if kind == "own_attributes" else bindings[-_SHOWN:]
        yield Place(place, node, tuple(text for _, text in around if text))
