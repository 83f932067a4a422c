"""Lines of scripts and makefiles that name the broker, about the target: beside them, or in their place."""

from __future__ import annotations

import re
from collections.abc import Container

from natsscan.patches.place import Job

_IDENTIFIER = re.compile(r"[A-Za-z_][\w-]*")
_WORD = re.compile(r"[^\s\"'=;|&<>()]+")
_PLAIN_READ = re.compile(rb"(?<!\\)\$(?:\{(\w+)\}|(\w+))")

DROPPED = "It names what NATS has no counterpart for; see what is left of the line without that."
SAME_NAME = "It would be called the same on NATS, so the two cannot stand side by side."
NO_IMAGE = "An image of NATS keeps streams only if it is started with -js: write the command for it by hand."
FILES = "It names files of the broker; write the line for those of NATS when they are there."


def reworded(job: Job, text: bytes, *, names_files: bool = False) -> bytes | str:
    """Return text about the target, or why new names alone do not make it so.

    Without `names_files` paths with the broker in them are such a reason: nobody knows where those of the target are.
    """
    decoded = text.decode("utf-8", errors="replace")
    if any(map(job.replacements.dropped.fullmatch, _IDENTIFIER.findall(decoded))):
        return DROPPED
    for word in _WORD.findall(decoded):
        if job.broker.image.search(word) and re.search(r":[\w.]", word.rpartition("/")[2]):
            return NO_IMAGE
        if not names_files and "://" not in word and "/" in word and job.broker.name.search(_without_variables(word)):
            return FILES
    new = job.replacements.text(text)
    return SAME_NAME if new == text else new


def may_be_unset(old: bytes, new: bytes, assigned: Container[bytes]) -> bytes:
    """Return shell code in which variables that only the new text reads may be unset, unless they are `assigned`."""
    before = {one or other for one, other in _PLAIN_READ.findall(old)}

    def optional(found: re.Match[bytes]) -> bytes:
        name = found[1] or found[2]
        known = name in before or name in assigned or name.isdigit()
        return found[0] if known else b"${%s:-}" % name

    return _PLAIN_READ.sub(optional, new)


def _without_variables(word: str) -> str:
    return re.sub(r"\$\{?\w+\}?|\$\(\w+\)", "", word)
