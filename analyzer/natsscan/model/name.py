"""Names of exchanges, queues and keys: what an expression that names one evaluates to."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hole:
    """A part of a name that is known at run time only.

    `name` says what fills it: a parameter, a field, a function. `key` is the path of the configuration key that it
    comes from, None if from none; `default` the value that a checked-in configuration gives it.
    """

    name: str
    key: str | None = None
    default: str | None = None

    def __str__(self) -> str:
        return "{" + (self.key or self.name) + "}"


Piece = str | Hole
Alternative = tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Name:
    """What an expression evaluates to: alternatives, sorted, each a sequence of literal texts and holes."""

    alternatives: tuple[Alternative, ...]

    @property
    def texts(self) -> tuple[str, ...]:
        """Each alternative as people write it: `user-notifications.{user}.{client}`."""
        return tuple("".join(map(str, pieces)) for pieces in self.alternatives)

    @property
    def holes(self) -> tuple[Hole, ...]:
        """The holes of all alternatives, each once, in order."""
        found = (piece for pieces in self.alternatives for piece in pieces if isinstance(piece, Hole))
        return tuple(dict.fromkeys(found))

    @property
    def is_literal(self) -> bool:
        """Whether every alternative is known to the last character."""
        return not self.holes
