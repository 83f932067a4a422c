"""Lowering of records: made, changed, and what is taken out of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tree_sitter import Node

from natsscan.core import build
from natsscan.core.expression import Constructor, Expression, Field, Lambda, Projection, Record, Update, Variable

if TYPE_CHECKING:
    from natsscan.haskell.lower import Lowering


def record(lowering: Lowering, node: Node) -> Expression:
    """Lower a record that is made or changed, field by field; a field alone stands for the variable of its name."""
    base = lowering.field(node, "expression")
    fields: list[Field] = []
    wildcard = False
    for child in node.named_children:
        if child.type != "field_update":
            continue
        name = child.child_by_field_name("field")
        if name is None:
            wildcard = True
            continue
        variable = lowering.field_name(name)
        value = child.child_by_field_name("expression")
        fields.append(Field(variable, lowering.expression(value) if value else _pun(variable)))
    if isinstance(base, Constructor):
        return Record(base, tuple(fields), wildcard, node.start_byte, node.end_byte)
    if not fields:
        return base
    if isinstance(base, Update):
        return Update(base.record, (*base.fields, *fields), node.start_byte, node.end_byte)
    return Update(base, tuple(fields), node.start_byte, node.end_byte)


def projection(lowering: Lowering, node: Node) -> Expression:
    """Lower `record.field.field`."""
    fields: list[Variable] = []
    inner: Node | None = node
    while inner is not None and inner.type == "projection":
        name = inner.child_by_field_name("field")
        if name is not None:
            fields.append(lowering.field_name(name))
        inner = inner.child_by_field_name("expression")
    return Projection(lowering.expression(inner), tuple(reversed(fields)), node.start_byte, node.end_byte)


def selector(lowering: Lowering, node: Node) -> Expression:
    """Lower `(.field.field)`, the function that takes a record to what is in it."""
    parameter = build.held_back(node.start_byte)
    fields = tuple(lowering.field_name(child) for child in node.children_by_field_name("field"))
    body = Projection(build.use(parameter), fields, node.start_byte, node.end_byte)
    return Lambda((parameter,), body, node.start_byte, node.end_byte)


def _pun(field: Variable) -> Variable:
    return Variable(None, field.name, field.start, field.end)
