"""The algebra of NATS subjects: which subjects a filter takes, and how two filters stand to each other.

A filter is a subject whose tokens may be `*`, any one token, and whose last may be `>`, one or more tokens
(docs.nats.io, Subject-Based Messaging). All functions are pure and take valid filters; `problem` tells what is not.
"""

from __future__ import annotations

from collections.abc import Iterable

MAX_CONTROL_LINE = 4096  # bytes of a protocol line, as the server has it unless told otherwise


def problem(subject: str, *, wildcards: bool) -> str | None:
    """Return what keeps the server from taking a subject, or a filter if wildcards are allowed; None if nothing."""
    tokens = subject.split(".")
    if "" in tokens:
        return "has an empty token"
    if any(character in " \t\r\n\f\0" for character in subject):
        return "has a space or a control character"
    if ">" in tokens[:-1]:
        return "has a '>' that is not its last token"
    if not wildcards and ("*" in tokens or ">" in tokens):
        return "is a wildcard"
    if len(subject.encode()) > MAX_CONTROL_LINE // 2:
        return f"is longer than {MAX_CONTROL_LINE // 2} bytes; a line of the protocol holds {MAX_CONTROL_LINE}"
    return None


def matches(filter_: str, subject: str) -> bool:
    """Tell whether a filter takes a subject without wildcards."""
    return is_subset(subject, filter_)


def is_subset(inner: str, outer: str) -> bool:
    """Tell whether every subject that one filter takes, another takes too."""
    of_inner, of_outer = inner.split("."), outer.split(".")
    for at, wanted in enumerate(of_outer):
        if wanted == ">":
            return len(of_inner) > at
        if at >= len(of_inner) or of_inner[at] == ">" or wanted not in ("*", of_inner[at]):
            return False
    return len(of_inner) == len(of_outer)


def intersection(one: str, other: str) -> str | None:
    """Return the filter that takes what both take, None if there is no such subject."""
    tokens: list[str] = []
    left, right = one.split("."), other.split(".")
    for at in range(max(len(left), len(right))):
        if left[at : at + 1] == [">"]:
            return ".".join(tokens + right[at:]) if len(right) > at else None
        if right[at : at + 1] == [">"]:
            return ".".join(tokens + left[at:]) if len(left) > at else None
        if at >= len(left) or at >= len(right):
            return None
        if left[at] != right[at] and "*" not in (left[at], right[at]):
            return None
        tokens.append(right[at] if left[at] == "*" else left[at])
    return ".".join(tokens)


def overlap(one: str, other: str) -> bool:
    """Tell whether two filters have a subject in common."""
    return intersection(one, other) is not None


def without_subsets(filters: Iterable[str]) -> tuple[str, ...]:
    """Return filters without those that another one covers, sorted; the server refuses nested ones (error 10138)."""
    each = sorted(set(filters))
    return tuple(f for f in each if not any(f != other and is_subset(f, other) for other in each))


def cover(one: str, other: str) -> str:
    """Return the narrowest single filter that takes all that either takes."""
    left, right = one.split("."), other.split(".")
    tokens: list[str] = []
    for at in range(max(len(left), len(right))):
        if at >= len(left) or at >= len(right) or ">" in (left[at], right[at]):
            if at < min(len(left), len(right)):
                return ".".join([*tokens, ">"])
            return ".".join([*tokens[:-1], ">"])
        tokens.append(left[at] if left[at] == right[at] else "*")
    return ".".join(tokens)


def disjoint(filters: Iterable[str]) -> tuple[str, ...]:
    """Return filters that take at least the same and of which no two overlap, as a stream needs them (error 10052)."""
    each = list(without_subsets(filters))
    while True:
        pair = next(((a, b) for at, a in enumerate(each) for b in each[at + 1 :] if overlap(a, b)), None)
        if pair is None:
            return tuple(each)
        each = list(without_subsets([*(f for f in each if f not in pair), cover(*pair)]))
