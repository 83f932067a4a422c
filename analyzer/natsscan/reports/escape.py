"""Text from scanned files, made such that what shows it shows it and does nothing else."""

from __future__ import annotations

import unicodedata

# Marks that change the direction of text around them, and could so make code look like other code (CVE-2021-42574).
_DIRECTION = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def visible(text: str) -> str:
    """Return text from a scanned file such that a terminal only shows it: controls are written out in ASCII."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_show(character) for character in text)


def csv_cell(text: str) -> str:
    """Return the text of a cell that a spreadsheet takes for no formula."""
    text = visible(text)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _show(character: str) -> str:
    if character == "\t":
        return "    "
    if character in _DIRECTION or unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp"):
        code = ord(character)
        return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"
    return character
