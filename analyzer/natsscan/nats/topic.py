"""Patterns of topic exchanges as NATS filters: `*` is one word, `#` any number of words (AMQP 0-9-1, 3.1.3.3)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

from natsscan.nats.escape import token
from natsscan.nats.subjects import without_subsets


@dataclass(frozen=True, slots=True)
class Filters:
    """Filters that take every key a pattern takes.

    `is_exact` tells that they take no other; else the client drops what the pattern does not take.
    """

    filters: tuple[str, ...]
    is_exact: bool


def translate(root: str, pattern: str, max_words: int | None = None) -> Filters:
    """Return the filters below the subject `root` for a pattern of a topic exchange.

    No finite set of filters takes `#` before a literal word exactly, unless no key has more than `max_words` words: the
    tail of a filter is open or of one length. Then the tightest single one that takes all is returned.
    """
    return translate_words(root, pattern_words(pattern), max_words)


def pattern_words(pattern: str) -> list[str]:
    """Return the words of a pattern: `*` and `#` as they are, others as tokens."""
    return [word if word in ("*", "#") else token(word) for word in pattern.split(".")] if pattern else []


def translate_words(root: str, words: list[str], max_words: int | None = None) -> Filters:
    """Return the filters for a pattern whose words are tokens already, see `translate`."""
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
    fixed = len(words) - words.count("#")
    if max_words is not None:
        return Filters(_expand(root, words, max(max_words - fixed, 0)), is_exact=True)
    after = fixed - first
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


def _expand(root: str, words: list[str], room: int) -> tuple[str, ...]:
    """Return a filter for each way in which the `#` of a pattern share at most `room` words."""
    hashes = words.count("#")
    found = []
    for counts in product(range(room + 1), repeat=hashes):
        if sum(counts) <= room:
            left = iter(counts)
            found.append(
                _join(root, [part for word in words for part in (["*"] * next(left) if word == "#" else [word])])
            )
    return without_subsets(found)


def _join(root: str, *parts: list[str]) -> str:
    return ".".join([root, *(each for part in parts for each in part)])
