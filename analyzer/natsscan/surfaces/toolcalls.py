"""Calls in scripts: of the broker's command-line tools and of its management API."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from natsscan.catalog.broker import Broker
from natsscan.catalog.schema import CallRule, HttpClientRule, ObjectRule, ToolRule
from natsscan.model.usage import Operation
from natsscan.surfaces.hiding import SECRET, without_credentials
from natsscan.surfaces.words import Hit, Place, with_holes

_NEAR = 1000
_PORT = re.compile(r":(\d{4,5})(?!\d)")
_RUN = re.compile(r"[^\s\"'`|;]+")


def is_call(tool: ToolRule, words: Sequence[str]) -> bool:
    """Tell whether a tool's name with these words after it is a call, and not a host, package or folder called so."""
    if not tool.needs_subcommand:
        return True
    first = next(iter(_options(tool, words)[1]), "")
    return first in tool.nouns or first in tool.calls


def tool_call(tool: ToolRule, words: Sequence[str]) -> tuple[Operation, dict[str, str]]:
    """Return what a call of one of the broker's tools does, by the words after its name, and with which arguments.

    Variables in the arguments are holes; the payload of a message is left out, a password is `(secret)`.
    """
    given, plain = _options(tool, words)
    spoken = [word.removesuffix("s") if word.removesuffix("s") in tool.nouns else word for word in plain]
    verb = next((word for word in spoken if not tool.verbs or word in tool.verbs), "")
    noun = next((word for word in spoken if word in tool.nouns), "")
    subcommand = f"{verb} {noun}".strip()
    call = tool.calls.get(subcommand) or tool.calls.get(verb) or CallRule()
    after = spoken.index(verb) + 1 if verb else 0
    told = dict(zip(call.arguments, plain[after:], strict=False))
    told |= {name: value for key, value in given.items() if (name := tool.arguments.get(key)) is not None}
    if call.sets_password:
        told["password"] = ""
    rule = tool.nouns.get(noun, ObjectRule())
    arguments = {"subcommand": subcommand} if verb else {}
    for name, value in told.items():
        shown = SECRET if name == "password" else with_holes(without_credentials(value))
        arguments[rule.known(name, told)] = shown
    return call.operation, arguments


def _options(tool: ToolRule, words: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """Split the words of a call into options and keys with their values, and the rest."""
    given: dict[str, str] = {}
    plain: list[str] = []
    waiting = ""
    for word in words:
        key, equals, value = word.partition("=")
        name = key.lstrip("-").replace("-", "_")
        if waiting:
            given[waiting], waiting = word, ""
        elif equals:
            given[name] = value
        elif not word.startswith("-"):
            plain.append(word)
        elif word in tool.options_with_value:
            waiting = name
    return given, plain


def find_api_call(
    broker: Broker, client: HttpClientRule, code: str, words: Sequence[Place], texts: Sequence[str]
) -> Iterator[Hit]:
    """Yield a call of the management API whose URL does not say so, but which is given the broker's credentials.

    `words` are the places of the words after the name of the HTTP client, `texts` what these say.
    """
    before = ["", *texts]
    if not any(
        option in client.login and broker.name.search(text) for option, text in zip(before, texts, strict=False)
    ):
        return
    for option, place, text in zip(before, words, texts, strict=False):
        is_url = "://" in text or (text.startswith("$") and "/" in text)
        if is_url and option not in client.no_url:
            path = broker.api.search(text)
            yield _api_hit(broker, code, place, text if path is None else text[path.start() :])
            return


def find_api_paths(broker: Broker, code: str) -> Iterator[Hit]:
    """Yield the URLs and paths of the management API, if their host, port or line is the broker's."""
    for match in broker.api.finditer(code):
        low, high = _line_around(code, match.start(), match.end())
        line = code[low:high]
        if broker.name.search(line) or any(int(port) in broker.ports for port in _PORT.findall(line)):
            start, end = next(run.span() for run in _RUN.finditer(line) if low + run.end() > match.start())
            yield _api_hit(broker, code, (low + start, low + end), code[match.start() : low + end])


def _api_hit(broker: Broker, code: str, place: Place, path: str) -> Hit:
    text = code[slice(*place)]
    start = place[0] + len(text) - len(text.lstrip("\"'"))
    end = place[1] - len(text) + len(text.rstrip("\"'"))
    low, high = _line_around(code, start, end)
    method = broker.tools.method.search(code, low, start) or broker.tools.method.search(code, end, high)
    arguments = {"path": with_holes(without_credentials(path.partition("?")[0]))}
    if method is not None:
        arguments["method"] = method[1]
    return Hit(Operation.ADMIN, "management API", start, end, arguments, is_call=True)


def _line_around(code: str, start: int, end: int) -> Place:
    """Return the line that a place stands on, or what of it is near."""
    low, high = max(0, start - _NEAR), min(len(code), end + _NEAR)
    stop = code.find("\n", end, high)
    return max(low, code.rfind("\n", low, start) + 1), high if stop < 0 else stop
