"""Where the nodes of a parsed file stand in its own bytes.

LibCST knows no positions: they come from writing the file again, piece by piece. Its own providers do that too, but go
through the tree once more for nothing, and count bytes of UTF-8 whatever the file is written in.
"""

from __future__ import annotations

import libcst as cst
from libcst.metadata import ByteSpanPositionProvider
from libcst.metadata.span_provider import SpanProvidingCodegenState

Span = tuple[int, int]


class TooDeepError(Exception):
    """A file is nested too deeply at `offset`."""

    def __init__(self, offset: int) -> None:
        super().__init__(offset)
        self.offset = offset


class Spans:
    """The spans of the nodes of one file, in bytes."""

    def __init__(self, tree: cst.Module, offsets: list[int] | None) -> None:
        """Work out all spans; `offsets` are those of the characters in the file, None if they are as many bytes.

        Raises TooDeepError if it is nested too deeply to be written.
        """
        self._offsets = offsets
        self._writer = _Writer(tree.default_indent, tree.default_newline, ByteSpanPositionProvider())
        try:
            tree._codegen(self._writer)
        except RecursionError as error:
            at = self._writer.position
            raise TooDeepError(at if offsets is None else offsets[at]) from error

    @property
    def text(self) -> str:
        """The file as the tree has it."""
        return "".join(self._writer.tokens)

    def of(self, node: cst.CSTNode) -> Span:
        """Return where a node begins and ends, without the blanks around it."""
        start, end = self._writer.spans[node]
        return (start, end) if self._offsets is None else (self._offsets[start], self._offsets[end])


class _Writer(SpanProvidingCodegenState):
    """Writes a tree and notes where each node begins and ends, in characters."""

    def __init__(self, indent: str, newline: str, provider: ByteSpanPositionProvider) -> None:
        super().__init__(indent, newline, provider=provider)
        self.spans: dict[cst.CSTNode, Span] = {}

    def add_indent_tokens(self) -> None:
        self.tokens.extend(self.indent_tokens)
        self.position += sum(map(len, self.indent_tokens))

    def add_token(self, value: str) -> None:
        self.tokens.append(value)
        self.position += len(value)

    def after_codegen(self, node: cst.CSTNode) -> None:
        start = self._stack.pop()
        if node not in self.spans:
            self.spans[node] = start, self.position

    def record_syntactic_position(  # type: ignore[override]
        self, node: cst.CSTNode, *, start_node: cst.CSTNode | None = None, end_node: cst.CSTNode | None = None
    ) -> _Noting:
        return _Noting(self, node, start_node, end_node)


class _Noting:
    """Notes where a node begins and ends without what its own code writes around it."""

    __slots__ = ("_end_node", "_node", "_start", "_start_node", "_writer")

    def __init__(
        self, writer: _Writer, node: cst.CSTNode, start_node: cst.CSTNode | None, end_node: cst.CSTNode | None
    ) -> None:
        self._writer = writer
        self._node = node
        self._start = writer.position
        self._start_node = start_node
        self._end_node = end_node

    def __enter__(self) -> None:
        pass

    def __exit__(self, error: type[BaseException] | None, *_: object) -> None:
        if error is not None:
            return  # the pieces may not have been written
        writer, spans = self._writer, self._writer.spans
        spans[self._node] = (
            self._start if self._start_node is None else spans[self._start_node][0],
            writer.position if self._end_node is None else spans[self._end_node][1],
        )
