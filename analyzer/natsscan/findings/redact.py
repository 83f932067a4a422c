"""Secrets leave no trace: what a line of any file holds of them is replaced before the line is shown.

A line is judged by itself, in whatever language it is, so the patterns lean to one side: what looks like the value of
a password is hidden even where it is not one, except where it plainly is a reference or code. Not seen are values
whose key stands on another line, and the last, short line of a PEM block.
"""

from __future__ import annotations

import re
from enum import Enum

from natsscan.catalog.secrets import LITERAL, STRING, Secrets
from natsscan.model.source import PROGRAMS, FileKind

HIDDEN = "***"

_LONGEST_KEY = 80
_KEY_START = re.compile(r"[\w.-]*$")

# What stands for a value that is elsewhere: template actions, variables, what a command prints.
_REFERENCE = re.compile(
    r"(?:\$?\{\{.{0,300}?\}\}|\$+\{[^{}\n]*\}|\$+\([^()\n]*(?:\([^()\n]*\)[^()\n]*)*+\)|\$+[A-Za-z_]\w*+|`[^`\n]*`)++"
)
_FALLBACK = re.compile(rf"(\$\{{\w+:?[-=])([^{{}}\n]+)(?=\}})|(\bdefault\s+)({LITERAL})")
_NO_VALUE = re.compile(r"(?:[|>][+-]?\d?|null|~|true|false|[{\[(]|#\s.*|[)\]},;]{0,3})$|\{\s*[\w\"'-]+:(?:\s|$)")
_QUOTE = re.compile(r"(?:<<)?(\\*[\"'])")
_CLOSERS = ",;)]}\"'`"
_OPENERS = "{[("
_CODE = re.compile(
    r"(?:[a-zA-Z_][a-zA-Z_']*\.)*[a-zA-Z_][a-zA-Z_']*(?=$|[\s,)}])|[\w.]+[\[(]|(?:[A-Z]\w*\.)+[\w']+(?=\s+\S)"
)
_BINDS_STRING = re.compile(rf"(\b(?:fromMaybe|pack|Just|pure|return|Some|fromString|encodeUtf8)\s+)({STRING})")

_BLANK = re.compile(r"\s")
_SCHEME = re.compile(r"\b([A-Za-z][\w+.-]{0,30})://")
_PORT_AND_PATH = re.compile(r"[^/@\s]*:\d+/")

_PEM = re.compile(r"(-----BEGIN [A-Z0-9 ]+-----).*?(?=-----END|\Z)", re.DOTALL)
# Nothing but base64, of all its kinds of characters: a digest in hexadecimal is no secret.
_PEM_BODY = re.compile(
    r"^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)([ \t\"'>|-]*+)[A-Za-z0-9+/]{60,}+={0,2}([\"',;\\ \t\r]*+)$", re.MULTILINE
)

# A URL with places for user and password, and what is put in there: `"amqp://%s:%s@host" % (...)`.
_PUT_IN = re.compile(
    r"""(://[^\s"'@/]{0,80}(?:%\w|\{[^}"'\s]{0,40}\})[^\s"'@/]{0,80}@[^"'\n]{0,200}["']\)?[ \t]{0,4}"""
    r"""(?:%|\.format\())([^\n]*)"""
)
_TEXT = re.compile(LITERAL)


class Notation(Enum):
    """What `password = word` means: in code a name; elsewhere a value, in settings one up to the end of the line."""

    CODE = 1
    TEXT = 2
    SETTINGS = 3


def notation_of(language: str) -> Notation:
    """Return the notation of a language or kind of file."""
    if language in PROGRAMS or language == FileKind.NIX:
        return Notation.CODE
    return Notation.SETTINGS if language in (FileKind.BROKER_CONFIG, FileKind.ENV) else Notation.TEXT


def redact(secrets: Secrets, text: str, notation: Notation) -> str:
    """Return a line of a file with `***` in the place of each secret it holds; `secrets` tells these from the rest.

    References to a secret, `${VAR}` or `{{ .Values.x }}`, empty values and code that passes a secret on stay.
    """
    if secrets.hint.search(text) is None:
        return text
    text = _PEM_BODY.sub(rf"\1{HIDDEN}\2", _PEM.sub(rf"\1{HIDDEN}", text))
    text = _without_userinfo(_PUT_IN.sub(_without_texts, text))
    for pattern in secrets.places:
        text = pattern.sub(lambda match: match[1] + _hidden(match[2]), text)
    return _without_values(secrets, text, notation)


def redact_argument(secrets: Secrets, name: str, text: str, notation: Notation) -> str:
    """Return the text of a usage's argument with `***` in the place of each secret it holds.

    In code the name of an argument tells what a literal is: `password` of a call that opens a connection. In other
    files the readers do not give values of secret keys, and names such as `from_secret` are of places.
    """
    head = f"{name} = " if notation is Notation.CODE else ""
    return redact(secrets, head + text, notation).removeprefix(head)


def _hidden(value: str) -> str:
    """Return what is shown for a value: the quotes around it and what closes a bracket after it stay."""
    bare = value.strip("\"'\\")
    if not bare or bare.strip(_CLOSERS) == HIDDEN:
        return value
    if _is_reference(bare):
        return _without_fallback(value)
    if _only_references(bare):
        return value
    body = value.rstrip(_CLOSERS) or value
    opening = value[: len(value) - len(value.lstrip("\"'\\"))]
    return opening + HIDDEN + value[len(body) :]


def _only_references(value: str) -> bool:
    """Tell whether a value, which may be a pair like `$USER:$PASSWORD`, has nothing of its own."""
    return all(_is_reference(part.strip("\"'\\")) for part in value.split(":"))


def _is_reference(value: str) -> bool:
    reference = _REFERENCE.match(value)
    return reference is not None and not value[reference.end() :].strip(_CLOSERS)


def _without_fallback(reference: str) -> str:
    def hide(match: re.Match[str]) -> str:
        if match[1]:
            return match[1] + (match[2] if match[2].startswith("$") else HIDDEN)
        return f"{match[3]}{match[4][0]}{HIDDEN}{match[4][0]}"

    return _FALLBACK.sub(hide, reference)


def _without_userinfo(text: str) -> str:
    """Hide user and password in URLs, whatever characters the password has."""
    pieces, last = [], 0
    while (match := _SCHEME.search(text, last)) is not None:
        start = match.end()
        stop = _url_end(text, match.start(), start)
        at = text.rfind("@", start, stop)
        if at >= 0 and _is_userinfo(match[1].lower(), text[start:stop], text[start:at]):
            pieces += [text[last:start], HIDDEN]
            last = at
            stop = max(stop, at + 1)
        pieces.append(text[last:stop])
        last = stop
    return "".join([*pieces, text[last:]])


def _without_texts(match: re.Match[str]) -> str:
    """Hide the texts that are put into a URL before its host: which of them is the password, the place tells not."""
    return match[1] + _TEXT.sub(lambda text: text[0][0] + HIDDEN + text[0][-1], match[2])


def _url_end(text: str, begin: int, start: int) -> int:
    """Return where a URL ends: at the quote that was opened right before it, else at a blank."""
    quote = text[begin - 1 : begin]
    if quote and quote in "'\"":
        end = _found(text.find(quote, start), len(text))
        return min(end, _found(text.find("\n", start), len(text)))
    blank = _BLANK.search(text, start)
    return blank.start() if blank is not None else len(text)


def _is_userinfo(scheme: str, url: str, userinfo: str) -> bool:
    if _only_references(userinfo) or userinfo == "git":
        return False
    if scheme.startswith("http") and ("/" in userinfo) and (":" not in userinfo or _PORT_AND_PATH.match(url)):
        return False
    return "/" not in userinfo or ":" in userinfo.partition("/")[0]


def _found(at: int, otherwise: int) -> int:
    return at if at >= 0 else otherwise


def _without_values(secrets: Secrets, text: str, notation: Notation) -> str:
    """Hide the values of keys that name a secret, in any notation of keys and values."""
    pieces, last = [], 0
    while (match := secrets.assigned.search(text, last)) is not None:
        start = match.end()
        end, shown = _value(secrets, text, match, notation)
        pieces += [text[last:start], shown]
        last = max(end, start)
    return "".join([*pieces, text[last:]])


def _value(secrets: Secrets, text: str, match: re.Match[str], notation: Notation) -> tuple[int, str]:
    """Return where the value after a key ends, and what is shown for it."""
    start = match.end()
    line_end = _found(text.find("\n", start), len(text))
    low = max(0, match.start() - _LONGEST_KEY)
    found = _KEY_START.search(text, low, match.start())
    key_start = found.start() if found is not None else match.start()
    key = text[key_start : match.start("close")]
    spaced = match["sep"].endswith("=") and bool(match["before"] or match["after"])
    # `==`, `=~`, `=<<` and `=>` are operators.
    is_operator = match["before"] and not match["after"] and text[start : start + 1] in ("=", "~", "<", ">")
    if secrets.points.match(key) or is_operator:
        return start, ""
    quoted = _quoted(text, start, line_end)
    if quoted is not None:
        return quoted
    is_code = notation is Notation.CODE
    if is_code and spaced and key[:1].islower() and not re.search(r"[._-]", key) and _CODE.match(text, start, line_end):
        bound = text[start:line_end]
        return line_end, _BINDS_STRING.sub(rf'\1"{HIDDEN}"', bound)
    to_end = notation is Notation.SETTINGS or (spaced and not is_code) or match["sep"] == ":"
    return _unquoted(text, start, _limit(text, match, key_start, line_end, to_end), key)


def _limit(text: str, match: re.Match[str], key_start: int, line_end: int, to_end: bool) -> int:
    """Return how far a value without quotes may go: to the quote around key and value, a comment or a blank.

    `to_end` says that blanks belong to the value, which they do not between braces or brackets.
    """
    quote = text[key_start - 1 : key_start] if key_start else ""
    if quote and quote in "'\"" and not match["close"]:
        line_end = min(line_end, _found(text.find(quote, match.end()), line_end))
    elif to_end:
        line_end = min(line_end, _found(text.find(" #", match.end()), line_end))
    before = text[max(0, key_start - 2 * _LONGEST_KEY) : key_start]
    is_flow = any(before.count(opener) for opener in _OPENERS)
    if to_end and not is_flow:
        return line_end
    reference = _REFERENCE.match(text, match.end(), line_end)
    blank = _BLANK.search(text, reference.end() if reference is not None else match.end(), line_end)
    return blank.start() if blank is not None else line_end


def _quoted(text: str, start: int, line_end: int) -> tuple[int, str] | None:
    """Return end and appearance of a value in quotes; None if it is not in quotes, or not wholly."""
    quote = _QUOTE.match(text, start, line_end)
    if quote is None:
        return None
    mark, at = quote[1], quote.end()
    while True:
        end = text.find(mark, at, line_end)
        if end < 0:
            return line_end, text[start : quote.end()] + HIDDEN
        escaped = mark == '"' and (len(text[at:end]) - len(text[at:end].rstrip("\\"))) % 2
        doubled = mark == "'" and text[end + 1 : end + 2] == "'" and end > quote.end()
        if not escaped and not doubled:
            break
        at = end + (2 if doubled else 1)
    after = end + len(mark)
    if after < line_end and text[after] not in " \t\r>" + _CLOSERS + "#:|&<\\":
        return None
    content = text[quote.end() : end]
    shown = content if not content.strip() else _hidden(content.strip("\"'"))
    return after, text[start : quote.end()] + shown + mark


def _unquoted(text: str, start: int, end: int, key: str) -> tuple[int, str]:
    value = text[start:end].rstrip()
    end = start + len(value)
    if not value or _NO_VALUE.match(value) or value.rpartition(".")[2].rstrip(_CLOSERS).lower() == key.lower():
        return end, value
    return end, _hidden(value)
