"""Lowering of bindings: clauses with their parameters, guards and `where`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from tree_sitter import Node

from natsscan.core.expression import (
    ANYTHING,
    Alternative,
    Binding,
    BindingGroup,
    Case,
    Expression,
    Lambda,
    Let,
    Opaque,
    Pattern,
    VariablePattern,
)
from natsscan.haskell.module import first_named, infix_head

if TYPE_CHECKING:
    from natsscan.haskell.lower import Lowering


def local(lowering: Lowering, node: Node) -> BindingGroup:
    """Lower the bindings of a `let` or `where`: all of them see each other."""
    block = node.child_by_field_name("binds")
    return BindingGroup(tuple(bindings(lowering, block.named_children if block else [])), recursive=True)


def bindings(lowering: Lowering, nodes: Iterable[Node]) -> list[Binding]:
    """Lower bindings of values; clauses of one name stay separate bindings."""
    found = []
    for node in nodes:
        if node.type not in ("bind", "function"):
            continue
        pattern = node.child_by_field_name("pattern")
        bound = lowering.pattern(pattern) if pattern else _bound_name(lowering, node)
        found.append(Binding(bound, _clause(lowering, node)))
    return found


def _bound_name(lowering: Lowering, node: Node) -> VariablePattern:
    infix = infix_head(node)
    name = infix.child_by_field_name("operator") if infix else node.child_by_field_name("name")
    if name is None:
        return VariablePattern("", node.start_byte, node.start_byte)
    return VariablePattern(lowering.text(name).strip("()` "), name.start_byte, name.end_byte)


def _clause(lowering: Lowering, node: Node) -> Expression:
    """Lower one clause of a function."""
    patterns = parameters(lowering, node)
    infix = infix_head(node)
    if infix is not None:
        sides = (infix.child_by_field_name("left_operand"), infix.child_by_field_name("right_operand"))
        patterns = (*(lowering.pattern(side) for side in sides if side is not None), *patterns)
    body = matches(lowering, node)
    return Lambda(patterns, body, node.start_byte, node.end_byte) if patterns else body


def matches(lowering: Lowering, node: Node) -> Expression:
    """Lower the right-hand sides of a clause or alternative with their guards, inside its `where`."""
    branches = []
    for match in node.children_by_field_name("match"):
        guards = match.child_by_field_name("guards")
        branches.append(_guarded(lowering, guards.named_children if guards else [], match))
    body: Expression
    if len(branches) == 1:
        body = branches[0]
    else:
        tried = tuple(Alternative(ANYTHING, branch) for branch in branches)
        body = Case(Opaque((), node.start_byte, node.start_byte), tried, node.start_byte, node.end_byte)
    if node.child_by_field_name("binds") is not None:
        return Let((local(lowering, node),), body, node.start_byte, node.end_byte)
    return body


def _guarded(lowering: Lowering, guards: list[Node], match: Node) -> Expression:
    body = lowering.field(match, "expression")
    for guard in reversed(guards):
        if guard.type == "let":
            body = Let((local(lowering, guard),), body, guard.start_byte, match.end_byte)
        elif guard.type == "pattern_guard":
            pattern = guard.child_by_field_name("pattern")
            matched = Alternative(lowering.pattern(pattern) if pattern else ANYTHING, body)
            body = Case(lowering.field(guard, "expression"), (matched,), guard.start_byte, match.end_byte)
        elif guard.type == "boolean":
            holds = Alternative(ANYTHING, body)
            body = Case(lowering.expression(first_named(guard)), (holds,), guard.start_byte, match.end_byte)
    return body


def parameters(lowering: Lowering, node: Node) -> tuple[Pattern, ...]:
    """Lower the patterns before the right-hand side of a clause, a lambda or an alternative."""
    block = node.child_by_field_name("patterns")
    return tuple(lowering.pattern(child) for child in block.named_children if not child.is_extra) if block else ()
