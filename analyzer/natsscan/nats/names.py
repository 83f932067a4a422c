"""Names with holes as subjects: what is known becomes tokens, each hole a token that is known at run time."""

from __future__ import annotations

import re
from collections.abc import Mapping

from natsscan.catalog.target import LayoutsFile
from natsscan.model.mapping import HoleRule, Words
from natsscan.nats.escape import MAX_NAME, asset_name, distinct_name, token, tokens

_PARTS = re.compile(r"(\{[^{}]*\})")
_UNSAFE = re.compile(r"[^A-Za-z0-9_-]+")


HoleRules = Mapping[str, HoleRule]
_DEFAULT = HoleRule()


def holes(name: str) -> tuple[str, ...]:
    """Return the holes of a name, without their braces."""
    return tuple(part[1:-1] for part in _PARTS.split(name)[1::2])


def split_holes(name: str) -> tuple[str, ...]:
    """Return the parts of a name in turn: text, which may be empty, hole without its braces, text, and so on."""
    return tuple(part[1:-1] if at % 2 else part for at, part in enumerate(_PARTS.split(name)))


def open_holes(name: str, rules: HoleRules) -> tuple[str, ...]:
    """Return the holes of a name that have more than one value in a deployment."""
    return tuple(hole for hole in holes(name) if not rules.get(hole, _DEFAULT).constant)


def has_text(name: str, rules: HoleRules) -> bool:
    """Tell whether something of a name is known, or will be for a whole deployment."""
    return not holes(name) or any(
        rules.get(part[1:-1], _DEFAULT).constant if part.startswith("{") else part.strip(".")
        for part in _PARTS.split(name)
    )


def subject(root: str, name: str, rules: HoleRules) -> str:
    """Return the subject of a name below a root; holes stand in it in braces, as tokens or parts of one."""
    return ".".join([root, *_tokens(name, rules)])


def exchange_subject(layouts: LayoutsFile, name: str, rules: HoleRules) -> str:
    """Return the subject that is proposed for an exchange: its whole name is one token, keys come below."""
    return f"{layouts.exchange_root}.{asset(name, rules)}"


def queue_subject(layouts: LayoutsFile, name: str, rules: HoleRules) -> str:
    """Return the subject that is proposed for a queue: a token for each word of its name."""
    return subject(layouts.queue_root, name, rules)


def wildcard(subject_: str, rules: HoleRules, named: Mapping[str, str]) -> str:
    """Return the filter that takes a subject for every value of its holes; those of one value stay as they are.

    `named` gives for each hole as it stands in subjects the hole itself.
    """
    found: list[str] = []
    for each in subject_.split("."):
        inside = [named.get(part[1:-1], part[1:-1]) for part in _PARTS.split(each)[1::2]]
        open_ones = [hole for hole in inside if not rules.get(hole, _DEFAULT).constant]
        if any(rules.get(hole, _DEFAULT).words is Words.SPLIT for hole in open_ones):
            return ".".join([*found, ">"])
        found.append("*" if open_ones else each)
    return ".".join(found)


def fill(text: str, values: Mapping[str, str], rules: HoleRules) -> str:
    """Return a subject, or the name of a consumer, with its holes filled; values go by holes as subjects have them."""

    def value(part: str) -> str:
        given = values.get(part[1:-1])
        if given is None:
            return part
        split = rules.get(part[1:-1], _DEFAULT).words is Words.SPLIT
        return ".".join(tokens(given)) if split else token(given)

    return "".join(value(part) if part.startswith("{") else part for part in _PARTS.split(text))


def word_token(word: str, rules: HoleRules) -> str:
    """Return the token of one word of a name, which may have holes."""
    return _tokens(word, rules)[0] if word else token("")


def hole_token(hole: str) -> str:
    """Return a hole as it stands in subjects: the server takes braces, but neither dots nor spaces."""
    return _UNSAFE.sub("_", hole).strip("_") or "_"


def asset(name: str, rules: HoleRules) -> str:
    """Return the name of a consumer with holes in braces: all that is known is escaped, dots too.

    What is too long for a name is replaced by its digest; the holes stay, as they tell consumers apart.
    """
    parts = [(part, _part(part, rules) if part.startswith("{") else token(part)) for part in _PARTS.split(name) if part]
    whole = "".join(escaped for _, escaped in parts) or token("")
    if asset_name(name) == whole or len(whole) <= MAX_NAME // 2:
        return whole
    open_ones = [escaped for _, escaped in parts if escaped.startswith("{")]
    return distinct_name(name) + "".join(open_ones)


def known_part(name: str) -> str:
    """Return what of a name is known, up to dots that lead to a hole: a family of queues is called so."""
    return ".".join(word for word in _PARTS.sub("", name).split(".") if word)


def with_values(name: str, rules: HoleRules) -> str:
    """Return a name in which holes with one known value are filled."""

    def value(part: str) -> str:
        known = rules.get(part[1:-1], _DEFAULT).value if part.startswith("{") else None
        return part if known is None else known

    return "".join(map(value, _PARTS.split(name)))


def _tokens(name: str, rules: HoleRules) -> list[str]:
    if not name:
        return []
    words: list[str] = [""]
    has_hole = [False]
    for part in _PARTS.split(name):
        if part.startswith("{"):
            words[-1] += _part(part, rules)
            has_hole[-1] = True
            continue
        first, *rest = part.split(".")
        words[-1] += token(first) if first else ""
        for word in rest:
            words.append(token(word) if word else "")
            has_hole.append(False)
    return [word or token("") for word in words]


def _part(part: str, rules: HoleRules) -> str:
    rule = rules.get(part[1:-1], _DEFAULT)
    return token(rule.value) if rule.value is not None else "{" + hole_token(part[1:-1]) + "}"
