"""The grammar of the shell: scripts and single commands as trees, with the byte offsets of all their parts."""

from __future__ import annotations

from collections.abc import Iterator

import tree_sitter_bash
from tree_sitter import Language, Node, Parser

_LANGUAGE = Language(tree_sitter_bash.language())
# What statements stand in, and what stands there beside them.
_BLOCKS = frozenset(
    {
        *("program", "compound_statement", "subshell", "do_group", "case_item"),
        *("if_statement", "elif_clause", "else_clause"),
    }
)
_COMPOUND = frozenset(
    {
        *("if_statement", "while_statement", "for_statement", "c_style_for_statement", "case_statement"),
        *("compound_statement", "subshell", "function_definition"),
    }
)


def parse(text: bytes) -> Node:
    """Return the tree of a script; never fails, faults are nodes in it."""
    return Parser(_LANGUAGE).parse(text).root_node


def nodes(node: Node) -> Iterator[Node]:
    """Yield a node and all that are in it, in the order of the text."""
    waiting = [node]
    while waiting:
        top = waiting.pop()
        yield top
        waiting += reversed(top.children)


def within(node: Node, *kinds: str) -> Iterator[Node]:
    """Yield the nodes of some kinds in a node, itself among them."""
    return (each for each in nodes(node) if each.type in kinds)


def text(node: Node) -> str:
    """Return what a node says as it is written."""
    return (node.text or b"").decode(errors="replace")


def is_compound(node: Node) -> bool:
    """Tell whether a statement holds other statements."""
    return node.type in _COMPOUND


def statement_at(root: Node, at: int) -> Node | None:
    """Return the innermost statement around an offset, None if there is none."""
    node = root.descendant_for_byte_range(at, at)
    return node if node is None else statement_around(node)


def statement_around(node: Node | None) -> Node | None:
    """Return a node or the innermost statement around it, None if there is none."""
    while node is not None and node.parent is not None:
        if node.is_named and node.type != "comment" and node.parent.type in _BLOCKS and not _is_condition(node):
            return node
        node = node.parent
    return None


def siblings(node: Node) -> list[Node]:
    """Return the statements of the block in which one stands, itself among them."""
    parent = node.parent
    if parent is None:
        return [node]
    return [each for each in parent.named_children if each.type != "comment" and not _is_condition(each)]


def _is_condition(node: Node) -> bool:
    """Tell whether a node is what an `if` asks, the pattern of a case or a branch, and no statement of its own."""
    parent = node.parent
    if parent is None or parent.type not in ("if_statement", "elif_clause", "case_item"):
        return False
    if node.type in ("elif_clause", "else_clause"):
        return True
    begins = ")" if parent.type == "case_item" else "then"
    return not any(each.type == begins and each.start_byte < node.start_byte for each in parent.children)
