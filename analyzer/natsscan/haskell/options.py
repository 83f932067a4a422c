"""The configuration keys that a program reads: fields of its option records, and keys that its parsers ask for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from natsscan.catalog.catalog import Catalog
from natsscan.haskell.glance import module_name
from natsscan.model.questions import held_in_lower_case, holds
from natsscan.model.source import SourceFile
from natsscan.model.span import Span
from natsscan.source.text import TextPositions

_FIELD = re.compile(rb"^[ \t]+(?:[{,][ \t]*)?_?([a-z][\w']*)[ \t]*::", re.MULTILINE)
_ASKED = re.compile(rb"\.:[?!]?=?[ \t]*\"([^\"\n]+)\"")


def find_options(
    sources: Iterable[SourceFile], catalog: Catalog, positions_of: Callable[[SourceFile], TextPositions]
) -> dict[str, tuple[Span, ...]]:
    """Return where each configuration key is read, sorted: in modules of options, and in any parser that asks for it.

    A module of options is one whose name the rules take for a configuration's and that reads JSON.
    """
    broker, configuration = catalog.broker, re.compile(catalog.functions.configuration)
    found: dict[str, list[Span]] = {}
    patterns: tuple[re.Pattern[bytes], ...]
    for source in sources:
        if not source.ask(holds, b"JSON"):
            continue
        if configuration.search(source.ask(module_name)):
            patterns = (_FIELD, _ASKED)
        elif broker.is_named_in(source, source.ask(held_in_lower_case, broker.names)):
            patterns = (_ASKED,)
        else:
            continue
        for match in (match for pattern in patterns for match in pattern.finditer(source.data)):
            span = positions_of(source).span(match.start(1), match.end(1))
            found.setdefault(match.group(1).decode(errors="replace"), []).append(span)
    return {key: tuple(sorted(spans)) for key, spans in sorted(found.items())}
