from __future__ import annotations

import re

_ESCAPE = re.compile(r"\\(?:\s+\\|(&)|([\"'\\])|([abfnrtv0])|(\d+)|x([0-9A-Fa-f]+))")
_CONTROL = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "0": "\0"}


def literal_text(text: str) -> str:
    """Return the text that a literal stands for: a string's or character's content, a number as written."""
    if len(text) >= 2 and text[0] in "\"'" and text[-1] == text[0]:
        return _ESCAPE.sub(_unescaped, text[1:-1]) if "\\" in text else text[1:-1]
    return text.replace("_", "") if text[:1].isdigit() else text


def _unescaped(match: re.Match[str]) -> str:
    empty, plain, control, decimal, hexadecimal = match.groups()
    if plain:
        return plain
    if control:
        return _CONTROL[control]
    number = int(decimal) if decimal else int(hexadecimal, 16) if hexadecimal else None
    return chr(number) if number is not None and number < 0x110000 and not empty else ""
