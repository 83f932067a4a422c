"""A Python file as LibCST sees it, with the byte offsets of each node."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import libcst as cst
from libcst.metadata import ByteSpanPositionProvider, CodeSpan, MetadataWrapper

_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Parsed:
    """The tree of a file that was parsed, and its bytes."""

    data: bytes
    tree: cst.Module
    _spans: Mapping[cst.CSTNode, CodeSpan]
    _shift: int

    def span(self, node: cst.CSTNode) -> tuple[int, int]:
        """Return where a node begins and ends, without blanks around it."""
        found = self._spans[node]
        return found.start + self._shift, found.start + found.length + self._shift

    def text(self, node: cst.CSTNode) -> bytes:
        """Return a node as it is written."""
        start, end = self.span(node)
        return self.data[start:end]


def parse(data: bytes) -> Parsed | None:
    """Return a file parsed, None if it cannot be: it is no Python of today, or not in UTF-8."""
    bare = data.removeprefix(_BOM)
    try:
        text = bare.decode()
        wrapper = MetadataWrapper(cst.parse_module(text), unsafe_skip_copy=True)
        if wrapper.module.code != text:
            return None
        return Parsed(data, wrapper.module, wrapper.resolve(ByteSpanPositionProvider), len(data) - len(bare))
    except (cst.ParserSyntaxError, UnicodeDecodeError, RecursionError):
        return None


def dotted(node: cst.CSTNode | None) -> str:
    """Return a name with dots as it means; empty for anything else."""
    if isinstance(node, cst.Attribute):
        base = dotted(node.value)
        return f"{base}.{node.attr.value}" if base else ""
    return node.value if isinstance(node, cst.Name) else ""
