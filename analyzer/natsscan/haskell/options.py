"""The configuration keys that a program reads: fields of its option records, and keys that its parsers ask for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from natsscan.catalog.catalog import Catalog
from natsscan.model.source import SourceFile
from natsscan.model.span import Span
from natsscan.source.text import TextPositions

_MODULE = re.compile(rb"^module\s+([\w.']+)", re.MULTILINE)
_FIELD = re.compile(rb"^[ \t]+(?:[{,][ \t]*)?_?([a-z][\w']*)[ \t]*::", re.MULTILINE)
_ASKED = re.compile(rb"\.:[?!]?=?[ \t]*\"([^\"\n]+)\"")


def find_options(
    sources: Iterable[SourceFile], catalog: Catalog, positions_of: Callable[[SourceFile], TextPositions]
) -> dict[str, tuple[Span, ...]]:
    """Return where each configuration key is read, sorted: in modules of options, and in any parser that asks for it.

    A module of options is one whose name the rules take for a configuration's and that reads JSON.
    """
    configuration = re.compile(catalog.functions.configuration)
    found: dict[str, list[Span]] = {}
    for source in sources:
        if b"JSON" not in source.data:
            continue
        module = _MODULE.search(source.data)
        is_options = module is not None and configuration.search(module.group(1).decode(errors="replace"))
        patterns = (_FIELD, _ASKED) if is_options else (_ASKED,) if catalog.broker.is_named(source.data) else ()
        for match in (match for pattern in patterns for match in pattern.finditer(source.data)):
            span = positions_of(source).span(match.start(1), match.end(1))
            found.setdefault(match.group(1).decode(errors="replace"), []).append(span)
    return {key: tuple(sorted(spans)) for key, spans in sorted(found.items())}
