"""What declares a broker's objects from outside: exports of definitions, and calls of the broker's tools."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from natsscan.model.usage import Operation, Usage
from natsscan.surfaces.docs import SECRET, Place, byte_text, mentions, with_holes, without_credentials
from natsscan.surfaces.surface import Surface, SurfaceReading

_TOKEN = re.compile(r"[ \t\r\n]*+(?:(\"(?:[^\"\\]|\\.)*+\")|([{}\[\]:,])|([^\s\"{}\[\]:,]+)|(.))", re.DOTALL)
_VERSION = re.compile(rb"\"rabbit(?:mq)?_version\"\s*:")
_SECTION = re.compile(rb"\"(queues|exchanges|bindings|vhosts|users|permissions|policies)\"\s*:\s*\[")
_SECRET_KEY = re.compile(r"(?i)pass(?:word|wd|phrase)?(?:_hash)?$|secret$|token$|cookie$")
_BYTE_ORDER_MARK = "\xef\xbb\xbf"
_SECTIONS_ENOUGH = 2
_ITEM_DEPTH = 2
_DEEPEST = 16

# What the objects in a section of an export are, and the argument under which their name is known.
_SECTIONS = {
    "exchanges": (Operation.DECLARE_EXCHANGE, "exchange"),
    "queues": (Operation.DECLARE_QUEUE, "queue"),
    "bindings": (Operation.BIND, "name"),
    "vhosts": (Operation.CONFIG, "vhost"),
    "users": (Operation.CONFIG, "user"),
    "permissions": (Operation.CONFIG, "name"),
    "topic_permissions": (Operation.CONFIG, "name"),
    "policies": (Operation.CONFIG, "policy"),
    "parameters": (Operation.CONFIG, "parameter"),
    "global_parameters": (Operation.CONFIG, "parameter"),
}
_ANCHORS = ("name", "source", "user")

_CALLS = {
    "declare queue": Operation.DECLARE_QUEUE,
    "declare exchange": Operation.DECLARE_EXCHANGE,
    "declare binding": Operation.BIND,
    "delete queue": Operation.DELETE_QUEUE,
    "delete exchange": Operation.DELETE_EXCHANGE,
    "delete binding": Operation.UNBIND,
    "purge queue": Operation.PURGE,
    "publish": Operation.PUBLISH,
    "publish message": Operation.PUBLISH,
    "get": Operation.GET,
    "get message": Operation.GET,
    "delete_queue": Operation.DELETE_QUEUE,
    "purge_queue": Operation.PURGE,
}
_VERBS = {"declare", "delete", "purge", "publish", "get", "list", "show", "export", "import", "close"}
_NOUNS = {"queue", "exchange", "binding", "message", "vhost", "user", "permission", "policy", "parameter", "connection"}
_TAKES_VALUE = {
    *("-f", "-H", "-P", "-u", "-U", "-p", "-V", "-N", "-c", "-n", "-t", "--format", "--host", "--port", "--user"),
    *("--username", "--password", "--vhost", "--node", "--timeout", "--name", "--queue", "--exchange", "--type"),
    *("--routing-key", "--payload", "--source", "--destination", "--destination-type", "--config", "--base-uri"),
    *("--arguments", "--durable", "--auto-delete", "--pattern", "--definition"),
}
_TOLD = {
    **{word: word for word in ("exchange", "queue", "routing_key", "vhost", "durable", "auto_delete", "internal")},
    **{word: word for word in ("source", "destination", "destination_type", "queue_type", "arguments", "pattern")},
    **{word: word for word in ("host", "port", "user", "password", "name")},
    "type": "exchange_type",
    "V": "vhost",
    "H": "host",
    "P": "port",
}
_SETS_PASSWORD = frozenset({"add_user", "change_password", "authenticate_user"})


def tool_call(tool: str, words: Sequence[str]) -> tuple[Operation, dict[str, str]]:
    """Return what a call of one of the broker's tools does, by the words after its name, and with which arguments.

    Variables in the arguments are holes; the payload of a message is left out, a password is `(secret)`.
    """
    given, plain = _options(words)
    spoken = [word.removesuffix("s") if word.removesuffix("s") in _NOUNS else word for word in plain]
    is_admin = tool.endswith("admin")
    verb = next((word for word in spoken if word in _VERBS), "") if is_admin else next(iter(spoken), "")
    noun = next((word for word in spoken if word in _NOUNS), "") if is_admin else ""
    subcommand = f"{verb} {noun}".strip()
    operation = _CALLS.get(subcommand) or _CALLS.get(verb, Operation.ADMIN)
    if not is_admin and "p" in given:
        given["vhost"] = given["p"]
    if not is_admin and operation is not Operation.ADMIN:
        given["queue"] = " ".join(plain[1:2])
    if "password" in given or (is_admin and "p" in given) or verb in _SETS_PASSWORD:
        given["password"] = SECRET
    arguments = {"subcommand": subcommand} if verb else {}
    for key, value in given.items():
        name = _TOLD.get(key.replace("-", "_"))
        if name is not None:
            known = _known_as(name, noun, given.get("destination_type", "queue"))
            arguments[known] = with_holes(without_credentials(value))
    return operation, arguments


def _known_as(name: str, noun: str, destination: str) -> str:
    """Return the argument's name in usages of every kind: a queue's `name` is `queue`, a binding's ends are both."""
    if name == "name" and noun in ("queue", "exchange"):
        return noun
    if noun == "binding" and destination == "queue":
        return {"source": "exchange", "destination": "queue"}.get(name, name)
    return name


def _options(words: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """Split the words of a call into options with their values and the rest."""
    given: dict[str, str] = {}
    plain: list[str] = []
    waiting = ""
    for word in words:
        if waiting:
            given[waiting], waiting = word, ""
        elif word.startswith("-"):
            key, equals, value = word.partition("=")
            if equals:
                given[key.lstrip("-")] = value
            elif key in _TAKES_VALUE:
                waiting = key.lstrip("-")
        else:
            key, equals, value = word.partition("=")
            if equals:
                given[key] = value
            else:
                plain.append(word)
    return given, plain


@dataclass(slots=True)
class _Object:
    """An object of a section: its fields by dotted path, each with its text and place."""

    section: str
    start: int
    fields: dict[str, tuple[str, Place]] = field(default_factory=dict)


@dataclass(slots=True)
class _Open:
    """An object or array that the tokens are inside of."""

    is_object: bool
    key: str = ""
    value_next: bool = False


def read(surface: Surface) -> SurfaceReading:
    """Return the objects that an export of definitions declares; of any other JSON, a mention of the broker."""
    if not _is_export(surface.source.data):
        return SurfaceReading(mentions(surface))
    text = byte_text(surface)
    usages: list[Usage] = []
    broken = None
    for item in _objects(text):
        if isinstance(item, int):
            broken = item
        else:
            usages.append(_usage(surface, item))
    problems = () if broken is None else (surface.problem(broken, "the JSON of these definitions is broken here"),)
    return SurfaceReading(tuple(usages) or mentions(surface), problems)


def _is_export(data: bytes) -> bool:
    """Tell whether JSON is an export of definitions: it says the broker's version, or has several of its sections."""
    if b'"queues"' not in data and b'"exchanges"' not in data and b'"rabbit' not in data:
        return False  # spares long files of another sort the patterns
    if _VERSION.search(data):
        return _SECTION.search(data) is not None
    return len({match[1] for match in _SECTION.finditer(data)}) >= _SECTIONS_ENOUGH


def _objects(text: str) -> Iterator[_Object | int]:
    """Yield the objects of all sections in order, then the offset at which the text stops to be JSON, if it does."""
    stack: list[_Open] = []
    item: _Object | None = None
    at = len(_BYTE_ORDER_MARK) if text.startswith(_BYTE_ORDER_MARK) else 0
    while (match := _TOKEN.match(text, at)) is not None:
        at, start = match.end(), match.start(match.lastindex or 0)
        mark = match[2] or ""
        if match[4] or (mark in ("}", "]") and not (stack and stack[-1].is_object is (mark == "}"))):
            yield start
            return
        if mark in ("{", "["):
            if mark == "{" and item is None and _is_section(stack):
                item = _Object(stack[0].key, start)
            stack.append(_Open(mark == "{"))
        elif mark in ("}", "]"):
            stack.pop()
            if item is not None and len(stack) == _ITEM_DEPTH:
                yield item
                item = None
            _value_ends(stack)
        elif mark == ":" and stack:
            stack[-1].value_next = True
        elif mark == ",":
            _value_ends(stack)
        elif stack and stack[-1].is_object and not stack[-1].value_next:
            stack[-1].key = _string(text[start:at])
        elif item is not None and len(stack) < _DEEPEST:
            path = ".".join(frame.key for frame in stack[_ITEM_DEPTH:] if frame.is_object)
            item.fields.setdefault(path, (_string(text[start:at]), (start, at)))
    if stack:
        yield len(text)


def _is_section(stack: list[_Open]) -> bool:
    """Tell whether the next object is one of a section: an element of an array under one of the top's keys."""
    return len(stack) == _ITEM_DEPTH and not stack[1].is_object and stack[0].key in _SECTIONS


def _value_ends(stack: list[_Open]) -> None:
    if stack:
        stack[-1].value_next = False


def _string(token: str) -> str:
    """Return what a JSON string or literal stands for. What is no valid string is returned as it stands."""
    text = token.encode("latin-1").decode("utf-8", errors="replace")
    if not text.startswith('"'):
        return text
    try:
        value = str(json.loads(text, strict=False))
    except ValueError:
        return text.strip('"')
    return value.encode("utf-8", errors="replace").decode()


def _usage(surface: Surface, item: _Object) -> Usage:
    operation, name = _SECTIONS[item.section]
    start, end = next((item.fields[key][1] for key in _ANCHORS if key in item.fields), (item.start, item.start + 1))
    arguments: dict[str, str] = {}
    for key, (text, _) in item.fields.items():
        shown = SECRET if _SECRET_KEY.search(key) else without_credentials(text)
        arguments[_argument(item, key, name)] = shown
    is_call = operation is not Operation.CONFIG
    return surface.usage(operation, item.section, start, end, is_call=is_call, arguments=arguments)


def _argument(item: _Object, key: str, name: str) -> str:
    """Return the name under which a field is known in usages of every kind."""
    if key == "name":
        return name
    if item.section == "exchanges" and key == "type":
        return "exchange_type"
    if item.section == "bindings":
        return _known_as(key, "binding", item.fields.get("destination_type", ("queue",))[0])
    return key
