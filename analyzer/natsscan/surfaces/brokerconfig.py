"""Configuration files of the broker, in two grammars: `key = value` as in `rabbitmq.conf`, and Erlang terms."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from natsscan.catalog.secrets import Secrets
from natsscan.model.usage import Operation
from natsscan.surfaces.hiding import SECRET, without_credentials
from natsscan.surfaces.mentions import mentions
from natsscan.surfaces.surface import Surface, SurfaceReading
from natsscan.surfaces.variables import find_variables
from natsscan.surfaces.words import Hit, Place, byte_text, usages, with_holes

_BLANK = re.compile(r"\s*(?:#.*)?")
_SETTING = re.compile(r"[ \t]*([\w.$/*-]+)[ \t]*=[ \t]*([^#]*)")
# So many keys that only this broker has make a file its configuration, whatever its name is.
_TELLING_ENOUGH = 2
_ERLANG = re.compile(
    r"(?P<skip>\s+|%[^\n]*)|(?P<open>\{)|(?P<close>\})|(?P<string>\"(?:[^\"\\]|\\.)*+\")"
    r"|(?P<atom>[a-z][\w@]*|'(?:[^'\\\n]|\\.)*+')|(?P<comma>,)|(?P<other>.)",
    re.DOTALL,
)


@dataclass(slots=True)
class _Tuple:
    """An Erlang tuple that is still open: its first element if that is an atom, and where its value begins."""

    key: str = ""
    key_start: int = 0
    key_end: int = 0
    value_start: int = -1
    is_section: bool = False


def read(surface: Surface) -> SurfaceReading:
    """Return the settings of a configuration of the broker; of any other file, a mention if it names the broker."""
    text = byte_text(surface)
    hits: list[Hit] = []
    unread: list[int] = []
    if surface.source.path.endswith(".config"):
        found = _erlang_settings(text)
        hits.extend(_setting(surface.secrets, key, value, *place) for key, value, place in found)
    if not hits:
        hits, unread = _settings(surface.secrets, text)
        if not _is_broker_config(surface, text, len(hits), len(unread)):
            return SurfaceReading(mentions(surface))
    hits.extend(find_variables(surface.broker, _without_comments(text), bytearray(len(text))))
    problems = tuple(surface.problem(at, "this is no setting of the form key = value") for at in unread[:1])
    return SurfaceReading(usages(surface, hits, lambda _: None), problems)


def _is_broker_config(surface: Surface, text: str, settings: int, unread: int) -> bool:
    """Tell whether a file is the broker's by its name or its keys; a proxy in front of it has another grammar."""
    if not settings or unread > settings:
        return False
    telling = len({match[1] for match in surface.broker.config_key.finditer(text)})
    folder, _, name = surface.source.path.rpartition("/")
    if surface.broker.name.search(name) or telling >= _TELLING_ENOUGH:
        return True
    return telling > 0 and surface.broker.name.search(folder) is not None


def _settings(secrets: Secrets, text: str) -> tuple[list[Hit], list[int]]:
    """Return the settings in `key = value` lines, and where the lines begin that are none."""
    hits: list[Hit] = []
    unread: list[int] = []
    at = 3 if text.startswith("\xef\xbb\xbf") else 0
    while at < len(text):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        match = _SETTING.match(text, at, end)
        if match is not None:
            hits.append(_setting(secrets, match[1], match[2], *match.span(1)))
        elif not _BLANK.fullmatch(text, at, end):
            unread.append(at)
        at = end + 1
    return hits, unread


def _setting(secrets: Secrets, key: str, value: str, start: int, end: int) -> Hit:
    shown = SECRET if secrets.key.search(key) else with_holes(without_credentials(" ".join(value.split())))
    return Hit(Operation.CONFIG, key, start, end, {"value": shown})


def _erlang_settings(text: str) -> Iterator[tuple[str, str, Place]]:
    """Yield the settings `{key, Value}` in Erlang terms: the key with those it stands in, its value, its place."""
    stack: list[_Tuple] = []
    at = 0
    while (match := _ERLANG.match(text, at)) is not None:
        at = match.end()
        kind = match.lastgroup
        if kind == "open":
            stack.append(_Tuple())
        elif kind == "close" and stack:
            done = stack.pop()
            if stack and done.value_start >= 0:
                stack[-1].is_section = True
            if done.value_start >= 0 and not done.is_section:
                path = ".".join([*(outer.key for outer in stack[-3:] if outer.key), done.key])
                yield path, text[done.value_start : match.start()], (done.key_start, done.key_end)
        elif kind == "atom" and stack and not stack[-1].key and stack[-1].value_start < 0:
            stack[-1].key, stack[-1].key_start, stack[-1].key_end = match[0].strip("'"), match.start(), match.end()
        elif kind == "comma" and stack and stack[-1].key and stack[-1].value_start < 0:
            stack[-1].value_start = at


def _without_comments(text: str) -> str:
    return re.sub(r"#[^\n]*", lambda match: " " * len(match[0]), text)
