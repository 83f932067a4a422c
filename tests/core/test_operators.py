from __future__ import annotations

import pytest

from natsscan.core.operators import associate
from natsscan.model.operator import DEFAULT_FIXITY, Associativity, Fixity

FIXITIES = {
    "$": Fixity(Associativity.RIGHT, 0),
    ".": Fixity(Associativity.RIGHT, 9),
    "+": Fixity(Associativity.LEFT, 6),
    "*": Fixity(Associativity.LEFT, 7),
    "==": Fixity(Associativity.NONE, 4),
}


@pytest.mark.parametrize(
    ("chain", "grouped"),
    [
        ("a", "a"),
        ("a + b + c", "((a + b) + c)"),
        ("a + b * c + d", "((a + (b * c)) + d)"),
        ("f $ g $ x", "(f $ (g $ x))"),
        ("f . g . h $ x + y", "((f . (g . h)) $ (x + y))"),
        ("a == b == c", "((a == b) == c)"),
        ("a ? b + c", "((a ? b) + c)"),
    ],
)
def test_chains_group_by_fixity(chain: str, grouped: str) -> None:
    words = chain.split()
    result = associate(
        words[::2],
        words[1::2],
        lambda operator: FIXITIES.get(operator, DEFAULT_FIXITY),
        lambda left, operator, right: f"({left} {operator} {right})",
    )
    assert result == grouped
