"""Text from scanned code in Markdown that forges render: it is shown, and does nothing."""

from __future__ import annotations

import re
from collections.abc import Callable

from natsscan.reports.escape import visible

# Between these characters and what follows, forges see mentions, issues, links and pictures of a name.
_ZERO_WIDTH_SPACE = "\u200b"
_MARKUP = re.compile(r"[\\`*_\[\]<>|~&#!]")
_LINKS = re.compile(r"@|(?<=#)(?=\d)|:(?=//|[\w+-]+:)|(?i:www)(?=\.)")
_BACKTICKS = re.compile(r"`+")


class Safe(str):
    """Text that is right as it is for the format that it goes into."""

    __slots__ = ()


def prose(text: str) -> str:
    """Return text as prose in one line that Markdown shows as it is.

    No one is mentioned and nothing is linked; `$` begins no formula, which GitHub knows how to tell by the tag.
    """
    return _escaped(" ".join(text.split()))


def prose_with_code(text: str, span: Callable[[str], Safe] | None = None) -> Safe:
    """Return prose in which what stands in backquotes is code, as `span` has it.

    If not all backquotes are pairs, none of them is a mark.
    """
    parts = " ".join(text.split()).split("`")
    if len(parts) % 2 == 0:
        parts = ["'".join(parts)]
    as_code = span or code
    return Safe("".join(as_code(part) if at % 2 and part else _escaped(part) for at, part in enumerate(parts)))


def _escaped(text: str) -> str:
    shown = _LINKS.sub(rf"\g<0>{_ZERO_WIDTH_SPACE}", visible(text))
    return _MARKUP.sub(r"\\\g<0>", shown).replace("$", "<span>$</span>")


def code(text: object) -> Safe:
    """Return text as a code span."""
    shown = visible(str(text)) or " "
    fence = "`" * (max(map(len, _BACKTICKS.findall(shown)), default=0) + 1)
    pad = " " if shown.startswith("`") or shown.endswith("`") else ""
    return Safe(f"{fence}{pad}{shown}{pad}{fence}")


def cell(text: object) -> Safe:
    """Return text as a code span in a cell of a table."""
    return Safe(code(text).replace("|", "\\|"))
