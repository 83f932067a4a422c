from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Associativity(StrEnum):
    """The keyword of a fixity declaration (Haskell 2010 report, section 4.4.2)."""

    LEFT = "infixl"
    RIGHT = "infixr"
    NONE = "infix"


@dataclass(frozen=True, slots=True)
class Fixity:
    """How tightly an operator binds, 0 to 9, and to which side it groups."""

    associativity: Associativity
    precedence: int


DEFAULT_FIXITY = Fixity(Associativity.LEFT, 9)


class Plumbing(StrEnum):
    """What an operator or function does that only passes values on, so that lowering can remove it.

    Effects are ignored: to the question what is called with which arguments, `f =<< x` and `f <$> x` are `f x`.
    """

    APPLY = "apply"  # f $ x
    REVERSE_APPLY = "reverse-apply"  # x & f
    COMPOSE = "compose"  # f . g
    REVERSE_COMPOSE = "reverse-compose"  # g >>> f
    THEN = "then"  # a >> b, the value of b
    BEFORE = "before"  # a <* b, the value of a
    FLIP = "flip"  # flip f x y


@dataclass(frozen=True, slots=True)
class Operators:
    """The operators of a language's common libraries: their fixities, and which of them are plumbing."""

    fixities: dict[str, Fixity]
    plumbing: dict[str, Plumbing]
