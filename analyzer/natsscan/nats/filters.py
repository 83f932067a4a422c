"""Many filters at once: which of them have a subject in common with another one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

O = TypeVar("O")  # noqa: E741  # an owner


class Filters(Generic[O]):
    """Filters with their owners, by their tokens; finding those that overlap one takes no look at the others."""

    def __init__(self) -> None:
        self._owners: list[O] = []
        self._next: dict[str, Filters[O]] = {}

    def add(self, filter_: str, owner: O) -> None:
        """Add a filter."""
        at = self
        for token in filter_.split("."):
            at = at._next.setdefault(token, Filters())
        at._owners.append(owner)

    def overlapping(self, filter_: str) -> Iterator[O]:
        """Yield the owner of each filter that has a subject in common with one."""
        yield from self._overlapping(filter_.split("."), 0)

    def _overlapping(self, tokens: list[str], at: int) -> Iterator[O]:
        if at == len(tokens):
            yield from self._owners
            return
        wanted = tokens[at]
        if wanted == ">":
            for each in self._next.values():
                yield from each._all()
            return
        if ">" in self._next:
            yield from self._next[">"]._owners
        followed = self._next if wanted == "*" else [word for word in (wanted, "*") if word in self._next]
        for word in followed:
            if word != ">":
                yield from self._next[word]._overlapping(tokens, at + 1)

    def _all(self) -> Iterator[O]:
        yield from self._owners
        for each in self._next.values():
            yield from each._all()
