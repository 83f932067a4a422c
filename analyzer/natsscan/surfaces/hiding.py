"""What readers never show: credentials in URLs, and the values of keys that hold secrets."""

from __future__ import annotations

import re
from collections.abc import Iterator

from natsscan.catalog.secrets import Secrets

SECRET = "(secret)"  # noqa: S105 - what stands for a secret, not one

_WORD = re.compile(r"\S+")
# What looks like a port and is none may be the beginning of a password.
_CUT_OFF = re.compile(r"//[^/@:\s]*:(?!\d{0,5}(?:[/?#,;)\]}\"'\s]|$)|[$({])\S*")
_USERINFO = re.compile(r"://([^\s\"'<>@/]*)@")


def without_credentials(text: str) -> str:
    """Return a text with `***` for user and password in its URLs, also in one whose end, and so its `@`, is missing."""
    whole = _WORD.sub(_without_userinfo, text) if "//" in text else text
    return _CUT_OFF.sub("//***", whole)


def _without_userinfo(word: re.Match[str]) -> str:
    """Return a word without what stands between the first `//` and the last `@`: a password may hold both."""
    url, at, host = word[0].rpartition("@")
    scheme, slashes, _ = url.partition("//")
    return f"{scheme}//***@{host}" if at and slashes else word[0]


def bare_address(url: str) -> str:
    """Return a URL without credentials and without the query, which may hold a token."""
    return without_credentials(url.partition("?")[0])


def secrets_in(secrets: Secrets, line: str) -> Iterator[tuple[int, int]]:
    """Yield where a line of any file holds a secret, or what may be one."""
    for match in secrets.loose.finditer(line):
        yield match.span(match.lastindex or 0)
    for match in _USERINFO.finditer(line):
        yield match.span(1)
