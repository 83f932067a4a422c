from __future__ import annotations

from typing import TYPE_CHECKING

from tree_sitter import Node

from natsscan.core.expression import (
    ANYTHING,
    AsPattern,
    Constructor,
    ConstructorPattern,
    FieldPattern,
    GroupPattern,
    Pattern,
    RecordPattern,
    VariablePattern,
    ViewPattern,
)

if TYPE_CHECKING:
    from natsscan.haskell.lower import Lowering

_TRANSPARENT = frozenset({"parens", "strict", "irrefutable", "signature"})


def lower_pattern(lowering: Lowering, node: Node) -> Pattern:
    """Lower a pattern; what is not understood becomes a group of what could be read in it."""
    while node.type in _TRANSPARENT:
        inner = node.child_by_field_name("pattern")
        if inner is None and not node.named_children:
            return ANYTHING
        node = inner or node.named_children[0]
    if node.type == "variable":
        name = lowering.name(node)
        return VariablePattern(name.name, name.start, name.end)
    if node.type in ("constructor", "qualified", "prefix_id"):
        return _constructor(lowering, node, ())
    if node.type == "apply":
        return _application(lowering, node)
    if node.type == "record":
        return _record(lowering, node)
    if node.type == "as":
        return _as(lowering, node)
    if node.type == "view_pattern":
        pattern = node.child_by_field_name("pattern")
        function = lowering.expression(node.child_by_field_name("expression"))
        return ViewPattern(function, lower_pattern(lowering, pattern) if pattern else ANYTHING)
    if node.type == "infix":
        return _infix(lowering, node)
    if node.type in ("literal", "wildcard", "unit", "quasiquote", "negation"):
        return ANYTHING
    return GroupPattern(tuple(lower_pattern(lowering, child) for child in node.named_children if not child.is_extra))


def _constructor(lowering: Lowering, node: Node, arguments: tuple[Pattern, ...]) -> Pattern:
    name = lowering.name(node)
    if isinstance(name, Constructor):
        return ConstructorPattern(name, arguments)
    return GroupPattern((VariablePattern(name.name, name.start, name.end), *arguments))


def _application(lowering: Lowering, node: Node) -> Pattern:
    arguments: list[Pattern] = []
    function = node
    while function.type == "apply":
        argument, inner = function.child_by_field_name("argument"), function.child_by_field_name("function")
        if argument is not None and argument.type != "type_application":
            arguments.append(lower_pattern(lowering, argument))
        if inner is None:
            return GroupPattern(tuple(arguments))
        function = inner
    arguments.reverse()
    if function.type in ("constructor", "qualified", "prefix_id"):
        return _constructor(lowering, function, tuple(arguments))
    return GroupPattern((lower_pattern(lowering, function), *arguments))


def _infix(lowering: Lowering, node: Node) -> Pattern:
    operands: list[Pattern] = []
    rest: Node | None = node
    while rest is not None and rest.type == "infix":
        left, operator = rest.child_by_field_name("left_operand"), rest.child_by_field_name("operator")
        if left is not None:
            operands.append(lower_pattern(lowering, left))
        if operator is not None:
            operands.append(
                _constructor(lowering, operator.named_children[0] if operator.type == "infix_id" else operator, ())
            )
        rest = rest.child_by_field_name("right_operand")
    if rest is not None:
        operands.append(lower_pattern(lowering, rest))
    return GroupPattern(tuple(operands))


def _as(lowering: Lowering, node: Node) -> Pattern:
    bound, pattern = node.child_by_field_name("bind"), node.child_by_field_name("pattern")
    inner = lower_pattern(lowering, pattern) if pattern else ANYTHING
    return AsPattern(lowering.name(bound).name, inner) if bound else inner


def _record(lowering: Lowering, node: Node) -> Pattern:
    fields: list[FieldPattern] = []
    wildcard = False
    for child in node.named_children:
        if child.type != "field_pattern":
            continue
        name = child.child_by_field_name("field")
        if name is None:
            wildcard = True
            continue
        variable = lowering.field_name(name)
        pattern = child.child_by_field_name("pattern")
        bound = (
            lower_pattern(lowering, pattern)
            if pattern
            else VariablePattern(variable.name, variable.start, variable.end)
        )
        fields.append(FieldPattern(variable, bound))
    constructor = node.child_by_field_name("constructor")
    named = lowering.name(constructor) if constructor is not None else None
    if isinstance(named, Constructor):
        return RecordPattern(named, tuple(fields), wildcard)
    return GroupPattern(tuple(field.pattern for field in fields))
