"""Text from scanned code in Markdown that forges render: it is shown, and does nothing."""

from __future__ import annotations

import re
from collections.abc import Callable

from natsscan.catalog.escape import visible

# Between these characters and what follows, forges see mentions, issues, links and pictures of a name.
_ZERO_WIDTH_SPACE = "\u200b"
_MARKUP = re.compile(r"[\\`*_\[\]<>|~&#!]")
_LINKS = re.compile(r"@|(?<=[#!%~&])(?=[\w#])|:(?=//|[\w+-]+:)|(?i:www)(?=\.)|\b(?i:GH)(?=-\d)")
# What would be a link, a tag, or at the beginning a command of a forge, a heading or a list.
_STARTS = re.compile(r"<(?=[\w/!?])|\](?=\()|^(?=[^\w(\"'])")
_BACKTICKS = re.compile(r"`+")


class Safe(str):
    """Text that is right as it is for the format that it goes into."""

    __slots__ = ()


def prose(text: str) -> str:
    """Return text as prose in one line that Markdown shows as it is.

    No one is mentioned and nothing is linked; `$` begins no formula, which GitHub knows how to tell by the tag.
    """
    return _escaped(visible(" ".join(text.split())))


def prose_with_code(text: str, span: Callable[[str], Safe] | None = None) -> Safe:
    """Return prose in which what stands in backquotes is code, as `span` has it.

    If not all backquotes are pairs, none of them is a mark.
    """
    parts = _BACKTICKS.sub("`", visible(" ".join(text.split()))).split("`")
    if len(parts) % 2 == 0:
        parts = ["'".join(parts)]
    as_code = span or code
    return Safe("".join(as_code(part) if at % 2 and part else _escaped(part) for at, part in enumerate(parts)))


def inert(text: str) -> str:
    """Return text in one line that reads the same as plain text, and in which Markdown finds nothing to do."""
    spaced = _LINKS.sub(rf"\g<0>{_ZERO_WIDTH_SPACE}", visible(" ".join(text.split())))
    return _STARTS.sub(rf"\g<0>{_ZERO_WIDTH_SPACE}", spaced)


def fenced(text: str, language: str = "") -> str:
    """Return text as a block of code that nothing in the text can end."""
    fence = "`" * max(3, max(map(len, _BACKTICKS.findall(text)), default=0) + 1)
    end = "" if not text or text.endswith("\n") else "\n"
    return f"{fence}{language}\n{text}{end}{fence}"


def code(text: object) -> Safe:
    """Return text as a code span."""
    shown = visible(str(text)) or " "
    fence = "`" * (max(map(len, _BACKTICKS.findall(shown)), default=0) + 1)
    pad = " " if shown.startswith("`") or shown.endswith("`") else ""
    return Safe(f"{fence}{pad}{shown}{pad}{fence}")


def cell(text: object) -> Safe:
    """Return text as a code span in a cell of a table."""
    return Safe(code(text).replace("|", "\\|"))


def _escaped(text: str) -> str:
    escaped = _MARKUP.sub(r"\\\g<0>", _LINKS.sub(rf"\g<0>{_ZERO_WIDTH_SPACE}", text))
    return escaped.replace("$", "<span>$</span>")
