"""Text from scanned files, made such that what shows it shows it and does nothing else."""

from __future__ import annotations

import re
import unicodedata

import msgspec

# Marks that change the direction of text around them, and could so make code look like other code (CVE-2021-42574),
# and those that cannot be seen, with which names look the same that are not: all but the joiners, which scripts need.
_UNSEEN = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))
_JOINERS = "\u200c\u200d"

# What runners of CI obey where it begins a line of a log: `::error::`, with blanks before it; or anywhere in one:
# `##[error]` on GitHub and Azure, `##vso[task.complete]`.
_LINE_COMMAND = re.compile(r"(\s*):(?=:[A-Za-z-])")
_COMMAND = re.compile(r"##(?=\w*\[)")

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
# The same in JSON, where controls below a blank are escaped already.
_RAW = re.compile(
    "[\x7f-\x9f\xad\u0600-\u0605\u061c\u06dd\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f]|(?<=#)#(?=\\w*\\[)"
)


def printable(text: str) -> str:
    """Return text from a scanned file such that a terminal only shows it: the rest is written out in ASCII."""
    return text if text.isascii() and text.isprintable() else "".join(map(_show, text))


def visible(text: str) -> str:
    """Return the same such that a runner of CI, in whose log it may stand, finds no command in it either."""
    text = printable(text)
    if ":" in text or "#" in text:
        text = _COMMAND.sub(r"#\\x23", _LINE_COMMAND.sub(r"\1\\x3a", text, count=1) if "::" in text else text)
    return text


def csv_cell(text: str) -> str:
    """Return the text of a cell that a spreadsheet takes for no formula."""
    text = visible(text)
    return f"'{text}" if text.startswith(_FORMULA) else text


def json_text(value: object, *, indented: bool = True) -> str:
    """Return a value as JSON with a line end; if it is not indented, in one line.

    What a terminal or a log would obey in it is escaped, which makes no difference to who reads it as JSON.
    """
    data = msgspec.json.encode(value)
    text = (msgspec.json.format(data, indent=2) if indented else data).decode()
    return _RAW.sub(_escape, text) + "\n"


def _show(character: str) -> str:
    if character == "\t":
        return "    "
    if character not in _JOINERS and unicodedata.category(character) in _UNSEEN:
        code = ord(character)
        return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
    return character


def _escape(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))
