"""Reads the syntax of Nix: the places where names, paths and literals stand, and the attributes that lead to them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import tree_sitter_nix
from tree_sitter import Language, Node, Parser, Query, QueryCursor, Tree

# Patterns of one node each, as far as can be: one that waits for a later child takes quadratic time on deep nesting.
_PLACES = """
(binding) @binding
(apply_expression) @call
(attrpath) @attributes
(formal name: (identifier) @formal)
(function_expression universal: (identifier) @formal)
(inherited_attrs attr: (_) @name)
(variable_expression name: (identifier) @name)
[(path_expression) (hpath_expression) (spath_expression)] @path
[(string_expression) (indented_string_expression) (uri_expression)] @text
(ERROR) @error
(MISSING) @error
"""
# How many of the attributes that lead to a place are shown, and how many bytes of anything at most.
_SHOWN = 6
LONGEST = 300
# Beyond these, the grammar takes quadratic time, and what it reads is no Nix that anyone wrote.
_MOST_BROKEN = 20_000
_LONGEST_LINE = 20_000
_DEEPEST = 20_000


@lru_cache(maxsize=1)
def _grammar() -> tuple[Parser, Query]:
    language = Language(tree_sitter_nix.language())
    return Parser(language), Query(language, _PLACES)


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
    """The places asked for in a file in order, the roles of its literals by offset, and where and why it is not Nix."""

    places: tuple[Place, ...]
    roles: dict[int, Role]
    errors: tuple[tuple[int, str], ...]


def parse(data: bytes, wanted: re.Pattern[str]) -> NixFile:
    """Return what stands where in a file, of its places those with a match of what is wanted. Never raises."""
    long_line = _long_line(data)
    if long_line is not None:
        return NixFile((), {}, ((long_line, "a line too long to read"),))
    parser, query = _grammar()
    tree = parser.parse(data)
    too_broken = _too_broken(tree)
    if too_broken is not None:
        return NixFile((), {}, ((too_broken, "too broken or too deeply nested to read"),))
    captures = QueryCursor(query).captures(tree.root_node)
    # The grammar misses a name after the last comma of `{ a, b, }`, which Nix allows.
    allowed = {node.start_byte for node in captures.get("formal", []) if node.is_missing}
    errors = {
        node.start_byte for node in captures.pop("error", []) if not (node.is_missing and node.start_byte in allowed)
    }
    roles = _roles(captures.get("binding", []), captures.pop("call", []))
    return NixFile(
        tuple(_places(captures, data.decode("latin-1"), wanted)),
        roles,
        tuple((at, "not Nix at this place") for at in sorted(errors)),
    )


def text_of(node: Node) -> str:
    """Return the text of a node, of a literal without its quotes; empty for one that is longer than any name."""
    if node.end_byte - node.start_byte > LONGEST:
        return ""
    text = (node.text or b"").decode("utf-8", errors="replace")
    if node.type == "string_expression":
        return text[1:-1]
    return text[2:-2].strip() if node.type == "indented_string_expression" else text


def _too_broken(tree: Tree) -> int | None:
    """Return the offset of an error or a nesting that is too large to look into, None if there is none."""
    cursor = tree.walk()
    is_small = tree.root_node.end_byte < _DEEPEST
    depth = 0
    while (node := cursor.node) is not None:
        if depth > _DEEPEST or (node.type == "ERROR" and node.child_count > _MOST_BROKEN):
            return node.start_byte
        if (node.has_error or not is_small) and cursor.goto_first_child():
            depth += 1
            continue
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return None
            depth -= 1
    return None


def _long_line(data: bytes) -> int | None:
    """Return the offset of a line that is too long, None if there is none."""
    start = 0
    while len(data) - start > _LONGEST_LINE:
        end = data.rfind(b"\n", start, start + _LONGEST_LINE)
        if end < 0:
            return start
        start = end + 1
    return None


def _roles(bindings: list[Node], calls: list[Node]) -> dict[int, Role]:
    roles: dict[int, Role] = {}
    arguments: dict[tuple[int, int], int] = {}
    for binding in bindings:
        value = binding.child_by_field_name("expression")
        if value is not None and value.type == "string_expression":
            roles[value.start_byte] = Role(is_value=True)
    for call in calls:
        argument, function = call.child_by_field_name("argument"), call.child_by_field_name("function")
        if argument is not None and function is not None and argument.type == "string_expression":
            arguments[call.start_byte, call.end_byte] = argument.start_byte
            roles[argument.start_byte] = Role(function=_last_name(function))
    for call in calls:
        argument, function = call.child_by_field_name("argument"), call.child_by_field_name("function")
        at = arguments.get((function.start_byte, function.end_byte)) if function is not None else None
        if at is not None and argument is not None and argument.type == "string_expression":
            roles[at].following = text_of(argument)
    return roles


def _last_name(function: Node) -> str:
    """Return the name of a function, of a selected one its last attribute; empty for any other expression."""
    attributes = function.child_by_field_name("attrpath") if function.type == "select_expression" else None
    if attributes is not None and attributes.named_children:
        return text_of(attributes.named_children[-1])
    return text_of(function) if function.type == "variable_expression" else ""


def _places(captures: dict[str, list[Node]], text: str, wanted: re.Pattern[str]) -> Iterator[Place]:
    """Yield the captured nodes with a match in order, each with the attributes of the bindings that it is in.

    `text` has one character for each byte, so that its offsets are those of the nodes.
    """
    nodes = [(node.start_byte, -node.end_byte, kind, node) for kind, found in captures.items() for node in found]
    bindings: list[tuple[int, str]] = []
    binding_start = attributes_end = text_end = -1
    for start, minus_end, kind, node in sorted(nodes, key=lambda item: item[:3]):
        while bindings and bindings[-1][0] <= start:
            bindings.pop()
        if kind == "binding":
            attributes = node.child_by_field_name("attrpath")
            bindings.append((-minus_end, text_of(attributes) if attributes else ""))
            binding_start = start
            continue
        is_own = kind == "attributes" and start == binding_start
        is_inner = kind == "text" and start < text_end
        if kind == "text" and start < attributes_end:
            continue
        if kind in ("attributes", "name"):
            attributes_end = max(attributes_end, -minus_end)
        elif kind == "text":
            text_end = max(text_end, -minus_end)
        if wanted.search(text, start, -minus_end) is None:
            continue
        around = bindings[-_SHOWN - 1 : -1] if is_own else bindings[-_SHOWN:]
        path = tuple(text for _, text in around if text)
        yield Place("own_attributes" if is_own else "inner_text" if is_inner else kind, node, path)
