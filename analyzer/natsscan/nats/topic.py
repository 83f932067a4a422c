"""Patterns of topic exchanges as NATS filters: `*` is one word, `#` any number of words (AMQP 0-9-1, 3.1.3.3)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Filters:
    """Filters that take every key a pattern takes.

    `is_exact` tells that they take no other; else the client drops what the pattern does not take.
    """

    filters: tuple[str, ...]
    is_exact: bool


def translate(root: str, words: list[str]) -> Filters:
    """Return the filters below the subject `root` for a topic exchange's pattern, whose words are tokens already.

    No finite set of filters takes `#` before a literal word exactly: the tail of a filter is open or of one length. The
    tightest single one that takes all is returned for it.
    """
    if "#" not in words:
        return Filters((_join(root, words),), is_exact=True)
    first = words.index("#")
    open_at = first
    while open_at > 0 and words[open_at - 1] == "*":
        open_at -= 1
    head, tail = words[:open_at], words[open_at:]
    if all(word in ("*", "#") for word in tail):
        stars = tail.count("*")
        closed = () if stars else (_join(root, head),)
        return Filters((*closed, _join(root, head, ["*"] * max(stars - 1, 0), [">"])), is_exact=True)
    after = len(words) - words.count("#") - first
    return Filters((_join(root, words[:first], ["*"] * (after - 1), [">"]),), is_exact=False)


def key_matches(pattern: str, key: str) -> bool:
    """Tell whether a topic exchange takes a routing key for a pattern."""
    return _matches(pattern.split(".") if pattern else [], key.split(".") if key else [])


def _matches(pattern: list[str], words: list[str]) -> bool:
    reachable = {0}  # how many words may be used up by the pattern so far
    for part in pattern:
        if part == "#":
            reachable = set(range(min(reachable), len(words) + 1)) if reachable else set()
        else:
            reachable = {at + 1 for at in reachable if at < len(words) and part in ("*", words[at])}
    return len(words) in reachable


def _join(root: str, *parts: list[str]) -> str:
    return ".".join([root, *(each for part in parts for each in part)])
