"""AMQP names as NATS tokens and names: every one has its own, and the way back is known.

Letters, digits, `_` and `-` stay; every other byte of the UTF-8 text becomes `=` and two hexadecimal digits, the empty
word `=0`. The sign is `=` because servers before 2.12.12 and 2.14.3 lose acknowledgements of names with `%`.
"""

from __future__ import annotations

import re
from hashlib import sha256

MAX_AMQP_NAME = 255  # bytes of a short string, AMQP 0-9-1, section 4.2.5.3
MAX_NAME = 255  # bytes of a stream's or consumer's name: it is the name of a folder
_KEPT_IN_FULL = 200
_KEPT_OF_LONGER = 180
_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")
_EMPTY = "=0"
_ESCAPED = re.compile(rb"=([0-9A-F]{2})")
_TOKEN = re.compile(r"(?:[A-Za-z0-9_-]|=[0-9A-F]{2})+")
_NOT_IN_NAMES = frozenset(" .*>/\\\t\r\n\f\0")


def token(word: str) -> str:
    """Return the token of one word, or of a whole name whose dots are data."""
    return "".join(chr(byte) if byte in _PLAIN else f"={byte:02X}" for byte in word.encode()) or _EMPTY


def word(token_: str) -> str:
    """Return the word that a token stands for. Raise ValueError for what `token` never returns."""
    if token_ == _EMPTY:
        return ""
    if not _TOKEN.fullmatch(token_):
        raise ValueError(f"'{token_}' is no escaped word")
    found = _ESCAPED.sub(lambda code: bytes([int(code[1], 16)]), token_.encode()).decode()
    if token(found) != token_:
        raise ValueError(f"'{token_}' escapes what needs no escape")
    return found


def tokens(key: str) -> tuple[str, ...]:
    """Return the tokens of a routing key, one for each word; the empty key has none, as RabbitMQ sees it."""
    return tuple(token(each) for each in key.split(".")) if key else ()


def key(tokens_: tuple[str, ...]) -> str:
    """Return the routing key that tokens stand for. Raise ValueError for what `tokens` never returns."""
    return ".".join(word(each) for each in tokens_)


def asset_name(name: str) -> str:
    """Return the name of a stream or consumer for an AMQP name; a long one ends in a digest of the whole."""
    escaped = token(name)
    return escaped if len(escaped) <= _KEPT_IN_FULL else distinct_name(name)


def distinct_name(name: str) -> str:
    """Return the name of a stream or consumer that ends in a digest of an AMQP name, whatever its length."""
    return f"{token(name)[:_KEPT_OF_LONGER]}=-{sha256(name.encode()).hexdigest()[:16]}"


def asset_name_problem(name: str) -> str | None:
    """Return what keeps the server from taking the name of a stream or consumer (errors 10052, 10102), or None."""
    if not name:
        return "is empty"
    if len(name.encode()) > MAX_NAME:
        return f"is longer than {MAX_NAME} bytes"
    if _NOT_IN_NAMES & set(name):
        return "has a space, a dot, a wildcard or a slash"
    return "has a '%', of which servers before 2.12.12 and 2.14.3 lose acknowledgements" if "%" in name else None
