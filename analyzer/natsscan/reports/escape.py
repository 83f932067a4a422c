"""Text from scanned files, made such that what shows it shows it and does nothing else."""

from __future__ import annotations

import re
import unicodedata

# Marks that change the direction of text around them, and could so make code look like other code (CVE-2021-42574).
_DIRECTION = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

_MARKUP = frozenset("\\*_[]<>&~$")
# What forges make links and mentions of, which tell people or other threads: @name, #1, !1, ~1, GH-1, addresses.
_REFERENCE = re.compile(r"@|[#!%~&](?=\w)|:(?=//)|\bwww(?=\.)|\bGH(?=-\d)", re.IGNORECASE)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_BACKQUOTES = re.compile("`+")


def visible(text: str) -> str:
    """Return text from a scanned file such that a terminal only shows it: controls are written out in ASCII."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_show(character) for character in text)


def markdown(text: str) -> str:
    """Return text such that Markdown only shows it, in one line that other text begins; code spans stay."""
    parts = _BACKQUOTES.sub("`", visible(" ".join(text.split()))).split("`")
    if len(parts) % 2 == 0:
        parts = ["'".join(parts)]
    shown = (f"`{part}`" if number % 2 else _escaped(part) for number, part in enumerate(parts))
    return "".join(shown).replace("|", "\\|")


def fenced(text: str, language: str = "") -> str:
    """Return text as a block of code in Markdown that nothing in the text can end."""
    longest = max((len(run) for run in _BACKQUOTES.findall(text)), default=0)
    fence = "`" * max(3, longest + 1)
    end = "" if not text or text.endswith("\n") else "\n"
    return f"{fence}{language}\n{text}{end}{fence}"


def cell(text: str) -> str:
    """Return the text of a cell that a spreadsheet takes for no formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _escaped(text: str) -> str:
    text = "".join(f"\\{character}" if character in _MARKUP else character for character in text)
    return _REFERENCE.sub("\\g<0>\u200b", text)


def _show(character: str) -> str:
    if character == "\t":
        return "    "
    if character in _DIRECTION or unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp"):
        code = ord(character)
        return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"
    return character
