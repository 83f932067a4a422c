"""What readers never show: credentials in URLs, and the values of keys that hold secrets."""

from __future__ import annotations

import re
from collections.abc import Iterator

from natsscan.catalog.secrets import Secrets

SECRET = "(secret)"  # noqa: S105 - what stands for a secret, not one

_CREDENTIALS = re.compile(r"//\S*@")
# What looks like a port and is none may be the beginning of a password.
_CUT_OFF = re.compile(r"//[^/@:\s]*:(?!\d{0,5}(?:[/?#,;)\]}\"'\s]|$)|[$({])\S*")
_USERINFO = re.compile(r"://([^\s\"'<>@/]*)@")


def without_credentials(text: str) -> str:
    """Return a text with `***` for user and password in its URLs, also in one whose end, and so its `@`, is missing."""
    return _CUT_OFF.sub("//***", _CREDENTIALS.sub("//***@", text))


def bare_address(url: str) -> str:
    """Return a URL without credentials and without the query, which may hold a token."""
    return without_credentials(url.partition("?")[0])


def secrets_in(secrets: Secrets, line: str) -> Iterator[tuple[int, int]]:
    """Yield where a line of any file holds a secret, or what may be one."""
    for match in secrets.loose.finditer(line):
        yield match.span(match.lastindex or 0)
    for match in _USERINFO.finditer(line):
        yield match.span(1)
