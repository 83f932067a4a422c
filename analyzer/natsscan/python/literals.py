"""What texts and numbers stand for, as they are written; of those that Python refuses, what is written."""

from __future__ import annotations

import ast
import re
import warnings

import libcst as cst

# Halves of characters, which no file that is UTF-8 can hold.
_HALVES = re.compile("[\ud800-\udfff]")


def text_of(node: cst.SimpleString) -> str:
    """Return the text that a literal stands for; of bytes, one character for each."""
    if "\\" not in node.value and "\r" not in node.value:
        return node.raw_value
    value = _evaluated(node.value)
    if isinstance(value, bytes):
        return value.decode("latin-1")
    return node.raw_value if value is None else _HALVES.sub("\N{REPLACEMENT CHARACTER}", str(value))


def unescaped(text: str) -> str:
    """Return the text that a piece of a formatted string stands for."""
    if "\\" not in text:
        return text
    value = _evaluated('"""' + text.replace('"', '\\"') + '"""')
    return text if value is None else _HALVES.sub("\N{REPLACEMENT CHARACTER}", str(value))


def number_of(text: str) -> str:
    """Return a number in decimal digits."""
    if text.isdecimal():
        return text
    value = _evaluated(text)
    try:
        return text if value is None else str(value)
    except ValueError:  # it has too many digits to be written
        return text


def _evaluated(text: str) -> object:
    """Return what a literal stands for, None if Python does not take it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.literal_eval(text)
    except (SyntaxError, ValueError):
        return None
