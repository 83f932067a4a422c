"""Text from scanned code in Markdown that forges render: it is shown, and does nothing."""

from __future__ import annotations

import re

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
    escaped = _MARKUP.sub(r"\\\g<0>", _LINKS.sub(rf"\g<0>{_ZERO_WIDTH_SPACE}", visible(" ".join(text.split()))))
    return escaped.replace("$", "<span>$</span>")


def code(text: object) -> Safe:
    """Return text as a code span."""
    shown = visible(str(text)) or " "
    fence = "`" * (max(map(len, _BACKTICKS.findall(shown)), default=0) + 1)
    pad = " " if shown.startswith("`") or shown.endswith("`") else ""
    return Safe(f"{fence}{pad}{shown}{pad}{fence}")


def cell(text: object) -> Safe:
    """Return text as a code span in a cell of a table."""
    return Safe(code(text).replace("|", "\\|"))
