from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from natsscan.model.operator import Associativity, Fixity

Operand = TypeVar("Operand")
Operator = TypeVar("Operator")


def associate(
    operands: Sequence[Operand],
    operators: Sequence[Operator],
    fixity: Callable[[Operator], Fixity],
    combine: Callable[[Operand, Operator, Operand], Operand],
) -> Operand:
    """Group a flat chain `a + b * c` by the fixities of its operators (Haskell 2010 report, section 10.6).

    `operands` has one element more than `operators`. A chain that Haskell would refuse (two non-associative
    operators of the same precedence side by side) is grouped to the left.
    """
    values = [operands[0]]
    waiting: list[tuple[Operator, Fixity]] = []

    def reduce() -> None:
        operator, _ = waiting.pop()
        right = values.pop()
        values.append(combine(values.pop(), operator, right))

    for operator, operand in zip(operators, operands[1:], strict=True):
        new = fixity(operator)
        while waiting and _binds_first(waiting[-1][1], new):
            reduce()
        waiting.append((operator, new))
        values.append(operand)
    while waiting:
        reduce()
    return values[0]


def _binds_first(left: Fixity, right: Fixity) -> bool:
    if left.precedence != right.precedence:
        return left.precedence > right.precedence
    return left.associativity is not Associativity.RIGHT or right.associativity is not Associativity.RIGHT
