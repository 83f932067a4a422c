# Made by natsscan generate python-amqp; written anew when it runs again.
"""Names and keys of AMQP in subjects of NATS: how they are written there, and which of them a binding takes.

Letters, digits, `_` and `-` stand for themselves; every other byte is `=` and two hexadecimal digits, the empty word
`=0`. So no two names share a token, and the way back is known.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from hashlib import sha256

_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")
_EMPTY = "=0"
_TOKEN = re.compile(r"(?:[A-Za-z0-9_-]|=[0-9A-F]{2})+")
_ESCAPED = re.compile(rb"=([0-9A-F]{2})")
_LONGEST_NAME = 200  # the name of a stream or consumer is that of a folder
_KEPT_OF_LONGER = 180


def token(word: str) -> str:
    """Return the token of one word, or of a whole name whose dots are data."""
    return "".join(chr(byte) if byte in _PLAIN else f"={byte:02X}" for byte in word.encode()) or _EMPTY


def word(token_: str) -> str:
    """Return the word that a token stands for. Raise ValueError for what `token` never returns."""
    if token_ == _EMPTY:
        return ""
    if not _TOKEN.fullmatch(token_):
        raise ValueError(f"'{token_}' is no escaped word")
    return _ESCAPED.sub(lambda code: bytes([int(code[1], 16)]), token_.encode()).decode()


def subject(root: str, key: str) -> str:
    """Return the subject of a routing key below another one: each word is a token, and the empty key has none."""
    return ".".join([root, *map(token, key.split("."))]) if key else root


def key_below(root: str, subject_: str) -> str | None:
    """Return the routing key that a subject below another one stands for; None if it is not below it."""
    if subject_ == root:
        return ""
    if not subject_.startswith(f"{root}."):
        return None
    try:
        return ".".join(map(word, subject_[len(root) + 1 :].split(".")))
    except ValueError:
        return None


def asset_name(name: str) -> str:
    """Return the name of a stream or consumer for a name of AMQP; a long one ends in a digest of the whole."""
    escaped = token(name)
    if len(escaped) <= _LONGEST_NAME:
        return escaped
    return f"{escaped[:_KEPT_OF_LONGER]}=-{sha256(name.encode()).hexdigest()[:16]}"


def filters(kind: str, root: str, key: str) -> tuple[tuple[str, ...], bool]:
    """Return filters below an exchange's subject that take all that a binding takes, and whether they take no more.

    Only a topic exchange's pattern with `#` before a word has no exact filters.
    """
    if kind == "fanout":
        return (root, f"{root}.>"), True
    if kind != "topic":
        return (subject(root, key),), True
    words = [each if each in ("*", "#") else token(each) for each in key.split(".")] if key else []
    if "#" not in words:
        return (".".join([root, *words]),), True
    first = open_at = words.index("#")
    while open_at and words[open_at - 1] == "*":  # stars right before it belong to what is open
        open_at -= 1
    head, tail = words[:open_at], words[open_at:]
    if all(each in ("*", "#") for each in tail):
        stars = tail.count("*")
        closed = () if stars else (".".join([root, *head]),)
        return (*closed, ".".join([root, *head, *["*"] * max(stars - 1, 0), ">"])), True
    after = len(words) - words.count("#") - first
    return (".".join([root, *words[:first], *["*"] * (after - 1), ">"]),), False


def takes(kind: str, bound: str, key: str) -> bool:
    """Tell whether a binding takes a routing key."""
    if kind == "fanout":
        return True
    if kind != "topic":
        return bound == key
    words = key.split(".") if key else []
    reachable = {0}  # how many words may be used up by the pattern so far
    for part in bound.split(".") if bound else []:
        if part == "#":
            reachable = set(range(min(reachable), len(words) + 1)) if reachable else set()
        else:
            reachable = {at + 1 for at in reachable if at < len(words) and part in ("*", words[at])}
    return len(words) in reachable


def within(inner: str, outer: str) -> bool:
    """Tell whether all that one filter or subject takes is taken by another one."""
    ones, others = inner.split("."), outer.split(".")
    for at, other in enumerate(others):
        if other == ">":
            return len(ones) > at
        if at >= len(ones) or ones[at] == ">" or other not in ("*", ones[at]):
            return False
    return len(ones) == len(others)


def without_subsets(given: Iterable[str]) -> tuple[str, ...]:
    """Return filters without those that another one takes altogether, as servers refuse them."""
    each = tuple(dict.fromkeys(given))
    return tuple(one for one in each if not any(one != other and within(one, other) for other in each))
