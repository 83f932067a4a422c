# Made by natsscan generate python-amqp; written anew when it runs again.
"""Messages of AMQP as messages of NATS: properties are headers of their own, and so are headers that are texts.

What a header cannot hold goes into one that is JSON, with the type of each value: `{"tries": {"int32": 3}}`. Bytes are
characters of Latin-1 there. Modules that natsscan makes for Haskell write and read the same.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any

from .message import Properties

EXCHANGE = "Amqp-Exchange"
ROUTING_KEY = "Amqp-Routing-Key"
_TABLE = "Amqp-Headers"
_TEXTS = {
    "Content-Type": "content_type",
    "Content-Encoding": "content_encoding",
    "Correlation-Id": "correlation_id",
    "Reply-To": "reply_to",
    "Expiration": "expiration",
    "Message-Id": "message_id",
    "Type": "type",
    "User-Id": "user_id",
    "App-Id": "app_id",
    "Cluster-Id": "cluster_id",
}
_NUMBERS = {"Delivery-Mode": "delivery_mode", "Priority": "priority", "Timestamp": "timestamp"}
_RESERVED = frozenset([*_TEXTS, *_NUMBERS, EXCHANGE, ROUTING_KEY, _TABLE, "Amqp-Via"])
_OWN = "Nats-"
_NAME = re.compile(r"[A-Za-z0-9_-]+")
_BASE64 = "base64:"
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_INT32, _INT64 = 2**31, 2**63


def encode(properties: Properties, origin: tuple[str, str] | None = None) -> dict[str, str]:
    """Return the headers of a message; `origin` is what it is published to, where its subject does not say so."""
    found = {}
    for header, name in _TEXTS.items():
        text = getattr(properties, name)
        if text is not None:
            found[header] = _value(_text(name, text))
    for header, name in _NUMBERS.items():
        number = getattr(properties, name)
        if number is not None:
            found[header] = str(int(number))
    if origin is not None:
        found[EXCHANGE], found[ROUTING_KEY] = map(_value, origin)
    return {**found, **(_table_headers(properties.headers) if properties.headers is not None else {})}


def decode(headers: Mapping[str, str]) -> Properties:
    """Return the properties that headers tell."""
    properties = Properties()
    for header, name in _TEXTS.items():
        if header in headers:
            setattr(properties, name, _shown(headers[header]))
    for header, name in _NUMBERS.items():
        if headers.get(header, "").isdecimal():
            setattr(properties, name, int(headers[header]))
    plain = {
        name: _original(value) for name, value in headers.items() if name not in _RESERVED and not name.startswith(_OWN)
    }
    if plain or _TABLE in headers:
        properties.headers = {**_table(headers.get(_TABLE, "{}")), **plain}
    return properties


def decode_origin(headers: Mapping[str, str]) -> tuple[str, str] | None:
    """Return what a message was published to, if headers say so."""
    if EXCHANGE in headers and ROUTING_KEY in headers:
        return _shown(headers[EXCHANGE]), _shown(headers[ROUTING_KEY])
    return None


def _table_headers(table: Mapping[str, Any]) -> dict[str, str]:
    plain = {name: value for name, value in table.items() if isinstance(value, str) and _is_plain(name)}
    typed = {name: _typed(value) for name, value in table.items() if name not in plain}
    found = {name: _value(value) for name, value in plain.items()}
    if typed or not table:
        found[_TABLE] = json.dumps(typed, separators=(",", ":"))
    return found


def _is_plain(name: str) -> bool:
    return bool(_NAME.fullmatch(name)) and name not in _RESERVED and not name.startswith(_OWN)


def _text(name: str, given: object) -> str:
    if not isinstance(given, str):
        raise TypeError(f"the {name} of a message is text, not {given!r}")
    return given


def _value(text: str) -> str:
    """Return what a header can hold as it is; all else in base 64."""
    if _CONTROL.search(text) or text.startswith(_BASE64) or text.strip() != text:
        return _BASE64 + base64.b64encode(text.encode()).decode()
    return text


def _original(value: str) -> str | bytes:
    if not value.startswith(_BASE64):
        return value
    try:
        return _as_text(base64.b64decode(value[len(_BASE64) :], validate=True))
    except binascii.Error:
        return value


def _shown(value: str) -> str:
    found = _original(value)
    return found if isinstance(found, str) else found.decode(errors="replace")


def _as_text(content: bytes) -> str | bytes:
    """Return text where bytes are some: AMQP has one type for both."""
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content


def _typed(value: Any) -> dict[str, Any]:
    """Return a value with its type. Raise TypeError for what AMQP has no type for."""
    if value is None:
        return {"void": None}
    if isinstance(value, bool):
        return {"bool": value}
    if isinstance(value, int):
        if not -_INT64 <= value < _INT64:
            raise ValueError(f"{value} does not fit into a header")
        return {"int32" if -_INT32 <= value < _INT32 else "int64": int(value)}
    simple = {
        str: "text",
        float: "double",
        bytes: "bytes",
        bytearray: "bytes",
        Decimal: "decimal",
        datetime: "timestamp",
    }
    for kind, name in simple.items():
        if isinstance(value, kind):
            return {name: _written(value)}
    if isinstance(value, Mapping):
        return {"table": {str(name): _typed(each) for name, each in value.items()}}
    if isinstance(value, (list, tuple)):
        return {"array": [_typed(each) for each in value]}
    raise TypeError(f"a header is no {type(value).__name__}: {value!r}")


def _written(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode().decode("latin-1")
    if isinstance(value, (bytes, bytearray)):
        return value.decode("latin-1")
    if isinstance(value, Decimal):
        places = max(-int(value.as_tuple().exponent), 0)
        return [places, int(value.scaleb(places))]
    if isinstance(value, datetime):
        return int((value if value.tzinfo else value.replace(tzinfo=timezone.utc)).timestamp())
    return float(value)


def _table(text: str) -> dict[str, Any]:
    """Return what a header tells; nothing if another program has written something else there."""
    try:
        return {name: _read(value) for name, value in json.loads(text).items()}
    except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, OSError):
        return {}


def _read(typed: Any) -> Any:
    """Return the value of one with its type; one that is none stays as it is."""
    if not isinstance(typed, dict) or len(typed) != 1:
        return typed
    ((kind, value),) = typed.items()
    if kind == "text":
        return _as_text(str(value).encode("latin-1", "replace"))
    if kind == "bytes":
        return str(value).encode("latin-1", "replace")
    if kind == "decimal":
        return Decimal(value[1]).scaleb(-value[0])
    if kind == "timestamp":
        return datetime.fromtimestamp(value, tz=timezone.utc)
    if kind == "table":
        return {name: _read(each) for name, each in value.items()}
    return [_read(each) for each in value] if kind == "array" else value
