"""What template actions and the lines of scripts and other text say of the broker."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace

from natsscan.model.source import FileKind
from natsscan.model.usage import Operation, Usage
from natsscan.surfaces.helmdefines import NamedTemplate
from natsscan.surfaces.helmscope import Meaning, Reference
from natsscan.surfaces.surface import Surface
from natsscan.surfaces.toolcalls import is_call

_CREDENTIALS = re.compile(r"://[^\s/@]*@")
_LONGEST_VALUE = 120


def template_usages(
    surface: Surface, meanings: Sequence[Meaning], lines: set[int], settings: set[str]
) -> Iterator[Usage]:
    """Yield what template actions ask for or name, on lines that say nothing of the broker otherwise.

    Chains that count only as settings are added to `settings`. In a template of the broker's own chart every value
    that is asked for is the broker's.
    """
    owned = surface.owner if surface.source.kind is FileKind.HELM_TEMPLATE else None
    for meaning in meanings:
        for reference in meaning.references:
            named = surface.broker.name.search(reference.dotted)
            setting = None if named else surface.broker.setting(reference.chain)
            belongs = owned if owned and reference.is_value and not _is_dot(surface, reference) else None
            if not (named or setting or belongs):
                continue
            if surface.positions.position(reference.start)[0] not in lines:
                settings.update((reference.dotted,) if setting else ())
                arguments = {"owner": belongs} if belongs and not named else {}
                yield surface.usage(
                    Operation.CONFIG, reference.dotted, reference.start, reference.end, arguments=arguments
                )
        for string in meaning.strings:
            if surface.broker.name.search(string.text) and surface.positions.position(string.start)[0] not in lines:
                yield surface.usage(Operation.DEPLOY, short(string.text), string.start, string.end)


def within_templates(
    surface: Surface, templates: Sequence[NamedTemplate], usages: Sequence[Usage], settings: set[str]
) -> list[Usage]:
    """Return the usages of a file, those in a named template with its name as what they stand in.

    The name of such a template is one as well, since whoever includes it gets what is in it.
    """
    if not templates:
        return list(usages)
    starts = [template.body[0] for template in templates]
    lines = {usage.span.line for usage in usages}
    found: list[Usage] = []
    held: dict[NamedTemplate, list[Usage]] = {}
    for usage in usages:
        at = bisect_right(starts, usage.span.start) - 1
        if at < 0 or usage.span.start >= templates[at].body[1]:
            found.append(usage)
            continue
        found.append(replace(usage, definition=usage.definition or templates[at].name))
        if usage.symbol not in settings:
            held.setdefault(templates[at], []).append(usage)
    for template, inside in held.items():
        if surface.positions.position(template.name_span[0])[0] not in lines:
            configures = all(usage.operation is Operation.CONFIG for usage in inside)
            operation = Operation.CONFIG if configures else Operation.DEPLOY
            arguments = {"holds": str(len(inside))}
            found.append(surface.usage(operation, template.name, *template.name_span, arguments=arguments))
    return found


def _is_dot(surface: Surface, reference: Reference) -> bool:
    """Tell whether a reference is a bare dot, which the `with` or `range` around it has said already."""
    return surface.source.data[reference.start : reference.end] == b"."


def text_lines(surface: Surface, masked: bytes, start: int, end: int) -> Iterator[Usage]:
    """Yield one usage for each line of a script or other text in a file that names the broker; comments say nothing."""
    broker = surface.broker
    for line_start, line in _lines(masked, start, end):
        text = line.decode(errors="replace")
        if text.lstrip().startswith("#") or not broker.name.search(text):
            continue
        command = broker.command.search(text)
        if command and not is_call(broker.tools.own[command[1]], text[command.end() :].split()):
            command = None
        match = command or broker.url.search(text) or broker.name.search(text)
        if match is None:
            continue
        operation = Operation.ADMIN if command else Operation.CONNECT if broker.url.search(text) else Operation.DEPLOY
        at = line_start + len(text[: match.start()].encode())
        word = re.match(r"[\w./:-]+", text[match.start() :])
        symbol = command.group(1) if command else word.group() if word else match.group()
        symbol = broker.url_symbol if operation is Operation.CONNECT else symbol
        yield surface.usage(operation, symbol, at, at + len(match.group().encode()), is_call=bool(command))


def _lines(data: bytes, start: int, end: int) -> Iterator[tuple[int, bytes]]:
    while start < end:
        stop = data.find(b"\n", start, end)
        stop = end if stop < 0 else stop
        yield start, data[start:stop]
        start = stop + 1


def short(text: str) -> str:
    """Return a value on one line, cut where it is long, and without the credentials of a URL."""
    text = _CREDENTIALS.sub("://***@", " ".join(text.split()))
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"
