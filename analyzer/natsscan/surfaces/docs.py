"""Documentation, and what can be told of any text without knowing its grammar: variables, URLs, names, mentions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from natsscan.catalog.broker import Broker
from natsscan.model.usage import Operation, Tier, Usage
from natsscan.surfaces.surface import Surface, SurfaceReading

Place = tuple[int, int]

SECRET = "(secret)"  # noqa: S105 - what stands for a secret, not one

_TOKEN = re.compile(r"(?:\$\{[^{}\s]*\}|\$\([\w-]+\)|\{\{[^{}\n]*\}\}|[\w./@%+~$-]|:(?=[\w/$]))+", re.ASCII)
_WORD = re.compile(r"\w+", re.ASCII)
_PORT = re.compile(r"(?<![\w.])\d{4,5}(?![\w.-])")
_KEY_END = re.compile(r"[\"']?:(?=[\s{\[]|$)")
_USERINFO = re.compile(r"://([^\s\"'<>@/]*)@")
_CREDENTIALS = re.compile(r"//\S*@")
_OPEN_CREDENTIALS = re.compile(r"(//[^/@:]*):(?!\d+(?:[/?]|$)|[$({])[^/@]+")
_HOLE = re.compile(r"\$\{[!#]?(\w++)[^{}]*+\}|\$+\(([\w-]+)\)|\$+(\w+)|\{\{([^{}]*)\}\}|\\\(([^()]*)\)")
# The key must end in the word: `passwordFile` and `secretName` hold references. What begins like a variable or a
# list is no value of a secret either.
_SECRET_VALUE = re.compile(
    r"(?i)(?:pass(?:word|wd|phrase)?|pwd|secret|token|cookie|credentials?|api_?key)"
    r"(?:_(?!(?:file|path|dir|ref|name|key|env|var)\b)[a-z0-9]{1,12})?[\"']?[ \t]*[:=][ \t]*"
    r"(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'${}\[\],][^\s\"',}]*))"
    r"|(?:--(?:password|pass|token|secret)[ =]|(?<!\S)(?:-u|--user)[ =]?[\"']?[^\s\"':$=]*:)[\"']?([^\s\"'$-][^\s\"']*)"
)
_LONGEST = 200
_NEAR = 40
_READ = re.compile(r"\$(?:\{[!#]?(\w+)|\((\w+)\)|(\w+))")
_VARIABLE = r"[\"']?(?:\$\{\w++[^{}\s\"']*+\}|\$\$?\(\w++\)|\$\$?\w++|\{\{[^{}\n]{1,80}+\}\})[\"']?"
# A name, also one that is put together from upper-case pieces and variables: `RABBITMQ_USERNAME_V${i}`.
_NAME = re.compile(rf"(?<!\w)(?:{_VARIABLE}|[A-Z0-9_])++")
_PIECE = re.compile(_VARIABLE)
_ASSIGNED = re.compile(r"[\"']?[ \t]*(?::{1,3}|[?+!])?=(?!=)")
_KEY = re.compile(r"[\"']?[ \t]*:(?=\s|$)")
_DECLARED = re.compile(r"(?:\b(?:export|declare|typeset|local|readonly|unset|read|ENV|ARG)\b[^;|&\n]*|-?\s*name:)\s$")
_CLOSING = {")": "(", "}": "{", "]": "["}


@dataclass(frozen=True, slots=True)
class Hit:
    """A usage in the making: offsets into the text that `byte_text` gives, texts as they stand there."""

    operation: Operation
    symbol: str
    start: int
    end: int
    arguments: Mapping[str, str] = field(default_factory=dict)
    is_call: bool = False


def read(surface: Surface) -> SurfaceReading:
    """Return one mention for a document that names the broker, nothing for any other."""
    return SurfaceReading(mentions(surface))


def byte_text(surface: Surface) -> str:
    """Return a file as a text in which each character stands for one byte, so that offsets in it are byte offsets."""
    return surface.source.data.decode("latin-1")


def usages(surface: Surface, hits: Iterable[Hit], definition_at: Callable[[int], str | None]) -> tuple[Usage, ...]:
    """Return the usages that hits stand for in the order of the file, one for each symbol at a place."""
    unique: dict[tuple[int, str], Hit] = {}
    for hit in hits:
        unique.setdefault((hit.start, hit.symbol), hit)
    return tuple(
        surface.usage(
            hit.operation,
            _readable(hit.symbol),
            hit.start,
            hit.end,
            definition=definition_at(hit.start),
            is_call=hit.is_call,
            arguments={name: _readable(text) for name, text in hit.arguments.items()},
        )
        for _, hit in sorted(unique.items(), key=lambda item: item[0])
    )


def mentions(surface: Surface) -> tuple[Usage, ...]:
    """Return the mention of the broker in a file, with the number of lines that name it; nothing if none does."""
    named = _first_names(surface.broker, surface.source.data)
    if not named:
        return ()
    start, end, word = _mentioned_word(surface.source.data, *named[0])
    arguments = {"count": str(len(named))}
    return (surface.usage(Operation.MENTION, word, start, end, tier=Tier.MENTION, arguments=arguments),)


def _first_names(broker: Broker, data: bytes) -> list[Place]:
    """Return the first name of the broker on each line that has one; only what is around its words is looked at."""
    lowered = data.lower()
    found: dict[int, Place] = {}
    for word in broker.names:
        at = lowered.find(word)
        while at >= 0:
            line, end = data.rfind(b"\n", 0, at) + 1, _at(data.find(b"\n", at), len(data))
            match = broker.name_in.search(data, max(line, at - _NEAR), min(end, at + _NEAR))
            if match is not None and (line not in found or match.start() < found[line][0]):
                found[line] = match.span()
            at = lowered.find(word, at + len(word) if match is None else end)
    return [found[line] for line in sorted(found)]


def _mentioned_word(data: bytes, start: int, end: int) -> tuple[int, int, str]:
    """Return the word around a name and where it stands, `(secret)` if it is part of a secret."""
    near = max(data.rfind(b"\n", 0, start) + 1, start - _LONGEST)
    stop = min(_at(data.find(b"\n", end), len(data)), end + _LONGEST)
    line = data[near:stop].decode("latin-1")
    if any(low <= start - near < high for low, high in _secrets(line)):
        return start, end, SECRET
    word = next(word for word in _WORD.finditer(line) if word.end() > start - near)
    return near + word.start(), near + word.end(), _readable(word[0])


def _at(found: int, otherwise: int) -> int:
    return found if found >= 0 else otherwise


def find_urls(broker: Broker, text: str) -> Iterator[Hit]:
    """Yield the AMQP URLs of a text, without the credentials they may hold."""
    for match in broker.url.finditer(text):
        url = match[0]
        for _ in range(3):
            last = url[-1]
            if last in ",.;" or (last in _CLOSING and url.count(last) > url.count(_CLOSING[last])):
                url = url[:-1]
        shown = {"url": without_credentials(url)}
        yield Hit(Operation.CONNECT, "amqp URL", match.start(), match.start() + len(url), shown)


def without_credentials(url: str) -> str:
    """Return a URL with `***` in the place of user and password, also where its end, and so its `@`, is missing."""
    if "@" in url:
        return _CREDENTIALS.sub("//***@", url, count=1)
    return _OPEN_CREDENTIALS.sub(r"\1:***", url, count=1)


def with_holes(text: str) -> str:
    """Return a word with `{name}` in the place of each variable, whatever its notation."""
    return _HOLE.sub(lambda match: "{" + next(filter(None, match.groups()), "").strip() + "}", text)


def find_variables(broker: Broker, text: str, config: bytearray) -> Iterator[Hit]:
    """Yield the places at which a text sets or reads an environment variable of the broker.

    A name put together from pieces is told with holes, `RABBITMQ_USERNAME_V{i}`. `config` marks, one byte per
    character, the parts of the text in which `NAME: value` sets a variable.
    """
    for match in _READ.finditer(text):
        group = match.lastindex or 0
        if _is_variable(broker, match[group]):
            yield _variable_hit(match[group], match.start(group), match.end(group), "read")
    for match in _NAME.finditer(text):
        yield from _written(broker, text, match, config)


def _written(broker: Broker, text: str, match: re.Match[str], config: bytearray) -> Iterator[Hit]:
    start, end = match.span()
    if end - start > _LONGEST or text[end : end + 1].isalpha():
        return
    start += len(match[0]) - len(match[0].lstrip("\"'"))
    end -= len(match[0]) - len(match[0].rstrip("\"'"))
    name = text[start:end]
    literal = _PIECE.sub("", name)
    if not literal.strip("_") or not _is_variable(broker, _PIECE.sub("0", name)):
        return
    assigned = _ASSIGNED.match(text, end) or (config[start] and _KEY.match(text, end))
    if literal == name and not assigned and not _stands_alone(text, start, end):
        return
    is_set = assigned or _DECLARED.search(text[max(0, start - _LONGEST) : start].rstrip("\"'"))
    yield _variable_hit(re.sub("[\"']", "", with_holes(name)), start, end, "set" if is_set else "read")


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Tell whether a bare upper-case word is the name of a variable, and not a word of a sentence or a file's name."""
    around = text[max(0, start - 1) : start] + text[end : end + 1]
    return "_" in text[start:end] and not any(character in "./-(" for character in around)


def _is_variable(broker: Broker, name: str) -> bool:
    return len(name) <= _LONGEST and broker.variable.match(name) is not None


def _variable_hit(name: str, start: int, end: int, role: str) -> Hit:
    return Hit(Operation.ENV, name, start, end, {"role": role})


def find_words(broker: Broker, text: str, taken: bytearray, config: bytearray) -> Iterator[Hit]:
    """Yield the words of a text that name the broker, or an image or chart of it, and its ports beside such words.

    `taken` marks what is already told of, `config` what is configuration rather than a command, one byte per
    character. A port counts on a line that names the broker only: elsewhere it is any number.
    """
    end = -1
    for match in broker.trace.finditer(text):
        if match.start() > end:
            start = text.rfind("\n", 0, match.start()) + 1
            end = _at(text.find("\n", match.start()), len(text))
            yield from _words_of_line(broker, text[start:end], start, taken, config)


def _words_of_line(broker: Broker, line: str, start: int, taken: bytearray, config: bytearray) -> Iterator[Hit]:
    hidden: list[tuple[int, int]] | None = None
    covered = 0
    for match in _TOKEN.finditer(line):
        name = broker.name.search(match[0])
        if name is None and not broker.image.search(match[0]):
            continue
        free = (hit for hit in broker.name.finditer(match[0]) if not taken[start + match.start() + hit.start()])
        if name is not None and next(free, None) is None:
            continue
        if hidden is None:
            hidden = list(_secrets(line))
        low, high = _trimmed(broker, match)
        covered = high
        operation = Operation.CONFIG if config[start + low] or _is_key(line, low, high) else Operation.DEPLOY
        secret = any(begin < high and low < end for begin, end in hidden)
        symbol = SECRET if secret else with_holes(line[low:high])
        yield Hit(operation, symbol, start + low, start + high)
        taken[start + low : start + high] = b"\1" * (high - low)
    if covered or broker.name.search(line):
        yield from _ports(broker, line, start, taken)


def _is_key(line: str, start: int, end: int) -> bool:
    """Tell whether a word is a key of YAML, as in a text in quotes, and no makefile target or word of a sentence."""
    before = line[:start].rstrip()
    return bool(start and before[-1:] in ("", "-", "{", ",") and _KEY_END.match(line, end))


def _ports(broker: Broker, line: str, start: int, taken: bytearray) -> Iterator[Hit]:
    seen = set()
    for match in _PORT.finditer(line):
        port = int(match[0])
        if port in broker.ports and port not in seen and not taken[start + match.start()]:
            seen.add(port)
            arguments = {"serves": broker.ports[port]}
            yield Hit(Operation.DEPLOY, f"port {port}", start + match.start(), start + match.end(), arguments)


def _trimmed(broker: Broker, match: re.Match[str]) -> tuple[int, int]:
    """Return what of a token is the name: not the scheme, the user or the label before it, nor a full stop."""
    token = match[0].rstrip(".")
    name = broker.name.search(token)
    if name is None or ("://" not in token and broker.image.search(token) and "@" not in token[: name.start()]):
        return match.start(), match.start() + len(token)
    before = token[: name.start()]
    cut = max(before.rfind(":"), before.rfind("@")) + 1
    cut += len(token[cut:]) - len(token[cut:].removeprefix("//"))
    return match.start() + cut, match.start() + len(token)


def _secrets(line: str) -> Iterator[tuple[int, int]]:
    for match in _SECRET_VALUE.finditer(line):
        yield match.span(match.lastindex or 0)
    for match in _USERINFO.finditer(line):
        yield match.span(1)


def _readable(text: str) -> str:
    try:
        return text.encode("latin-1").decode("utf-8", errors="replace")
    except UnicodeEncodeError:
        return text
