"""What can be told of any text without knowing its grammar: URLs, images, ports and words that name the broker."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from natsscan.catalog.broker import Broker
from natsscan.catalog.secrets import Secrets
from natsscan.model.usage import Operation, Usage
from natsscan.surfaces.hiding import SECRET, secrets_in, without_credentials
from natsscan.surfaces.surface import Surface

Place = tuple[int, int]

_TOKEN = re.compile(r"(?:\$\{[^{}\s]*\}|\$\([\w-]+\)|\{\{[^{}\n]*\}\}|[\w./@%+~$-]|:(?=[\w/$]))+", re.ASCII)
_PORT = re.compile(r"(?<![\w.])\d{4,5}(?![\w.-])")
_KEY_END = re.compile(r"[\"']?:(?=[\s{\[]|$)")
_HOLE = re.compile(r"\$\{[!#]?(\w++)[^{}]*+\}|(?<!\$)\$++(?:\(([\w-]+)\)|(\w+))|\{\{([^{}]*)\}\}|\\\(([^()]*)\)")
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


def _readable(text: str) -> str:
    try:
        return text.encode("latin-1").decode("utf-8", errors="replace")
    except UnicodeEncodeError:
        return text


def find_urls(broker: Broker, text: str) -> Iterator[Hit]:
    """Yield the URLs of the broker in a text, without the credentials they may hold."""
    for match in broker.url.finditer(text):
        url = match[0]
        for _ in range(3):
            last = url[-1]
            if last in ",.;" or (last in _CLOSING and url.count(last) > url.count(_CLOSING[last])):
                url = url[:-1]
        shown = {"url": without_credentials(url)}
        yield Hit(Operation.CONNECT, broker.url_symbol, match.start(), match.start() + len(url), shown)


def with_holes(text: str) -> str:
    """Return a word with `{name}` in the place of each variable, whatever its notation."""
    return _HOLE.sub(lambda match: "{" + next(filter(None, match.groups()), "").strip() + "}", text)


def find_words(broker: Broker, secrets: Secrets, text: str, taken: bytearray, config: bytearray) -> Iterator[Hit]:
    """Yield the words of a text that name the broker, or an image or chart of it, and its ports beside such words.

    `taken` marks what is already told of, `config` what is configuration rather than a command, one byte per
    character. A port counts on a line that names the broker only: elsewhere it is any number.
    """
    end = -1
    for match in broker.trace.finditer(text):
        if match.start() > end:
            start = text.rfind("\n", 0, match.start()) + 1
            end = _at(text.find("\n", match.start()), len(text))
            yield from _words_of_line(broker, secrets, text[start:end], start, taken, config)


def _words_of_line(
    broker: Broker, secrets: Secrets, line: str, start: int, taken: bytearray, config: bytearray
) -> Iterator[Hit]:
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
            hidden = list(secrets_in(secrets, line))
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


def _at(found: int, otherwise: int) -> int:
    return found if found >= 0 else otherwise
